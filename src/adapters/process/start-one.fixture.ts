/** Starts one instance as a controller would, for a test that kills it while it does so. */
import { systemClock } from '../system/clock.ts';
import { createProcessDriver } from './driver.ts';
import type { InstanceSpec } from '../../ports/driver/port.ts';

const driver = createProcessDriver({ folder: String(process.env['FOLDER']), clock: systemClock });
process.stdout.write('starting\n');
await driver.start(JSON.parse(String(process.env['SPEC'])) as InstanceSpec);
setInterval(() => undefined, 1_000);
