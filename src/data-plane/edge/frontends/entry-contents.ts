import type {
  Content,
  FrontendFile,
  FrontendRelease,
  FrontendVariants,
} from '../../../contract/frontend-release.ts';

/** Longer ones are films and archives: none is needed to show a page. */
const longestBytes = 1024 ** 2;

/**
 * What is needed to show a release's pages, most needed first: its start page, the other pages from
 * the top down, then style and scripts, then the rest; each in all its encodings.
 */
export function entryContents(
  { files }: FrontendRelease,
  { contents }: FrontendVariants,
): readonly Content[] {
  return files
    .filter(({ content }) => content.bytes <= longestBytes)
    .map((file) => ({ file, rank: rankOf(file) }))
    .sort((a, b) => a.rank - b.rank)
    .flatMap(({ file: { content } }) =>
      [content].concat(Object.values(contents[content.digest] ?? {})),
    );
}

function rankOf({ path, type }: FrontendFile): number {
  if (path === 'index.html') return 0;
  const depth = path.split('/').length;
  if (type.startsWith('text/html')) return depth;
  return /^text\/(?:css|javascript)/.test(type) ? 100 + depth : 200 + depth;
}
