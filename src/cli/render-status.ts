import type { FrontendPin } from '../contract/keys.ts';
import type { InstanceStatus, NeedStatus, SiteStatus, StatusNote } from '../contract/status.ts';
import { noteText } from './note-text.ts';
import { renderMember } from './resource/render-resource.ts';

/**
 * The site's status as lines for a terminal. Plain words carry every state, so that nothing depends
 * on colour.
 */
export function renderStatus(status: SiteStatus): readonly string[] {
  const { site, environment, addresses } = status;
  const at = (address: string | null): string => address ?? 'not listening';
  return [
    `${site} (${environment})   site ${at(addresses.site)}   console ${at(addresses.console)}` +
      (addresses.https === null ? '' : `   https ${addresses.https}`) +
      (addresses.internal === null ? '' : `   internal ${addresses.internal}`),
    ...section('notes', status.notes.flatMap(noteLines)),
    ...section('features', featureLines(status)),
    ...section('services', serviceLines(status)),
    ...section('rungs in force', rungLines(status)),
    ...section('load', loadLines(status)),
    ...section('resources', resourceLines(status)),
    ...section('frontends', frontendLines(status)),
    ...section('processes', processLines(status)),
  ];
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];
}

function serviceLines({ services }: SiteStatus): readonly string[] {
  const rows = services.map((service) => [
    service.service,
    service.state,
    service.kind === 'at' ? 'at' : `${service.healthy}/${service.desired} healthy`,
    service.kind === 'at'
      ? service.origins.join(' ')
      : releaseText(service.release, 'no release runs'),
    service.needs.map(needText).join(', '),
  ]);
  const lines = table(rows);
  return services.flatMap((service, n) => [
    lines[n] ?? '',
    ...table(service.instances.map(instanceRow)).map((line) => `  ${line}`),
    ...service.instances.flatMap(failureLines),
  ]);
}

function needText({ need, state, saidBy }: NeedStatus): string {
  return `${need} ${state}${saidBy === undefined ? '' : ` (says ${saidBy.map(instanceName).join(', ')})`}`;
}

/** A worker knows an instance by its id and its address. */
function instanceName(told: string): string {
  return told.split(' ')[0] ?? told;
}

/** Those that are not as promised. */
function featureLines({ features }: SiteStatus): readonly string[] {
  return table(
    features
      .filter(({ rung }) => rung !== null)
      .map(({ feature, tier, state, rung, since }) => [
        feature,
        tier,
        state,
        rung === 'failed' ? 'no rung holds it' : `rung ${rung}`,
        since === undefined || since === null ? '' : `since ${since}`,
      ]),
  );
}

function instanceRow(instance: InstanceStatus): readonly string[] {
  return [
    instance.id,
    instance.state,
    instance.address,
    `pid ${instance.pid}`,
    `up ${duration(instance.uptimeMs)}`,
    instance.restarts === 0 ? '' : `replaced ${instance.restarts}×`,
  ];
}

function failureLines({ lastFailure }: InstanceStatus): readonly string[] {
  if (lastFailure === null) return [];
  const { at, reason, lastLines } = lastFailure;
  return [`    last failure ${at}: ${reason}`, ...lastLines.map((line) => `    | ${line}`)];
}

/** What answers in place of features that fail. */
function rungLines({ features, asOf }: SiteStatus): readonly string[] {
  return table(
    features.flatMap(({ feature, rungs = [] }) =>
      rungs.map(({ rung, need, cause, requests, since, served, workers }) => [
        feature,
        rung,
        `for ${requests}`,
        need === null ? cause : `${need} is lost`,
        `for ${duration(Date.parse(asOf) - Date.parse(since))}`,
        `${served} answered`,
        `in ${workers} ${workers === 1 ? 'worker' : 'workers'}`,
      ]),
    ),
  );
}

/** Only where there is something to see: requests under way, or turned away. */
function loadLines({ load = [] }: SiteStatus): readonly string[] {
  const busy = load.filter(
    ({ inFlight, shed }) => inFlight + shed.core + shed.important + shed.sheddable > 0,
  );
  return table(
    busy.map(({ service, limit, inFlight, shed }) => {
      const away = (['core', 'important', 'sheddable'] as const).map((tier) =>
        shed[tier] === 0 ? '' : `${shed[tier]} ${tier} turned away`,
      );
      return [service, `${inFlight} of ${limit} in flight`].concat(away);
    }),
  );
}

function resourceLines({ resources }: SiteStatus): readonly string[] {
  const lines = table(
    resources.map(({ kind, name, state, address, durability, reason }) => [
      name,
      kind,
      state,
      address ?? '',
      durability === 'lost' ? 'redundancy lost' : (durability ?? ''),
      reason ?? '',
    ]),
  );
  return resources.flatMap(({ members }, n) => [
    lines[n] ?? '',
    // One server alone is the resource itself.
    ...(members.length < 2 ? [] : members.map((member) => `  ${renderMember(member)}`)),
  ]);
}

function frontendLines({ frontends }: SiteStatus): readonly string[] {
  return table(
    frontends.map(({ frontend, prefix, release, pinned }) => [
      frontend,
      prefix,
      releaseText(release, 'not published yet'),
      // Also from a controller of the version before, which says nothing of it.
      (pinned ?? null) === null ? '' : pinText(pinned),
    ]),
  );
}

function pinText(pinned: FrontendPin | null): string {
  return `pinned by ${pinned?.who}${pinned?.why ? `: ${pinned.why}` : ''}`;
}

function processLines({ processes }: SiteStatus): readonly string[] {
  return table(
    processes.map(({ id, state, pid, uptimeMs, restarts }) => [
      id,
      state,
      `pid ${pid}`,
      `up ${duration(uptimeMs)}`,
      restarts === 0 ? '' : `restarted ${restarts}×`,
    ]),
  );
}

function noteLines(note: StatusNote): readonly string[] {
  const [first = '', ...rest] = noteText(note).split('\n');
  return [
    first,
    ...rest.map((line) => `  ${line}`),
    ...(note.remedy === null ? [] : [`  remedy: ${note.remedy}`]),
  ];
}

/** Columns as wide as their widest cell; cells that are empty in every row take no room. */
export function table(rows: readonly (readonly string[])[]): readonly string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, n) =>
    Math.max(...rows.map((row) => row[n]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, n) => cell.padEnd(widths[n] ?? 0))
      .filter((_, n) => widths[n] !== 0)
      .join('  ')
      .trimEnd(),
  );
}

function releaseText(digest: string | null, otherwise: string): string {
  return digest === null ? otherwise : `release ${digest.replace('sha256:', '').slice(0, 12)}`;
}

function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d`;
}
