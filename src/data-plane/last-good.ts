import { join } from 'node:path';

import { CIRCUIT_NAME } from '../contract/circuits.ts';
import { isFlagsRecord, isSetFlags } from '../contract/flags.ts';
import type { Endpoints, FrontendPointer } from '../contract/keys.ts';
import { writeFileAtomically } from '../lib/atomic-file.ts';
import type { JsonValue } from '../lib/json.ts';
import { readJsonFile } from '../lib/json-file.ts';
import type { Log } from '../lib/log.ts';
import type { Clock, Timer } from '../ports/clock/port.ts';
import type { HeldPosition } from './gateway/circuits/breaker.ts';
import { type KnownFlags, noFlags } from './gateway/switches/switches.ts';
import {
  type ConfigurationFiles,
  forgetOtherFiles,
  keepFiles,
  noFiles,
  readKeptFiles,
} from './kept-files.ts';
import { fileDigests, type WrittenConfiguration } from './read-configuration.ts';

/** What a worker needs to serve when neither state nor blobs can be read. */
export interface LastGood {
  readonly configuration: WrittenConfiguration | null;
  /** The files that it names. */
  readonly files: ConfigurationFiles;
  readonly endpoints: readonly Endpoints[];
  readonly frontends: readonly FrontendPointer[];
  readonly flags: KnownFlags;
  /** Circuits that are held by hand. */
  readonly holds: Readonly<Record<string, HeldPosition>>;
}

export interface LastGoodStore {
  read(): LastGood;
  /** Keeps the configuration with its files; written soon, in the background. */
  keepConfiguration(configuration: WrittenConfiguration, files: ConfigurationFiles): void;
  /** Keeps where traffic goes; written soon, many changes as one. */
  keepTraffic(endpoints: readonly Endpoints[], frontends: readonly FrontendPointer[]): void;
  /** Keeps the flags; written soon, many changes as one. */
  keepFlags(flags: KnownFlags): void;
  /** Keeps which circuits are held by hand; written soon, many changes as one. */
  keepHolds(holds: Readonly<Record<string, HeldPosition>>): void;
  /** Resolves when all that was kept is on disk, or has failed to get there and was reported. */
  flush(): Promise<void>;
}

const CONFIGURATION = 'configuration.json';
const TRAFFIC = 'traffic.json';
const FLAGS = 'flags.json';
const HOLDS = 'circuit-holds.json';
const DELAY_MS = 100;

/**
 * Four files in `folder`, each replaced as one step, and what the configuration names beside them.
 * A failure to write is logged: serving goes on without.
 */
export function openLastGood(folder: string, clock: Clock, log: Log): LastGoodStore {
  const waiting = new Map<string, JsonValue>();
  let kept: { digests: Readonly<Record<string, string>>; files: ConfigurationFiles } | null = null;
  let timer: Timer | null = null;
  let writing = Promise.resolve();
  const write = async (): Promise<void> => {
    timer = null;
    for (const [name, value] of waiting) {
      waiting.delete(name);
      try {
        // Its files first: what is there is then whole.
        const withFiles = name === CONFIGURATION ? kept : null;
        if (withFiles !== null) await keepFiles(folder, withFiles.digests, withFiles.files);
        await writeFileAtomically(join(folder, name), JSON.stringify(value));
        if (withFiles !== null) await forgetOtherFiles(folder, withFiles.digests);
      } catch (error) {
        log.warn('The last good configuration could not be kept', {
          file: name,
          error: String(error),
        });
      }
    }
  };
  const writeNow = (): Promise<void> => {
    writing = writing.then(write);
    return writing;
  };
  const keep = (name: string, value: JsonValue): void => {
    waiting.set(name, value);
    timer ??= clock.after(DELAY_MS, () => void writeNow());
  };
  return {
    read() {
      const configuration = readObject(join(folder, CONFIGURATION));
      const traffic = readObject(join(folder, TRAFFIC));
      const written = readConfiguration(configuration?.['configuration']);
      return {
        configuration: written,
        files: written === null ? noFiles : readKeptFiles(folder, fileDigests(written)),
        endpoints: listOf(traffic?.['endpoints'], isEndpoints),
        frontends: listOf(traffic?.['frontends'], isPointer),
        flags: readFlags(readObject(join(folder, FLAGS))),
        holds: readHolds(readObject(join(folder, HOLDS))?.['holds']),
      };
    },
    keepConfiguration(configuration, files) {
      kept = { digests: fileDigests(configuration), files };
      keep(CONFIGURATION, { version: 1, configuration: configuration as unknown as JsonValue });
    },
    keepTraffic: (endpoints, frontends) =>
      keep(TRAFFIC, {
        version: 1,
        endpoints: endpoints as unknown as JsonValue,
        frontends: frontends as unknown as JsonValue,
      }),
    keepHolds: (holds) => keep(HOLDS, { version: 1, holds }),
    keepFlags: (flags) => keep(FLAGS, { version: 1, ...flags } as unknown as JsonValue),
    flush() {
      timer?.cancel();
      return writeNow();
    },
  };
}

/**
 * Null for a file that is absent, damaged or written by a newer Turnout: then there is no last
 * good.
 */
function readObject(file: string): Readonly<Record<string, unknown>> | null {
  const value = readJsonFile(file);
  return isObject(value) && value['version'] === 1 ? value : null;
}

/** What more it must be is found when it is compiled, which a worker outlives. */
function readConfiguration(value: unknown): WrittenConfiguration | null {
  if (!isObject(value)) return null;
  const { edge, policies } = value;
  const hasEdge = edge === undefined || (isObject(edge) && isObject(edge['files']));
  const hasPolicies =
    isObject(policies) && (policies['files'] === undefined || isObject(policies['files']));
  return hasEdge && hasPolicies ? (value as unknown as WrittenConfiguration) : null;
}

/** Each by itself: where one is damaged the other still counts. */
function readFlags(kept: Readonly<Record<string, unknown>> | null): KnownFlags {
  const { written, set } = kept ?? {};
  return {
    written: isFlagsRecord(written) ? written : noFlags.written,
    set: isSetFlags(set) ? set : noFlags.set,
  };
}

/** Each by itself, as all that was kept. */
function readHolds(kept: unknown): LastGood['holds'] {
  const holds = Object.entries(isObject(kept) ? kept : {});
  return Object.fromEntries(holds.filter((hold): hold is [string, HeldPosition] => isHeld(hold)));
}

function isHeld([name, position]: readonly [string, unknown]): boolean {
  return CIRCUIT_NAME.test(name) && (position === 'open' || position === 'closed');
}

/** Those that are what they should be: a damaged one must not end the worker at each start. */
function listOf<Item>(value: unknown, isItem: (each: unknown) => each is Item): readonly Item[] {
  return Array.isArray(value) ? value.filter(isItem) : [];
}

function isEndpoints(value: unknown): value is Endpoints {
  if (!isObject(value) || !Array.isArray(value['instances'])) return false;
  return hasTexts(value, 'service') && value['instances'].every(isEndpoint);
}

function isEndpoint(value: unknown): boolean {
  return isObject(value) && hasTexts(value, 'id', 'address', 'release', 'state');
}

function isPointer(value: unknown): value is FrontendPointer {
  if (!isObject(value) || !hasTexts(value, 'frontend')) return false;
  if (!Array.isArray(value['previous'])) return false;
  return [value, ...(value['previous'] as unknown[])].every(
    (each) => isObject(each) && hasTexts(each, 'release', 'variants'),
  );
}

function hasTexts(value: Readonly<Record<string, unknown>>, ...names: readonly string[]): boolean {
  return names.every((name) => typeof value[name] === 'string');
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
