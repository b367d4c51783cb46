import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { renderMarkdown } from './render-markdown.ts';

describe('Markdown of runbooks is rendered and cannot do harm', () => {
  it('knows tables and task lists', () => {
    assert.match(renderMarkdown('| a | b |\n| - | - |\n| 1 | 2 |'), /<table>/);
    assert.match(renderMarkdown('- [x] done'), /type="checkbox"/);
  });

  for (const attack of [
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '<a href="javascript:alert(1)">x</a>',
    '[x](javascript:alert(1))',
    '[x](JaVaScRiPt:alert(1))',
    '[x](java&#x0A;script:alert(1))',
    '[x](&#106;avascript:alert(1))',
    '[x](vbscript:alert(1))',
    '[x](data:text/html,<script>alert(1)</script>)',
    '![x](data:image/svg+xml;base64,PHN2Zy8+)',
    '![x](javascript:alert(1))',
    '<javascript:alert(1)>',
    '[x]: javascript:alert(1)\n\n[x]',
    '![" onerror="alert(1)](x)',
    '[x](x "\\" onclick=\\"alert(1)")',
    '<div\nonclick=alert(1)>',
    '<!-- --><svg onload=alert(1)>',
    '`<script>alert(1)</script>`',
    '```html\n<script>alert(1)</script>\n```',
    '```" onload="alert(1)\nx\n```',
    '| a |\n| - |\n| <iframe src=javascript:alert(1)> |',
    '[^1]\n\n[^1]: <script>alert(1)</script>',
  ]) {
    it(`disarms ${JSON.stringify(attack)}`, () => {
      const tags = renderMarkdown(attack).match(/<[^>]*>/g) ?? [];
      for (const tag of tags) {
        assert.doesNotMatch(tag, /^<\/?(script|iframe|svg|div|object|embed|style)/i);
        assert.doesNotMatch(tag, /\s(href|src)="\s*(javascript|vbscript|data):/i);
        // Handlers may stand inside a quoted value, where they are only text.
        assert.doesNotMatch(tag.replaceAll(/"[^"]*"/g, '""'), /\son\w+=/i);
      }
    });
  }
});
