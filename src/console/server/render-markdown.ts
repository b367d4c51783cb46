import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';

/**
 * Markdown (CommonMark with GitHub's tables and task lists) as HTML that is safe to show: HTML in
 * it is shown as text, and links and pictures with any scheme but http, https and mailto lose their
 * target. Both are micromark's own defaults, held by a test.
 */
export function renderMarkdown(text: string): string {
  return micromark(text, { extensions: [gfm()], htmlExtensions: [gfmHtml()] });
}
