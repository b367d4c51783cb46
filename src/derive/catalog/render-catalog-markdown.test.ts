import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { micromark } from 'micromark';
import { campaignCatalog, campaignModel } from '../../../tests/support/campaign-model.ts';
import { siteModel, siteService } from '../../../tests/support/site-model.ts';
import { deriveAll } from '../all.ts';
import type { Catalog } from './catalog.ts';
import { renderCatalogFiles, renderCatalogMarkdown } from './render-catalog-markdown.ts';

function catalogOf(what: string, find: Readonly<Record<string, string>> = {}): Catalog {
  const derivation = deriveAll(siteModel([siteService('shop', { what, find })]));
  assert.ok(derivation.ok);
  return derivation.derived.catalog;
}

/** What a reader of the Markdown sees, without its tags. */
function shown(markdown: string): string {
  const html = micromark(markdown).replaceAll(/<[^>]+>/g, '');
  return html.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

describe('the catalog as Markdown answers the four questions for every service', () => {
  const markdown = renderCatalogMarkdown(campaignCatalog());

  for (const question of [
    'What is it?',
    'What is its stack, and how is it deployed?',
    'How do I find it?',
    'How does it go down?',
  ]) {
    it(question, () => {
      assert.equal(markdown.split(`### ${question}`).length - 1, campaignModel().services.length);
    });
  }

  it('puts core features first and says each ladder in words', () => {
    const donate = markdown.indexOf('#### donate (core)');
    const totals = markdown.indexOf('#### totals (important)');
    const leaders = markdown.indexOf('#### leaderboard (sheddable)');
    assert.ok(0 < donate && donate < totals && totals < leaders);
    assert.match(
      markdown,
      /When db\.primary is lost, users get:\n {2}1\. a receipt: .* for up to 1 day/,
    );
    assert.match(markdown, /1\. the last good answer, at most 1 hour old\n {2}2\. the snapshot/);
    assert.match(markdown, /1\. reading as ever, and a plain refusal to write/);
    assert.match(markdown, /2\. a redirect to \/ \(only GET\)/);
  });

  it('draws who needs whom, and says it on both pages', () => {
    assert.match(markdown, /```mermaid\nflowchart LR\n/);
    assert.match(
      markdown,
      /`identity`: the feature identity\.sign-in of \[identity\]\(#identity\)/,
    );
    assert.match(markdown, /`volunteers\.calls` of \[volunteers\]\(#volunteers\) needs `identity/);
  });

  it('never shows credentials that stand in the address of a need', () => {
    assert.match(markdown, /https:\/\/processor\.example\/v1, at most 2 seconds/);
    assert.doesNotMatch(markdown, /secret|hidden/);
  });
});

describe('whatever a manifest says is shown as it was written', () => {
  for (const text of [
    '<script>alert(1)</script> & *not* _emphasis_ [nor](a-link)',
    '`code` | table # heading ~ &amp; \\ backslash',
    'snake_case and 2 * 3 * 4',
  ]) {
    it(text, () => {
      assert.ok(shown(renderCatalogMarkdown(catalogOf(text))).includes(text));
    });
  }

  it('makes links of web addresses only', () => {
    const find = { bad: 'javascript:alert(1)', odd: 'https://a b', good: 'https://a.example/x' };
    const markdown = renderCatalogMarkdown(catalogOf('x', find));
    assert.equal(markdown.match(/<https?:[^>]*>/g)?.join(), '<https://a.example/x>');
  });
});

describe('the catalog as files', () => {
  const files = renderCatalogFiles(campaignCatalog());

  it('has an index that leads to one file a service', () => {
    const names = ['index.md', 'donations.md', 'identity.md', 'volunteers.md', 'voter-file.md'];
    assert.deepEqual([...files.keys()], names);
    for (const name of names.slice(1)) assert.ok(files.get('index.md')?.includes(`(${name})`));
  });

  it('leads from file to file', () => {
    assert.match(files.get('volunteers.md') ?? '', /\[identity\]\(identity\.md\)/);
  });
});
