import { h, type ComponentChildren, type JSX } from 'preact';
import type { FlagStatus } from '../../contract/flag-status.ts';
import type { FlagValue } from '../../contract/flags.ts';
import type { SiteStatus } from '../../contract/status.ts';
import { liveControls } from './live-controls.ts';
import { mark } from './marks.ts';
import { noteList } from './note-list.ts';
import { renderPage, section, table } from './page.ts';
import { featurePath } from './paths.ts';
import { count, dayTime, withCode } from './words.ts';

const LONGEST_VALUE = 400;

/**
 * Every switch and value in force, where it comes from and what it goes back to. What somebody
 * changed comes first: on a bad day the question is what is not as usual.
 */
export function renderFlags(status: SiteStatus, flags: readonly FlagStatus[]): string {
  const { site, environment, asOf, notes } = status;
  const about = notes.filter(({ code }) => code === 'flags-refused');
  const unusual = flags.filter(isUnusual);
  const usual = flags.filter((flag) => !isUnusual(flag));
  const own = usual.filter(({ kind }) => kind === 'flag');
  const switches = usual.filter(({ kind }) => kind === 'switch');
  const sentence = sentenceOf(unusual.length);
  return renderPage({ title: `Flags: ${sentence}`, site, environment, section: 'flags' }, [
    liveControls(asOf),
    h(
      'div',
      { 'data-live': 'flags', 'data-live-from': '/api/status /api/flags' },
      h(
        'div',
        { class: 'opening' },
        h('h1', { 'data-announce': sentence }, sentence),
        h('p', { class: 'lead' }, withCode(howTo)),
      ),
      about.length === 0 ? null : noteList(about),
      unusual.length === 0 ? null : section('unusual', 'Not as usual', rows('unusual', unusual)),
      own.length === 0 ? null : section('values', 'Values and flags', rows('values', own)),
      switches.length === 0
        ? null
        : section('switches', 'Switches of features', rows('switches', switches)),
    ),
  ]);
}

const howTo =
  'Each value as it is in force now. `turnout flags set NAME VALUE --for 2h --why TEXT` changes ' +
  'one at once, `turnout flags unset NAME` takes that back; what is written stands in flags.yaml.';

function sentenceOf(unusual: number): string {
  if (unusual === 0) return 'Every flag is as usual';
  return `${count(unusual, 'flag')} ${unusual === 1 ? 'is' : 'are'} not as usual`;
}

/** Set by hand, or a feature that is not plainly on. */
function isUnusual({ kind, from, value, targeted }: FlagStatus): boolean {
  if (from === 'hand') return true;
  return kind === 'switch' && (targeted || !isOn(value));
}

/** A switch without a value leaves its feature on. */
function isOn(value: FlagValue | null): boolean {
  return value === null || value === true || value === 'on';
}

/** Only what is not as usual can end, or go back to something else. */
function rows(which: 'unusual' | 'values' | 'switches', flags: readonly FlagStatus[]): JSX.Element {
  const canEnd = which === 'unusual';
  const ends = canEnd ? ['Until', 'Goes back to'] : [];
  const heads = ['Name', 'In force', 'From', 'Since', 'By', ...ends, 'Why'];
  const cells = flags.map((flag) => [
    nameOf(flag),
    valueCell(flag),
    fromWords(flag),
    flag.since === null ? '–' : dayTime(flag.since),
    flag.who ?? '–',
    ...(canEnd ? endCells(flag) : []),
    flag.why === null ? '–' : prose(flag.why),
  ]);
  return table(`Flags, ${which}`, heads, cells);
}

function endCells({ from, expires, default: before }: FlagStatus): ComponentChildren[] {
  const end = expires === null ? '–' : dayTime(expires);
  return [end, from === 'hand' ? prose(words(before)) : '–'];
}

/** Text that wraps, and has room to where it is long. */
function prose(text: string): JSX.Element {
  return h('p', { class: text.length > 60 ? 'value long' : 'value' }, text);
}

function nameOf({ name, kind }: FlagStatus): JSX.Element {
  const text = h('code', null, name);
  return kind === 'switch' ? h('a', { href: featurePath(name) }, text) : text;
}

function valueCell({ kind, value, targeted }: FlagStatus): ComponentChildren {
  const rule = targeted ? h('p', { class: 'quiet' }, 'others by a rule') : null;
  if (kind === 'flag') return [prose(words(value)), rule];
  const tone = isOn(value) ? 'good' : value === 'closed' || value === false ? 'bad' : 'warn';
  return [h('span', { class: `state ${tone}` }, mark(tone), words(value)), rule];
}

function fromWords({ from }: FlagStatus): string {
  return from === 'hand' ? 'set by hand' : from;
}

/** Where there is none, the code that asks has its own. */
function words(value: FlagValue | null): string {
  if (value === null) return 'as in the code';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE - 1)}…` : text;
}
