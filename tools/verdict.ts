/** What a proof exits with that found the machine unable to judge it at the moment. */
export const NOT_JUDGED = 3;

export type Verdict = 'proved' | 'failed' | 'not judged';

export function verdictOf(exitCode: number | null): Verdict {
  if (exitCode === 0) return 'proved';
  return exitCode === NOT_JUDGED ? 'not judged' : 'failed';
}

/** As it stands in lines and tables: what is not proved leaps to the eye. */
export function inWords(verdict: Verdict): string {
  return verdict === 'proved' ? verdict : verdict.toUpperCase();
}
