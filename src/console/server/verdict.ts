import type { SiteStatus } from '../../contract/status.ts';
import type { Tone } from './marks.ts';
import { namesInWords } from './words.ts';

/** The whole status in one sentence, gravest thing first. */
export interface Verdict {
  readonly tone: Tone;
  readonly sentence: string;
}

const resourceKinds = { postgres: 'The PostgreSQL server' } as const;

export function verdictOf(status: SiteStatus): Verdict {
  const features = (state: string): readonly string[] =>
    status.features.filter((each) => each.state === state).map((each) => each.feature);
  const services = (state: string): readonly string[] =>
    status.services.filter((each) => each.state === state).map((each) => each.service);
  const resources = status.resources.filter((each) => each.state === 'down');
  const alert = status.notes.find((note) => note.severity === 'alert');

  return (
    say('bad', services('down'), 'is down', 'are down') ??
    say('bad', features('down'), 'is down', 'are down') ??
    say(
      'bad',
      resources.map((each) => `${resourceKinds[each.kind]} ${each.name}`),
      'is lost',
      'are lost',
    ) ??
    (alert === undefined ? null : { tone: 'bad', sentence: alert.message }) ??
    say('warn', features('degraded'), 'is degraded', 'are degraded') ??
    say('warn', services('degraded'), 'runs short of instances', 'run short of instances') ??
    say('busy', services('starting'), 'is starting', 'are starting') ?? {
      tone: 'good',
      sentence: 'All is well.',
    }
  );
}

function say(tone: Tone, names: readonly string[], one: string, many: string): Verdict | null {
  if (names.length === 0) return null;
  return { tone, sentence: `${namesInWords(names)} ${names.length === 1 ? one : many}.` };
}
