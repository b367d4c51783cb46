import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { MemberStatus, ResourceStatus } from '../../../src/contract/status.ts';
import { wreckPostgres } from '../../support/kill-postgres.ts';
import type { TestSite } from '../../support/site-harness.ts';

const LONG_MS = 60_000;

/** The database of donations on a running campaign, and what is done to it. */
export class Donations {
  readonly #site: TestSite;

  constructor(site: TestSite) {
    this.#site = site;
  }

  async until(what: string, isSo: (database: ResourceStatus) => boolean): Promise<ResourceStatus> {
    const find = (resources: readonly ResourceStatus[]) =>
      resources.find(({ name }) => name === 'donations');
    const { resources } = await this.#site.until(
      what,
      (now) => {
        const database = find(now.resources);
        return database !== undefined && isSo(database);
      },
      LONG_MS,
    );
    const database = find(resources);
    assert.ok(database !== undefined);
    return database;
  }

  inSync(): Promise<ResourceStatus> {
    return this.until('an acknowledged gift is on two servers', ({ durability, members }) => {
      return durability === 'sync' && members.every(({ state }) => state === 'up');
    });
  }

  /** The name of the member that has this role now. */
  async member(role: MemberStatus['role']): Promise<string> {
    const { members } = await this.until(`there is a ${role}`, (database) =>
      database.members.some((member) => member.role === role),
    );
    return members.find((member) => member.role === role)?.name ?? '';
  }

  /** Kills a member so that it cannot be started again. */
  async wreck(member: string): Promise<void> {
    await wreckPostgres(join(this.#site.folder.resources, 'donations', member, 'data'));
  }

  /** Runs `turnout resource` on it, which must succeed; what it prints. */
  async command(name: 'status' | 'promote' | 'reseed', ...words: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.#site.run('resource', name, 'donations', ...words);
    assert.equal(code, 0, stdout + stderr);
    return stdout;
  }

  /** Instances of the service, running or on their way. */
  async instances(): Promise<ReadonlySet<string>> {
    const { services } = await this.#site.status();
    const { instances = [] } = services.find(({ service }) => service === 'donations') ?? {};
    return new Set(instances.map(({ id }) => id));
  }

  /** Waits until none of these instances is left and as many others as are wanted are well. */
  async replaced(before: ReadonlySet<string>): Promise<void> {
    await this.#site.until(
      'all instances are new',
      ({ services }) => {
        const donations = services.find(({ service }) => service === 'donations');
        if (donations === undefined || donations.healthy < donations.desired) return false;
        return donations.instances.every(({ id }) => !before.has(id));
      },
      LONG_MS,
    );
  }
}
