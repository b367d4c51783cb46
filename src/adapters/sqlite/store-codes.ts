/** Which kind of file a thread keeps. */
export type StoreKind = 'state' | 'journal';

/** Every code that state and journal can fail with. */
export type StoreCode =
  | `${StoreKind}-${'unavailable' | 'corrupt' | 'newer' | 'foreign'}`
  | 'disk-full';

/**
 * What each means, for docs/reference/errors.md; the error itself names the file and the remedy.
 */
export const storeCodes = {
  'state-unavailable': explanation('The state did not answer in time, or its file is gone.'),
  'state-corrupt': explanation('The file of the state is damaged, or no database.'),
  'state-newer': explanation('The file of the state was written by a newer Turnout.'),
  'state-foreign': explanation('The file of that name is a database of another program.'),
  'journal-unavailable': explanation('The journal did not answer in time, or its file is gone.'),
  'journal-corrupt': explanation('The file of the journal is damaged, or no database.'),
  'journal-newer': explanation('The file of the journal was written by a newer Turnout.'),
  'journal-foreign': explanation('The file of that name is a database of another program.'),
  'disk-full': explanation('No space is left; nothing was written. No restart is needed.'),
} as const satisfies Record<StoreCode, object>;

function explanation(text: string) {
  return { severity: 'error', explanation: text } as const;
}
