import { describeClock } from '../../ports/clock/contract.ts';
import { systemClock } from './clock.ts';

describeClock('the system clock', () => ({
  clock: systemClock,
  pass: (ms) => systemClock.sleep(ms),
}));
