/**
 * What `npm run prove -- plain-heads` last showed: of so many mutated requests the reader of plain
 * heads took some, and read each as this Node's parser did. With any other Node nothing is proved,
 * and the reader is off; `plain-head.test.ts` sees to it that it was this very reader.
 */
export const plainHeadProof = {
  node: 'v26.10.0',
  mutations: 10_000_000,
  /** SHA-256 of `plain-head.ts`. */
  reader: 'f5da49778a7dfdf1cc305eb00818cc5f7aa4d45e44e9a48c88e28ebe966b8a14',
} as const;
