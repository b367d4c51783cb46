/** What can come of a call, in the order of the keys 1 to 7. */
export const outcomes = [
  { outcome: 'supports', words: 'With us', kind: 'good' },
  { outcome: 'leans', words: 'Leans our way', kind: '' },
  { outcome: 'undecided', words: 'Undecided', kind: '' },
  { outcome: 'opposes', words: 'Against us', kind: '' },
  { outcome: 'no-answer', words: 'No answer', kind: '' },
  { outcome: 'wrong-number', words: 'Wrong number', kind: '' },
  { outcome: 'do-not-call', words: 'Asked us never to call again', kind: 'last' },
];

export const outcomeWords = (outcome) =>
  outcomes.find((known) => known.outcome === outcome)?.words ?? outcome;
