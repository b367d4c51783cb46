/**
 * `turnout/client`: what a frontend imports, so that a write is kept through a bad minute and never
 * doubled. No dependency; a few kilobytes.
 */
export { ClientProblem } from './client-problem.ts';
export { onHealth, type HealthListener, type SiteHealth } from './health.ts';
export { read, type ReadOptions } from './read.ts';
export { send, type Outcome, type SendOptions } from './send.ts';
