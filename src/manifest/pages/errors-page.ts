import type { CodeExplanation } from '../problems/codes.ts';
import { generatedNote } from './manifest-page.ts';

export interface CodeGroup {
  readonly title: string;
  readonly about: string;
  readonly codes: Readonly<Record<string, CodeExplanation>>;
}

/** The page of everything Turnout can refuse or warn of, by code. */
export function errorsPage(groups: readonly CodeGroup[]): string {
  const parts = groups.map(({ title, about, codes }) => {
    const rows = Object.entries(codes)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(
        ([code, { severity, explanation }]) =>
          `| \`${code}\` | ${severity} | ${explanation.replaceAll('|', '\\|')} |`,
      );
    return `## ${title}\n\n${about}\n\n| code | | |\n| --- | --- | --- |\n${rows.join('\n')}`;
  });
  return `# Errors and warnings\n\n${generatedNote}\n\n${parts.join('\n\n')}\n`;
}
