import { h, type ComponentChildren, type JSX } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { assets } from './assets.ts';

/** What surrounds every page. */
export interface PageFrame {
  readonly title: string;
  readonly site: string;
  readonly environment: string;
  readonly section: 'overview' | 'flags' | 'catalog';
  readonly footer?: ComponentChildren;
}

/**
 * One whole HTML document. Text is escaped by the renderer; there is no inline script and no inline
 * style.
 */
export function renderPage(frame: PageFrame, content: ComponentChildren): string {
  const page = h(
    'html',
    { lang: 'en' },
    head(frame),
    h(
      'body',
      null,
      h('a', { class: 'skip', href: '#content' }, 'Skip to the content'),
      masthead(frame),
      h('main', { id: 'content', tabIndex: -1 }, content),
      h('footer', { class: 'foot' }, frame.footer ?? 'Turnout'),
    ),
  );
  return `<!doctype html>${renderToString(page)}`;
}

function head(frame: PageFrame): JSX.Element {
  return h(
    'head',
    null,
    h('meta', { charset: 'utf-8' }),
    h('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
    h('meta', { name: 'color-scheme', content: 'light dark' }),
    h('title', null, `${frame.title} · ${frame.site}`),
    h('link', { rel: 'icon', href: assets.icon.path, type: 'image/svg+xml' }),
    h('link', { rel: 'stylesheet', href: assets.style.path }),
    h('script', { src: assets.script.path, type: 'module' }),
  );
}

function masthead(frame: PageFrame): JSX.Element {
  return h(
    'header',
    { class: 'masthead' },
    h(
      'div',
      { class: 'brand' },
      h('img', { src: assets.icon.path, alt: '', width: 22, height: 22 }),
      h('a', { href: '/' }, frame.site),
      h('span', { class: 'environment' }, frame.environment),
    ),
    h(
      'nav',
      { 'aria-label': 'Console' },
      navLink('/', 'Overview', frame.section === 'overview'),
      navLink('/flags', 'Flags', frame.section === 'flags'),
      navLink('/catalog', 'Catalog', frame.section === 'catalog'),
    ),
  );
}

function navLink(href: string, text: string, current: boolean): JSX.Element {
  return h('a', current ? { href, 'aria-current': 'page' } : { href }, text);
}

/** A titled part of a page; the heading names it for screen readers. */
export function section(id: string, title: string, ...content: ComponentChildren[]): JSX.Element {
  return h('section', { 'aria-labelledby': id }, h('h2', { id }, title), ...content);
}

/** A table that scrolls by itself where the page is narrower; the caption is for screen readers. */
export function table(
  caption: string,
  columns: readonly string[],
  rows: readonly (readonly ComponentChildren[])[],
): JSX.Element {
  return h(
    'div',
    { class: 'scroll', role: 'group', 'aria-label': caption, tabIndex: 0 },
    h(
      'table',
      null,
      h('caption', { class: 'hidden' }, caption),
      h(
        'thead',
        null,
        h('tr', null, ...columns.map((column) => h('th', { scope: 'col' }, column))),
      ),
      h(
        'tbody',
        null,
        ...rows.map(([first, ...cells]) =>
          h(
            'tr',
            null,
            h('th', { scope: 'row' }, first),
            ...cells.map((cell) => h('td', null, cell)),
          ),
        ),
      ),
    ),
  );
}
