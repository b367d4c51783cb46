import { DRAIN_MS, HOST, POLICY, PORT } from '../contract/environment.ts';
import type { SdkNeedPolicy, SdkPolicy } from '../contract/sdk-policy.ts';

/** What holds where nobody started this process but a person: any port, on loopback. */
const ALONE = { host: '127.0.0.1', health: '/health', drainMs: 10_000 } as const;

export interface InstanceSettings {
  readonly host: string;
  /** 0 means any. */
  readonly port: number;
  /** The path that health is asked at. */
  readonly health: string;
  readonly drainMs: number;
}

/** What this instance was told in its environment; throws for a PORT that is none. */
export function instanceSettings(): InstanceSettings {
  return {
    host: process.env[HOST] ?? ALONE.host,
    port: wholeNumber(PORT, 0, 65_535),
    health: policy()?.health ?? ALONE.health,
    drainMs: wholeNumber(DRAIN_MS, ALONE.drainMs, 86_400_000),
  };
}

/** The policy of a need; null where the manifest says nothing of it, as when run by hand. */
export function needPolicy(need: string): SdkNeedPolicy | null {
  return policy()?.needs.find((known) => known.need === need) ?? null;
}

function policy(): SdkPolicy | null {
  const text = process.env[POLICY];
  if (text === undefined || text === '') return null;
  const read = JSON.parse(text) as { readonly version?: unknown };
  if (read.version === 1) return read as SdkPolicy;
  throw new Error(`${POLICY} has version ${String(read.version)}, and this SDK reads version 1`);
}

function wholeNumber(name: string, otherwise: number, most: number): number {
  const text = process.env[name];
  if (text === undefined || text === '') return otherwise;
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= most) return number;
  throw new Error(`${name} is ${text}, and must be a whole number from 0 to ${most}`);
}
