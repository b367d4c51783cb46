/**
 * `turnout/client`: what a frontend imports, so that a write is kept through a bad minute and never
 * doubled, and what was read stays readable while the site cannot answer. No dependency; a few
 * kilobytes.
 */
export { ClientProblem } from './client-problem.ts';
export { onHealth, type HealthListener, type SiteHealth } from './health.ts';
export { forgetKept } from './kept-answers.ts';
export { read, type Reading, type ReadOptions } from './read.ts';
export { send, type Outcome, type SendOptions } from './send.ts';
