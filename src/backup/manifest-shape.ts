import type { BackupManifest } from './backup-manifest.ts';

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isCount: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const isListOf =
  (isItem: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(isItem);
const hasFields =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(fields).every(([name, isRight]) =>
      isRight((value as Readonly<Record<string, unknown>>)[name]),
    );

const isWhole = hasFields({
  format: isCount,
  id: isText,
  site: isText,
  turnout: isText,
  stateFormat: isCount,
  startedAt: isText,
  finishedAt: isText,
  root: isText,
  databases: isListOf(hasFields({ resource: isText, how: isText })),
  folders: isListOf(hasFields({ path: isText, mode: isCount })),
  files: isListOf(hasFields({ path: isText, bytes: isCount, sha256: isText, mode: isCount })),
  links: isListOf(hasFields({ path: isText, target: isText })),
} satisfies Record<keyof BackupManifest, Check>);

/** Whether it says all that a manifest must: one that was sealed by another hand may not. */
export function isBackupManifest(value: unknown): value is BackupManifest {
  return isWhole(value);
}
