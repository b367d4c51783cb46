import type {
  FlagChangeResult,
  FlagStatus,
  SetFlagRequest,
  UnsetFlagRequest,
} from '../contract/flag-status.ts';
import { TurnoutError } from '../lib/errors.ts';
import { describeFlags } from './describe-flags.ts';
import type { SwitchedFeature } from './flags-reading.ts';
import { flagsRecordOf, setFlag, setFlagsOf, type SetParts, unsetFlag } from './set-flags.ts';

/** The flags of a site for people: shown, set and taken back, with or without a controller. */
export class FlagsByHand {
  readonly #parts: SetParts;
  readonly #features: () => readonly SwitchedFeature[];

  constructor(parts: SetParts, features: () => readonly SwitchedFeature[]) {
    this.#parts = parts;
    this.#features = features;
  }

  /** Rejects with `starting` while the site was never up. */
  async list(): Promise<readonly FlagStatus[]> {
    const { state, clock } = this.#parts;
    const [record, set] = await Promise.all([flagsRecordOf(state), setFlagsOf(state)]);
    if (record === null) {
      throw new TurnoutError('starting', 'The site is only starting.', 'Try again in a moment.');
    }
    return describeFlags(record, set, this.#features(), clock.nowMs());
  }

  async set({ name, value, isValue, ...rest }: SetFlagRequest): Promise<FlagChangeResult> {
    const before = await this.#find(name);
    const request = { ...rest, name, wanted: { text: value, isValue } };
    await setFlag(this.#parts, request, this.#features());
    return this.#changed(name, before);
  }

  async unset(request: UnsetFlagRequest): Promise<FlagChangeResult> {
    const before = await this.#find(request.name);
    await unsetFlag(this.#parts, request);
    return this.#changed(request.name, before);
  }

  async #find(name: string): Promise<FlagStatus | null> {
    return (await this.list()).find((flag) => flag.name === name) ?? null;
  }

  async #changed(name: string, before: FlagStatus | null): Promise<FlagChangeResult> {
    if (before === null) throw new Error(`the flag ${name} came only now`);
    return { before, after: (await this.#find(name)) ?? unwritten(before) };
  }
}

/** One that is written no more, once it is not set either. */
function unwritten(flag: FlagStatus): FlagStatus {
  return {
    ...flag,
    value: null,
    from: 'default',
    since: null,
    expires: null,
    who: null,
    why: null,
  };
}
