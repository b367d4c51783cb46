/**
 * What `npm run prove -- plain-heads` last showed: of so many mutated requests the reader of plain
 * heads took some, and read each as this Node's parser did. With any other Node nothing is proved,
 * and the reader is off; `plain-head.test.ts` sees to it that it was this very reader.
 */
export const plainHeadProof = {
  node: 'v26.10.0',
  mutations: 10_000_000,
  /** SHA-256 of `plain-head.ts`. */
  reader: 'a9ed42b917313b86d055a69d2720259701930f1f5604a53d2b77fe23703f34b4',
} as const;
