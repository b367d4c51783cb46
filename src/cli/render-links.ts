import type { LinksReport, ReportedLink } from '../profiles/read-links.ts';
import { table } from './render-status.ts';

/** The links as lines for a terminal. */
export function renderLinks({ on, pid, links }: LinksReport): readonly string[] {
  if (links.length === 0) return [on ? 'no need passes through a link yet' : 'links are off'];
  const head = on ? `links are on, ${pid === null ? 'and not up' : `pid ${pid}`}` : 'links are off';
  const titles = ['service', 'need', 'server', 'listens on', 'goes to', 'state', 'open', 'bytes'];
  return [head, '', ...table([titles, ...links.map(row)]), ...links.flatMap(remarks)];
}

function row(link: ReportedLink): readonly string[] {
  const { service, need, server, port, target, state, connections } = link;
  return [
    service,
    need,
    server,
    `127.0.0.1:${port}`,
    `${target.host}:${target.port}`,
    state,
    `${connections} of ${link.accepted}`,
    `${bytes(link.bytesToTarget)} to, ${bytes(link.bytesFromTarget)} from`,
  ];
}

function remarks({ service, need, server, state, reason, fault, refused }: ReportedLink): string[] {
  const name = `${service} to ${need} (${server})`;
  const lines: string[] = [];
  if (reason !== null) lines.push(`${name}: ${reason}`);
  if (fault !== null && (state === 'cut' || state === 'hang')) {
    const until = new Date(fault.untilMs).toISOString();
    lines.push(`${name}: ${state} until ${until} by ${fault.who}: ${fault.why}`);
  }
  if (refused > 0) lines.push(`${name}: ${refused} connections were accepted and reset`);
  return lines;
}

function bytes(count: number): string {
  if (count < 10_000) return `${count} B`;
  if (count < 10_000_000) return `${Math.round(count / 1_000)} kB`;
  return `${Math.round(count / 1_000_000)} MB`;
}
