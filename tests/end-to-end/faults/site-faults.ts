import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, rmdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { workerLastGood } from '../../../src/contract/state-folder.ts';
import { claimStateFolder } from '../../../src/controller/keeper/claim-state-folder.ts';
import { killPostgres } from '../../support/kill-postgres.ts';
import type { TestSite } from '../../support/site-harness.ts';
import { mountSmallDisk, type SmallDisk } from '../../support/small-disk.ts';

export const faultNames = ['replicas', 'primaries', 'caches', 'disk'] as const;
export type FaultName = (typeof faultNames)[number];

const DISK_BYTES = 48 * 1024 * 1024;
const CONTROL_FILE = join('global', 'pg_control');

/** Takes parts of a running campaign away, and gives them back. */
export class SiteFaults {
  readonly #site: TestSite;
  readonly #disk: SmallDisk;
  #away: string[] = [];

  private constructor(site: TestSite, disk: SmallDisk) {
    this.#site = site;
    this.#disk = disk;
  }

  /** For a site that is not up yet: its queued writes get a small disk of their own. */
  static async prepare(site: TestSite, name: string): Promise<SiteFaults> {
    const disk = mountSmallDisk(DISK_BYTES);
    const { writes } = await claimStateFolder(site.folder.root, name);
    await rmdir(writes);
    await symlink(disk.folder, writes);
    return new SiteFaults(site, disk);
  }

  async begin(faults: readonly FaultName[]): Promise<void> {
    for (const fault of faults) await this.#begin(fault);
  }

  /** Everything is given back; what was kept in caches is learnt anew. */
  async end(): Promise<void> {
    for (const data of this.#away.splice(0)) {
      await rename(join(data, 'pg_control.away'), join(data, CONTROL_FILE));
    }
    this.#disk.relieve();
  }

  #begin(fault: FaultName): Promise<void> | void {
    switch (fault) {
      case 'replicas':
        return this.#loseServers((isReplica) => isReplica);
      case 'primaries':
        return this.#loseServers((isReplica) => !isReplica);
      case 'caches':
        return this.#forgetAll();
      case 'disk':
        return this.#disk.fill();
    }
  }

  /** Killed, and without the file that no server starts without: down it stays. */
  async #loseServers(isMeant: (isReplica: boolean) => boolean): Promise<void> {
    const lost = (await this.#dataFolders()).filter(
      (data) => !this.#away.includes(data) && isMeant(existsSync(join(data, 'standby.signal'))),
    );
    await Promise.all(
      lost.map(async (data) => {
        await rename(join(data, CONTROL_FILE), join(data, 'pg_control.away'));
        await killPostgres(data);
      }),
    );
    this.#away.push(...lost);
  }

  async #dataFolders(): Promise<readonly string[]> {
    const { resources } = this.#site.folder;
    const members = await Promise.all(
      (await readdir(resources)).map(async (name) =>
        (await readdir(join(resources, name))).map((member) => join(resources, name, member)),
      ),
    );
    return members
      .flat()
      .flatMap((folder) => [folder, join(folder, 'data')])
      .filter((folder) => existsSync(join(folder, 'PG_VERSION')));
  }

  /**
   * Workers, and the instances that keep a list in memory, are started anew and know nothing. One
   * worker after the other: what is lost is what they kept, and not all who could answer.
   */
  async #forgetAll(): Promise<void> {
    const { processes, services } = await this.#site.status();
    for (const { id, pid } of processes.filter(({ kind }) => kind === 'worker')) {
      const folder = workerLastGood(this.#site.folder, id);
      const away = `${folder}.away`;
      await rename(folder, away);
      await mkdir(folder);
      await rm(away, { recursive: true, force: true });
      process.kill(pid, 'SIGTERM');
      await this.#site.until(`another ${id} serves`, (now) =>
        now.processes.some((one) => one.id === id && one.pid !== pid && one.state === 'running'),
      );
    }
    const calls = services.find(({ service }) => service === 'calls')?.instances ?? [];
    for (const { pid } of calls) process.kill(pid, 'SIGTERM');
  }
}
