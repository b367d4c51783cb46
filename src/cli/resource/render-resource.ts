import type { MemberStatus, ResourceStatus } from '../../contract/status.ts';

const durabilities = {
  sync: 'sync: an acknowledged commit is on a replica too',
  async: 'async: commits do not wait for a replica',
  pending: 'sync is wanted, and waits for the first replica',
  lost: 'redundancy lost: commits are on the primary alone until a replica is back',
} as const;

/** A resource as lines for a terminal. */
export function renderResource(resource: ResourceStatus): readonly string[] {
  const { name, kind, state, address, reason, durability, ifPrimaryIsLost } = resource;
  const { promotion, members } = resource;
  return [
    [name, kind, state, address ?? '', reason ?? ''].filter((word) => word !== '').join('  '),
    ...(durability === null ? [] : [`  durability   ${durabilities[durability]}`]),
    ...(ifPrimaryIsLost === null ? [] : [`  primary lost ${ifPrimaryIsLost}`]),
    ...(promotion === null ? [] : [`  remedy       ${promotion.remedy}`]),
    ...members.map((member) => `  ${renderMember(member)}`),
  ];
}

/** One member in a line. */
export function renderMember({ name, role, state, address, reason, ...lag }: MemberStatus): string {
  const words = [name, role, state, address, lagText(lag), reason?.split('\n')[0] ?? ''];
  return words.filter((word) => word !== '').join('  ');
}

function lagText({ lagBytes, lagMs }: Pick<MemberStatus, 'lagBytes' | 'lagMs'>): string {
  return lagBytes === null
    ? ''
    : `${lagBytes} bytes, ${((lagMs ?? 0) / 1_000).toFixed(1)} s behind`;
}
