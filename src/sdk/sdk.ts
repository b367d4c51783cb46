/**
 * `turnout/sdk`: what a service in TypeScript or JavaScript imports. Everything here is the
 * contract of docs/guide/contract.md kept for you; a service in another language keeps it itself.
 */
export { drop } from './drop.ts';
export { fetchFrom } from './fetch-from.ts';
export { flag, value, type FlagContext } from './flags/flag.ts';
export { flagsAt, type FlagsAt, type FlagsAtOptions } from './flags/flags-at.ts';
export { healthOf } from './health-of.ts';
export { LastGood, type Answered, type Kept, type LastGoodOptions } from './last-good.ts';
export { log, type LogFields } from './log.ts';
export { NeedLostError } from './need-lost-error.ts';
export type { Database, DatabaseMode, Once, OnceResult, Transaction } from './postgres/database.ts';
export { migrate, type Migration } from './postgres/migrate.ts';
export { postgres } from './postgres/postgres.ts';
export { json, problem } from './serve/answers.ts';
export type { Context, Handler } from './serve/handler.ts';
export { idempotencyKey } from './serve/idempotency-key.ts';
export { readJson } from './serve/read-json.ts';
export { RequestProblem } from './serve/request-problem.ts';
export type { Application } from './serve/answer-request.ts';
export { serve, type Served, type ServeOptions } from './serve/serve.ts';
export type { FeatureHealth } from '../contract/feature-health.ts';
export type { JsonValue } from '../lib/json.ts';
