import { h, type JSX } from 'preact';
import type { StatusNote } from '../../contract/status.ts';
import { mark } from './marks.ts';
import { section } from './page.ts';
import { clockTime, withCode } from './words.ts';

const noteTone = { alert: 'bad', warning: 'warn', note: 'idle' } as const;

/** What operators have to know now, each with what to do about it. */
export function noteList(all: readonly StatusNote[]): JSX.Element {
  return section('notes', 'To know now', h('ul', { class: 'notes' }, all.map(noteItem)));
}

function noteItem(note: StatusNote): JSX.Element {
  const tone = noteTone[note.severity];
  return h(
    'li',
    { class: tone },
    mark(tone),
    h(
      'div',
      null,
      h('p', { class: 'message' }, h('strong', null, note.message)),
      note.remedy === null ? null : h('p', null, withCode(note.remedy)),
      h(
        'p',
        { class: 'quiet' },
        `${note.severity} `,
        h('code', null, note.code),
        ' since ',
        clockTime(note.since),
      ),
    ),
  );
}
