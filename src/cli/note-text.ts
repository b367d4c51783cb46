import type { StatusNote } from '../contract/status.ts';

/** A note as one says it: what it is about comes first, and only once. */
export function noteText({ severity, about, message }: StatusNote): string {
  const subject = about === null || message.startsWith(about) ? '' : `${about}: `;
  return `${severity}: ${subject}${message}`;
}
