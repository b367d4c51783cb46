import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../../lib/atomic-file.ts';
import type { UnitPlace } from './unit-place.ts';

/** Writes the unit and has systemd start it at boot; says whether anything had to change. */
export async function installUnit(
  place: UnitPlace,
  name: string,
  text: string,
): Promise<'written' | 'unchanged'> {
  const file = join(place.folder, name);
  await mkdir(place.folder, { recursive: true });
  const before = await readFile(file, 'utf8').catch(() => null);
  if (before !== text) {
    await writeFileAtomically(file, text, 0o644);
    await place.systemctl('daemon-reload');
  }
  // Also when the text is the same: it may have been disabled, or the run before was cut off here.
  await place.systemctl('enable', name);
  return before === text ? 'unchanged' : 'written';
}

/** Keeps it from starting at boot and removes it; what runs goes on. False when there is none. */
export async function uninstallUnit(place: UnitPlace, name: string): Promise<boolean> {
  const file = join(place.folder, name);
  if ((await readFile(file, 'utf8').catch(() => null)) === null) return false;
  await place.systemctl('disable', name);
  await rm(file, { force: true });
  await place.systemctl('daemon-reload');
  return true;
}
