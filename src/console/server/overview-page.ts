import { h, type JSX } from 'preact';
import type { MemberStatus, ResourceStatus, SiteStatus } from '../../contract/status.ts';
import { featuresByTier } from './features-by-tier.ts';
import { liveControls } from './live-controls.ts';
import { mark, stateLabel } from './marks.ts';
import { noteList } from './note-list.ts';
import { renderPage, section, table } from './page.ts';
import { serviceRows } from './service-rows.ts';
import { verdictOf, type Verdict } from './verdict.ts';
import { elapsed, shortDigest } from './words.ts';

/** The page operators keep open: what stands, what does not, and what to do about it. */
export function renderOverview(status: SiteStatus): string {
  const verdict = verdictOf(status);
  const frame = {
    title: verdict.sentence,
    site: status.site,
    environment: status.environment,
    section: 'overview',
    footer: [
      `Turnout ${status.turnout} · model `,
      shortDigest(status.model),
      ' · ',
      h('a', { href: '/api/status' }, 'status as JSON'),
    ],
  } as const;
  return renderPage(frame, [
    liveControls(status.asOf),
    h(
      'div',
      { 'data-live': 'overview', 'data-live-from': '/api/status' },
      hero(status, verdict),
      status.notes.length === 0 ? null : noteList(status.notes),
      section('features', 'Features', featuresByTier(status.features)),
      section('services', 'Services', serviceRows(status)),
      status.resources.length === 0 ? null : resources(status),
      status.frontends.length === 0 ? null : frontends(status),
      processes(status),
    ),
  ]);
}

function hero(status: SiteStatus, verdict: Verdict): JSX.Element {
  const up = status.services.filter((service) => service.state === 'up').length;
  const run = status.services.filter((service) => service.kind === 'run');
  const healthy = run.reduce((sum, service) => sum + service.healthy, 0);
  const desired = run.reduce((sum, service) => sum + service.desired, 0);
  const core = status.features.filter((feature) => feature.tier === 'core');
  const coreUp = core.filter((feature) => feature.state === 'up').length;
  return h(
    'div',
    { class: `hero ${verdict.tone}` },
    h('h1', { 'data-announce': verdict.sentence }, mark(verdict.tone), verdict.sentence),
    h(
      'dl',
      { class: 'figures' },
      figure('core features up', coreUp, core.length),
      figure('services up', up, status.services.length),
      figure('instances healthy', healthy, desired),
    ),
    addresses(status),
  );
}

function figure(label: string, now: number, all: number): JSX.Element {
  return h(
    'div',
    now < all ? { class: 'short' } : null,
    h('dt', null, label),
    h('dd', null, String(now), h('span', null, ` of ${all}`)),
  );
}

function addresses({ addresses }: SiteStatus): JSX.Element {
  return h(
    'p',
    { class: 'addresses' },
    addresses.site === null
      ? 'The site is not listening yet.'
      : ['The site is at ', h('a', { href: addresses.site }, addresses.site)],
  );
}

function resources(status: SiteStatus): JSX.Element {
  return section(
    'resources',
    'Resources',
    table(
      'Resources',
      ['Resource', 'Kind', 'State', 'Address'],
      status.resources.map((resource) => [
        resource.name,
        resource.kind,
        [
          stateLabel(resource.state),
          resource.reason === null ? null : h('p', { class: 'reason' }, resource.reason),
          resource.durability === null ? null : h('p', null, durabilityText(resource.durability)),
          resource.members.length < 2 ? null : h('ul', null, resource.members.map(memberItem)),
        ],
        resource.address === null ? '–' : h('code', null, resource.address),
      ]),
    ),
  );
}

function durabilityText(durability: NonNullable<ResourceStatus['durability']>): string {
  if (durability === 'lost') return 'redundancy lost';
  return durability === 'pending' ? 'sync, once a replica follows' : durability;
}

function memberItem({ name, role, state, lagBytes }: MemberStatus): JSX.Element {
  const lag = lagBytes === null ? '' : `, ${lagBytes} bytes behind`;
  return h('li', { key: name }, `${name}: ${role}, ${state}${lag}`);
}

function frontends(status: SiteStatus): JSX.Element {
  return section(
    'frontends',
    'Frontends',
    table(
      'Frontends',
      ['Frontend', 'At', 'Release'],
      status.frontends.map(({ frontend, prefix, release }) => [
        frontend,
        h('code', null, prefix),
        release === null ? 'not published yet' : shortDigest(release),
      ]),
    ),
  );
}

function processes(status: SiteStatus): JSX.Element {
  return section(
    'processes',
    'Turnout itself',
    table(
      'Processes of Turnout',
      ['Process', 'State', 'Pid', 'Up for', 'Restarts'],
      status.processes.map((process) => [
        process.id,
        stateLabel(process.state),
        String(process.pid),
        elapsed(status.asOf, process.uptimeMs),
        String(process.restarts),
      ]),
    ),
  );
}
