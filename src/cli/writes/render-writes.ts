import type { DeadLetterReport, QueueReport, WriteReport } from '../../contract/write-report.ts';
import { formatDuration } from '../../lib/duration.ts';
import { utcTime } from '../jobs/describe-run.ts';
import { renderColumns } from '../tables/describe-entries.ts';

export function renderQueue(report: QueueReport): string {
  const { waiting, deadLetters, bytes, limitBytes, features, damage } = report;
  const rows = features.map((each) => [
    each.feature,
    String(each.waiting),
    ageOf(each.oldestAgeMs),
    String(each.deadLetters),
  ]);
  const table =
    rows.length === 0
      ? 'Nothing waits.'
      : renderColumns(['FEATURE', 'WAITING', 'OLDEST', 'SET ASIDE'], rows);
  const sum = `${waiting} wait, ${deadLetters} set aside; ${megabytes(bytes)} of ${megabytes(limitBytes)}`;
  return [table, '', sum, ...damage.map((text) => `damage: ${text}`)].join('\n');
}

export function renderLetters(letters: readonly DeadLetterReport[]): string {
  if (letters.length === 0) return 'Nothing was set aside.';
  const rows = letters.map(({ id, feature, diedAt, attempts, reason }) => [
    id,
    feature,
    utcTime(diedAt),
    String(attempts),
    reason,
  ]);
  return renderColumns(['WRITE', 'FEATURE', 'SET ASIDE', 'TRIES', 'WHY'], rows);
}

export function renderWrite(write: WriteReport): string {
  const { id, feature, state, acceptedAt, attempts, reason, request } = write;
  const lines = [`${id} of ${feature}: ${state}${reason === null ? '' : ` (${reason})`}`];
  lines.push(`  accepted ${utcTime(acceptedAt)}${attempts === null ? '' : `, ${attempts} tries`}`);
  if (request === null) return lines.join('\n');
  const { method, target, order, client, contentType, body, isText } = request;
  lines.push(`  ${method} ${target} from ${client}, in the order of ${JSON.stringify(order)}`);
  lines.push(
    `  ${contentType ?? 'no content type'}${isText ? '' : ', in base64'}:`,
    '',
    shown(body),
  );
  return lines.join('\n');
}

/** Strangers wrote it: nothing in it may move the cursor or colour the terminal. */
function shown(body: string): string {
  return body.replaceAll(/[^\P{C}\n\t]/gu, (letter) => {
    return `\\u{${(letter.codePointAt(0) ?? 0).toString(16)}}`;
  });
}

function ageOf(ms: number | null): string {
  return ms === null ? '' : formatDuration(Math.max(1_000, Math.round(ms / 1_000) * 1_000));
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
}
