/**
 * What `npm run prove -- plain-heads` last showed: of so many mutated requests the reader of plain
 * heads took some, and read each as this Node's parser did. With any other Node nothing is proved,
 * and the reader is off; `plain-head.test.ts` sees to it that it was this very reader.
 */
export const plainHeadProof = {
  node: 'v26.10.0',
  mutations: 10_000_000,
  /** SHA-256 of `plain-head.ts`. */
  reader: '1c9ecce7d70a8c86ae9f973747fd8cc452dcd0eb3945d7d3df8ed8dacee7b664',
} as const;
