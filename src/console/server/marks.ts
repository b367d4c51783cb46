import { h, type JSX } from 'preact';

/**
 * How a state is shown: each tone has a colour and a shape of its own, so that neither is needed
 * alone.
 */
export type Tone = 'good' | 'busy' | 'warn' | 'bad' | 'idle';

const tones: Readonly<Record<string, Tone>> = {
  up: 'good',
  ready: 'good',
  running: 'good',
  starting: 'busy',
  draining: 'busy',
  stopping: 'busy',
  degraded: 'warn',
  sick: 'bad',
  down: 'bad',
  dead: 'bad',
};

/** The tone of a state of contract/status.ts; whatever nobody judges is `idle`. */
export function toneOf(state: string): Tone {
  return tones[state] ?? 'idle';
}

/** Drawn in a box of 12 by 12. */
const shapes: Readonly<Record<Tone, JSX.Element>> = {
  good: h('circle', { cx: 6, cy: 6, r: 4.5 }),
  busy: h('path', { d: 'M6 1.5a4.5 4.5 0 0 1 0 9z M6 1.5a4.5 4.5 0 1 0 0 9', class: 'half' }),
  warn: h('path', { d: 'M6 1.2 11.2 10.6H.8z' }),
  bad: h('path', { d: 'M6 .6 11.4 6 6 11.4.6 6z' }),
  idle: h('circle', { cx: 6, cy: 6, r: 3.8, class: 'hollow' }),
};

/** The shape alone; the words beside it say the state to those who do not see it. */
export function mark(tone: Tone): JSX.Element {
  return h(
    'svg',
    { class: `mark ${tone}`, viewBox: '0 0 12 12', width: 12, height: 12, 'aria-hidden': 'true' },
    shapes[tone],
  );
}

/** Shape and word: `● up`. */
export function stateLabel(state: string): JSX.Element {
  const tone = toneOf(state);
  return h('span', { class: `state ${tone}` }, mark(tone), state);
}

/** `core`, `important` or `sheddable`, as a small label. */
export function tierLabel(tier: string): JSX.Element {
  return h('span', { class: `tier ${tier}` }, tier);
}
