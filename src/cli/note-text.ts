import type { StatusNote } from '../contract/status.ts';
import type { ProgressPrinter } from './progress-printer.ts';

/** A note as one says it: what it is about comes first, and only once. */
export function noteText({ severity, about, message }: StatusNote): string {
  const subject = about === null || message.startsWith(about) ? '' : `${about}: `;
  return `${severity}: ${subject}${message}`;
}

/** Says a note with its remedy; of what was told at length while it happened, the first line. */
export function sayNote(note: StatusNote, printer: ProgressPrinter): void {
  const { about, message, remedy } = note;
  const text = noteText(note);
  const told = about !== null && printer.hasSaid(`${about}: ${message}`);
  printer.say(told ? (text.split('\n')[0] ?? text).replace(/:$/, '') : text);
  if (remedy !== null) printer.say(`  remedy: ${remedy}`);
}
