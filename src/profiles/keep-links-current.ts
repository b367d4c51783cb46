import { readFileSync } from 'node:fs';
import { linkKey } from '../contract/links.ts';
import type { LinkRecord, LinksStatus } from '../contract/links.ts';
import type { SiteLinks } from '../controller/site/site-links.ts';
import type { ResolveNeed } from '../controller/supervisor/instance-environment.ts';
import type { ReleasePlan } from '../derive/release-plan/release-plan.ts';
import { TurnoutError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import type { Clock, Timer } from '../ports/clock/port.ts';
import type { Driver } from '../ports/driver/port.ts';
import { primaryLink, replicaLink, targetOf } from './through-links.ts';

export interface LinksToKeep {
  readonly links: SiteLinks;
  readonly readStatus: () => LinksStatus | null;
  readonly driver: Pick<Driver, 'list'>;
  readonly clock: Clock;
  readonly log: Log;
  /** What the site shall be; null while that is not known. */
  plan(): ReleasePlan | null;
  /** Where a need is without links. */
  readonly resolve: ResolveNeed;
  /** Has every service told anew where its needs are. */
  tellServices(): void;
}

const everyMs = 1_000;
/** How often in a row a link must be found unused: an instance may be just about to start. */
const unusedLooks = 3;

/**
 * Keeps the links what they should be while nothing is rolled out: those of a database follow the
 * roles of its servers, one whose port was taken gets another, and one that no service needs any
 * more goes once no running instance was told of it. When links are switched off, that is how their
 * process comes to its end.
 */
export function keepLinksCurrent(parts: LinksToKeep): Timer {
  const unused = new Map<string, number>();
  let isLooking = false;
  return parts.clock.every(everyMs, () => {
    if (isLooking) return;
    isLooking = true;
    look(parts, unused)
      .catch((error: unknown) => parts.log.warn('links', { reason: String(error) }))
      .finally(() => (isLooking = false));
  });
}

async function look(parts: LinksToKeep, unused: Map<string, number>): Promise<void> {
  const { links } = parts;
  const plan = parts.plan();
  if (plan === null) return;
  const records = await links.list();
  // Whoever switched them off may have done so by an older plan.
  if (plan.links && records.length > 0) await links.switch(true);
  if (!(await links.isOn())) return;
  const needed = neededLinks(plan);
  const isNeeded = ({ service, need }: LinkRecord): boolean => needed.has(`${service}/${need}`);
  if (hasFailed(parts.readStatus(), records.filter(isNeeded))) parts.tellServices();
  if (plan.links) await followRoles(plan, parts);
  const left = await unusedLinks(
    records.filter((record) => !isNeeded(record)),
    parts,
    unused,
  );
  // Ports are kept for when links are switched on again.
  if (!plan.links && left.length === records.length) await links.switch(false);
  else if (plan.links) for (const record of left) await links.forget(record);
}

function neededLinks(plan: ReleasePlan): ReadonlySet<string> {
  if (!plan.links) return new Set();
  return new Set(
    plan.services.flatMap(({ service, needs }) => needs.map(({ need }) => `${service}/${need}`)),
  );
}

function hasFailed(status: LinksStatus | null, needed: readonly LinkRecord[]): boolean {
  const keys = new Set(needed.map(linkKey));
  return (status?.links ?? []).some(
    (link) => link.state === 'failed' && link.reason !== null && keys.has(linkKey(link)),
  );
}

/** After a promotion `primary` leads to another server; whoever uses the link need not know. */
async function followRoles(plan: ReleasePlan, { links, resolve }: LinksToKeep): Promise<void> {
  for (const { service, needs } of plan.services) {
    for (const need of needs) {
      if (need.kind !== 'postgres') continue;
      const address = await resolve(need, service).catch(unlessExpected);
      if (address === null) continue;
      const { url, replicaUrls } = address;
      const id = { service, need: need.need };
      await links.redirect({ ...id, server: primaryLink }, targetOf(url));
      for (const [place, replica] of (replicaUrls ?? []).entries()) {
        await links.redirect({ ...id, server: replicaLink(place) }, targetOf(replica));
      }
    }
  }
}

/** A database that is down is where it was; it is asked for again. */
function unlessExpected(error: unknown): null {
  if (error instanceof TurnoutError) return null;
  throw error;
}

async function unusedLinks(
  records: readonly LinkRecord[],
  { driver }: LinksToKeep,
  unused: Map<string, number>,
): Promise<readonly LinkRecord[]> {
  if (records.length === 0) {
    unused.clear();
    return [];
  }
  const told = (await driver.list()).map(({ alive, pid }) => (alive ? environmentOf(pid) : ''));
  return records.filter((record) => {
    const key = linkKey(record);
    const isTold = told.some((text) => text.includes(`127.0.0.1:${record.port}`));
    const looks = isTold ? 0 : (unused.get(key) ?? 0) + 1;
    unused.set(key, looks);
    return looks >= unusedLooks;
  });
}

/** All a process was started with, as one text; empty once it is gone. */
function environmentOf(pid: number | null): string {
  try {
    return pid === null ? '' : readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return '';
  }
}
