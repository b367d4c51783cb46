import { h, type JSX } from 'preact';
import { clockTime } from './words.ts';

/**
 * Above a page that keeps itself up to date. Pausing is for those whom movement disturbs; without
 * script the page says how old it is and stays.
 */
export function liveControls(asOf: string): JSX.Element {
  return h(
    'div',
    { class: 'live' },
    h('span', { 'data-live': 'age' }, 'As of ', clockTime(asOf)),
    h('button', { type: 'button', id: 'pause', hidden: true, 'aria-pressed': 'false' }, 'Pause'),
    h('p', { id: 'announcement', class: 'hidden', role: 'status', 'aria-live': 'polite' }),
    h('p', { id: 'lost', class: 'lost', role: 'alert', hidden: true }),
  );
}
