import { linkKey } from '../contract/links.ts';
import type { LinkRecord, LinksStatus, LinkStatus } from '../contract/links.ts';
import type { StateFolder } from '../contract/state-folder.ts';
import { createSiteLinks } from '../controller/site/site-links.ts';
import { readJsonFile } from '../lib/json-file.ts';
import { isRunning } from '../lib/process-identity.ts';
import { openSitePorts } from './embedded.ts';

/** The links of a site as state has them and as their process last said. */
export interface LinksReport {
  /** Whether needs pass through links; ports are kept while they do not. */
  readonly on: boolean;
  /** Pid of the process of the links; null while it does not run. */
  readonly pid: number | null;
  readonly links: readonly ReportedLink[];
}

export type ReportedLink = LinkRecord & {
  /** `down`: its process does not run, or has not opened it yet. */
  readonly state: LinkStatus['state'] | 'down';
  readonly reason: string | null;
  readonly connections: number;
  readonly accepted: number;
  readonly refused: number;
  readonly bytesToTarget: number;
  readonly bytesFromTarget: number;
};

const unseen = {
  state: 'down',
  reason: null,
  connections: 0,
  accepted: 0,
  refused: 0,
  bytesToTarget: 0,
  bytesFromTarget: 0,
} as const;

/** Needs no controller, and no process of the links. */
export async function readLinks(folder: StateFolder): Promise<LinksReport> {
  const ports = await openSitePorts(folder);
  try {
    const links = createSiteLinks({ ...ports, readStatus: () => null });
    const status = readJsonFile(folder.linksStatus) as LinksStatus | null;
    const living = status !== null && isRunning(status) ? status : null;
    const seen = new Map((living?.links ?? []).map((link) => [linkKey(link), link]));
    return {
      on: await links.isOn(),
      pid: living?.pid ?? null,
      links: (await links.list()).map((record) => report(record, seen.get(linkKey(record)))),
    };
  } finally {
    await Promise.all([ports.state.close(), ports.journal.close()]);
  }
}

function report(record: LinkRecord, seen: LinkStatus | undefined): ReportedLink {
  return seen?.port === record.port ? { ...seen, ...record } : { ...unseen, ...record };
}
