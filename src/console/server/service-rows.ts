import { h, type JSX } from 'preact';
import type {
  InstanceStatus,
  NeedStatus,
  ServiceStatus,
  SiteStatus,
} from '../../contract/status.ts';
import { mark, stateLabel, toneOf } from './marks.ts';
import { table } from './page.ts';
import { servicePath } from './paths.ts';
import { clockTime, count, elapsed, shortDigest } from './words.ts';

/** Above this many, shapes say less than the number beside them. */
const mostMarks = 24;

/** A line a service that opens to its instances; those in trouble come first and are open. */
export function serviceRows(status: SiteStatus): JSX.Element {
  if (status.services.length === 0) return h('p', { class: 'quiet' }, 'This site has no services.');
  const rank = { down: 0, degraded: 1, starting: 2, up: 3 };
  const services = status.services.toSorted((a, b) => rank[a.state] - rank[b.state]);
  return h(
    'div',
    { class: 'services' },
    services.map((service) => serviceRow(service, status.asOf)),
  );
}

function serviceRow(service: ServiceStatus, asOf: string): JSX.Element {
  const tone = toneOf(service.state);
  const troubled = tone === 'bad' || tone === 'warn';
  return h(
    'details',
    { id: `service-${service.service}`, class: tone, open: troubled },
    h(
      'summary',
      null,
      mark(tone),
      h('span', { class: 'name' }, service.service),
      h('span', { class: 'quiet' }, service.state),
      h('span', { class: 'marks' }, instanceMarks(service)),
      h('span', { class: 'amount' }, amount(service)),
      h('span', { class: 'release' }, service.release === null ? '' : shortDigest(service.release)),
    ),
    h(
      'div',
      { class: 'inside' },
      service.kind === 'at' ? origins(service) : instances(service, asOf),
      service.instances.map(lastFailure),
      service.needs.length === 0 ? null : needs(service.needs),
      h(
        'p',
        null,
        h('a', { href: servicePath(service.service) }, `${service.service} in the catalog`),
      ),
    ),
  );
}

function instanceMarks(service: ServiceStatus): readonly JSX.Element[] {
  if (service.instances.length > mostMarks) return [];
  return service.instances.map((instance) => mark(toneOf(instance.state)));
}

function amount(service: ServiceStatus): string {
  if (service.kind === 'at')
    return service.origins.length === 1 ? '1 address' : `${service.origins.length} addresses`;
  return `${service.healthy} of ${count(service.desired, 'instance')}`;
}

function origins(service: ServiceStatus): JSX.Element {
  return h(
    'p',
    null,
    'Not run by Turnout; it stands at ',
    service.origins.map((origin, i) => [i === 0 ? '' : ', ', h('code', null, origin)]),
    '.',
  );
}

function instances(service: ServiceStatus, asOf: string): JSX.Element {
  if (service.instances.length === 0) return h('p', { class: 'quiet' }, 'No instance runs.');
  return table(
    `Instances of ${service.service}`,
    ['Instance', 'State', 'Address', 'Pid', 'Release', 'Up for', 'Replaced'],
    service.instances.map((instance) => [
      h('code', null, instance.id),
      stateLabel(instance.state),
      h('code', null, instance.address),
      String(instance.pid),
      shortDigest(instance.release),
      elapsed(asOf, instance.uptimeMs),
      instance.restarts === 0 ? 'never' : count(instance.restarts, 'time'),
    ]),
  );
}

/** The lines may be wide: they have a place of their own below the table. */
function lastFailure({ id, lastFailure: failure }: InstanceStatus): JSX.Element | null {
  if (failure === null) return null;
  return h(
    'div',
    { class: 'failure' },
    h('p', null, h('code', null, id), ` ${failure.reason}, at `, clockTime(failure.at)),
    failure.lastLines.length === 0 ? null : h('pre', null, failure.lastLines.join('\n')),
  );
}

function needs(all: readonly NeedStatus[]): JSX.Element {
  return h(
    'ul',
    { class: 'needs' },
    all.map((need) =>
      h(
        'li',
        null,
        mark(toneOf(need.state)),
        h(
          'span',
          null,
          'needs ',
          h('code', null, need.need),
          ` (${need.kind} `,
          h('code', null, need.target),
          ')',
        ),
        h('span', { class: 'quiet' }, need.state),
      ),
    ),
  );
}
