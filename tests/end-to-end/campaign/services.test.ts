import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { copySite, type TestSite } from '../../support/site-harness.ts';
import { Visitor, wrongFields } from './visitor.ts';

let site: TestSite;
let origin: string;
/** Somebody on the inside, where internal features are served too. */
let insider: Visitor;
let visitor: Visitor;

before(async () => {
  site = await copySite('examples/campaign');
  // A minute is too long to wait for a partner to be asked again.
  const partners = 'services/partners/service.yaml';
  await site.write(
    partners,
    site.read(partners).replace('FRESH_SECONDS: "60"', 'FRESH_SECONDS: "0"'),
  );
  await site.up();
  origin = await site.origin();
  const { addresses } = await site.status();
  assert.ok(addresses.internal !== null);
  insider = new Visitor(addresses.internal);
  visitor = new Visitor(origin);
});

after(() => site?.close());

interface Event {
  readonly id: string;
  readonly county: string;
  readonly kind: string;
  readonly startsAt: string;
  readonly placesLeft: number;
}

async function findEvents(query = ''): Promise<readonly Event[]> {
  const { status, body } = await visitor.get(`/api/events${query}`);
  assert.equal(status, 200);
  return (body as { events: Event[] }).events;
}

/** An event with so many places left at least and at most, from all pages. */
async function eventWithPlaces(least: number, most: number): Promise<Event> {
  for (let page = 1; page < 10; page++) {
    const events = await findEvents(`?page=${page}`);
    const found = events.find(({ placesLeft: left }) => left >= least && left <= most);
    if (found !== undefined) return found;
  }
  throw new Error(`no event has ${least} to ${most} places left`);
}

async function signedIn(name: string): Promise<Visitor> {
  const volunteer = new Visitor(origin);
  assert.equal((await volunteer.signIn(`${name}@marlowe.example`)).status, 200);
  return volunteer;
}

test('events are listed soonest first, and by county and kind', async () => {
  const all = await findEvents();
  assert.equal(all.length, 20);
  const starts = all.map(({ startsAt }) => startsAt);
  assert.deepEqual(starts, starts.toSorted());
  const some = await findEvents(`?county=${all[3]?.county}&kind=${all[3]?.kind}`);
  assert.ok(some.some(({ id }) => id === all[3]?.id));
  assert.ok(some.every(({ county, kind }) => county === all[3]?.county && kind === all[3].kind));
  const wrong = await visitor.get('/api/events?county=atlantis&date=tomorrow');
  assert.equal(wrong.status, 422);
  assert.deepEqual(wrongFields(wrong), ['county', 'date']);
});

test('a supporter signs up once, however often the button is pressed, and cancels', async () => {
  const event = await eventWithPlaces(10, 1_000);
  const who = { name: 'Ada Abara', email: 'ada@example.org' };
  const path = `/api/events/${event.id}/sign-ups`;
  const key = randomUUID();
  const answers = await Promise.all([1, 2, 3].map(() => visitor.post(path, who, key)));
  assert.deepEqual(
    answers.map(({ status }) => status),
    [201, 201, 201],
  );
  const ids = new Set(answers.map(({ body }) => (body as { id: string }).id));
  assert.equal(ids.size, 1);
  const [id] = ids;
  const again = await visitor.post(path, who);
  assert.equal(again.status, 409);
  assert.equal((again.body as { code: string }).code, 'already-signed-up');
  assert.equal((await visitor.get(`/api/sign-ups/${id}`)).status, 200);
  assert.equal((await visitor.remove(`/api/sign-ups/${id}`)).status, 204);
  assert.equal((await visitor.remove(`/api/sign-ups/${id}`)).status, 204);
  assert.equal((await visitor.get(`/api/sign-ups/${id}`)).status, 404);
  assert.equal((await visitor.post(path, who)).status, 201);
});

test('the last places of an event are given once each', async () => {
  const event = await eventWithPlaces(1, 9);
  const answers = await Promise.all(
    Array.from({ length: event.placesLeft + 4 }, (_, n) =>
      visitor.post(`/api/events/${event.id}/sign-ups`, {
        name: 'Bruno Silva',
        email: `bruno.${n}@example.org`,
      }),
    ),
  );
  const full = answers.filter(({ status }) => status === 409);
  assert.equal(answers.filter(({ status }) => status === 201).length, event.placesLeft);
  assert.deepEqual(
    full.map(({ body }) => (body as { code: string }).code),
    ['full', 'full', 'full', 'full'],
  );
});

test('a volunteer signs in, is known, and signs out', async () => {
  const lena = new Visitor(origin);
  assert.equal((await lena.signIn('lena@marlowe.example', 'wrong-password')).status, 401);
  assert.equal((await lena.signIn('nobody@marlowe.example')).status, 401);
  assert.deepEqual((await lena.get('/api/session')).body, { volunteer: null });
  assert.equal((await lena.signIn('Lena@marlowe.example')).status, 200);
  const { volunteer } = (await lena.get('/api/session')).body as { volunteer: { name: string } };
  assert.equal(volunteer.name, 'Lena Whitfield');
  assert.equal((await lena.remove('/api/session')).status, 204);
  assert.deepEqual((await lena.get('/api/session')).body, { volunteer: null });
});

test('an account takes ten wrong passwords, some at once, and no eleventh', async () => {
  const guesser = new Visitor(origin);
  const statuses: number[] = [];
  for (let batch = 0; batch < 4; batch++) {
    const guesses = [1, 2, 3, 4].map((n) =>
      guesser.signIn('omar@marlowe.example', `guess-${batch}-${n}`),
    );
    statuses.push(...(await Promise.all(guesses)).map(({ status }) => status));
  }
  const expected = [
    ...Array.from({ length: 10 }, () => 401),
    ...Array.from({ length: 6 }, () => 429),
  ];
  assert.deepEqual(statuses.toSorted(), expected);
  const right = await guesser.signIn('omar@marlowe.example');
  assert.equal(right.status, 429);
  assert.ok(Number(right.headers.get('retry-after')) > 0);
  await signedIn('grace');
});

test('a changed password is the only one, and no older session can change it', async () => {
  const samir = await signedIn('samir');
  const window = samir.twin();
  const next = 'a phrase that is long enough';
  const short = await samir.post('/api/password', { current: 'every-vote-counts', next: 'short' });
  assert.deepEqual(wrongFields(short), ['next']);
  const wrong = await samir.post('/api/password', { current: 'not-this-one', next });
  assert.deepEqual(wrongFields(wrong), ['current']);
  const right = await samir.post('/api/password', { current: 'every-vote-counts', next });
  assert.equal(right.status, 204);
  const other = { current: next, next: 'and another long enough' };
  assert.equal((await window.post('/api/password', other)).status, 401);
  const fresh = new Visitor(origin);
  assert.equal((await fresh.signIn('samir@marlowe.example')).status, 401);
  assert.equal((await fresh.signIn('samir@marlowe.example', next)).status, 200);
  assert.equal((await samir.post('/api/password', other)).status, 204);
});

test('of two password changes at once one is made', async () => {
  const current = 'and another long enough';
  const samir = new Visitor(origin);
  assert.equal((await samir.signIn('samir@marlowe.example', current)).status, 200);
  const change = { current, next: 'only one of these two' };
  const twins = [samir.twin(), samir.twin()].map((twin) => twin.post('/api/password', change));
  const answers = await Promise.all(twins);
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [204, 401]);
});

interface Claim {
  readonly id: string;
  readonly person: { readonly name: string; readonly phone: string };
}

async function claimNext(volunteer: Visitor): Promise<Claim> {
  const { status, body } = await volunteer.post('/api/calls/claims');
  assert.equal(status, 201, JSON.stringify(body));
  return (body as { claim: Claim }).claim;
}

test('whom to call is for volunteers who are signed in', async () => {
  assert.equal((await visitor.post('/api/calls/claims')).status, 401);
  assert.equal((await visitor.get('/api/calls/mine')).status, 401);
});

test('no two volunteers are given one person; each keeps theirs till handed back', async () => {
  const volunteers = await Promise.all([signedIn('grace'), signedIn('lena')]);
  const claims = await Promise.all(volunteers.map(claimNext));
  assert.equal(new Set(claims.map(({ id }) => id)).size, 2);
  const [grace] = volunteers;
  const [held] = claims;
  assert.ok(grace !== undefined && held !== undefined);
  assert.deepEqual(await claimNext(grace.twin()), held);
  assert.equal((await grace.remove(`/api/calls/claims/${held.id}`)).status, 204);
  assert.notEqual((await claimNext(grace)).id, held.id);
});

test('the outcome of a call is taken once, and without a session', async () => {
  const grace = await signedIn('grace');
  const { id: claim } = await claimNext(grace);
  const mine = async () =>
    ((await grace.get('/api/calls/mine')).body as { ever: { calls: number } }).ever.calls;
  const before = await mine();
  const key = randomUUID();
  const call = { claim, outcome: 'supports', note: 'Will bring her sister.' };
  const first = await visitor.post('/api/calls', call, key);
  assert.equal(first.status, 201);
  assert.deepEqual((await visitor.post('/api/calls', call, key)).body, first.body);
  assert.deepEqual((await visitor.post('/api/calls', call)).body, first.body);
  assert.equal((await visitor.post('/api/calls', { ...call, outcome: 'opposes' })).status, 422);
  const unknown = await visitor.post('/api/calls', { ...call, claim: randomUUID() });
  assert.equal(unknown.status, 404);
  await eventually('the replica has the call too', async () => (await mine()) === before + 1);
});

test('volunteers who are signed in go on calling while identity hangs', async () => {
  const grace = await signedIn('grace');
  const { services } = await site.status();
  const identity = services.find(({ service }) => service === 'identity');
  const pids = identity?.instances.map(({ pid }) => pid) ?? [];
  assert.ok(pids.length > 0);
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  const { id: claim } = await claimNext(grace);
  assert.equal((await grace.post('/api/calls', { claim, outcome: 'no-answer' })).status, 201);
  for (const pid of pids) process.kill(pid, 'SIGCONT');
});

test('what shows names and addresses is served on the inside alone', async () => {
  const gift = { amount: 4200, currency: 'USD', name: 'Carmen Garza', email: 'carmen@example.org' };
  const given = await visitor.post('/api/donations', gift);
  assert.equal(given.status, 201);
  assert.equal((await visitor.get('/internal/donations/recent')).status, 404);
  const { status, body } = await insider.get('/internal/donations/recent?limit=5');
  assert.equal(status, 200);
  const { donations } = body as { donations: { id: string; name: string }[] };
  const { id } = given.body as { id: string };
  assert.equal(donations.find((donation) => donation.id === id)?.name, 'Carmen Garza');
  assert.match((await insider.get('/internal/admin')).body as string, /Carmen Garza/);
});

test('the receipts job leaves no gift without one', async () => {
  const newest = async () => {
    const { body } = await insider.get('/internal/donations/recent?limit=1');
    return (body as { donations: { receiptSentAt: string | null }[] }).donations[0];
  };
  const { code, stdout, stderr } = await site.run('job', 'run', 'donations.receipts', '--wait');
  assert.equal(code, 0, stdout + stderr);
  await eventually('the replica knows of the receipt', async () => {
    return (await newest())?.receiptSentAt !== null;
  });
});

test('polling places are shown while the partner fails, and said to be old', async () => {
  const lookUp = (zip: string) => visitor.get(`/api/polling-places?zip=${zip}`);
  const behave = (mode: string) => insider.post('/sandbox/behaviour', { mode, for: '5m' });
  assert.deepEqual(wrongFields(await lookUp('12')), ['zip']);
  const well = await lookUp('57801');
  assert.equal(well.status, 200);
  const { places, fresh } = well.body as { places: { name: string }[]; fresh: boolean };
  assert.equal(fresh, true);
  assert.ok(places.length >= 2 && places[0]?.name.startsWith('Ashby '));
  for (const mode of ['error', 'garbage', 'hang']) {
    assert.equal((await behave(mode)).status, 200);
    const kept = (await lookUp('57801')).body as { places: unknown; fresh: boolean };
    assert.deepEqual(kept.places, places, mode);
    assert.equal(kept.fresh, false, mode);
    assert.equal((await lookUp('57802')).status, 503, mode);
  }
  assert.equal((await behave('well')).status, 200);
  await eventually('the partner is asked again', async () => {
    return ((await lookUp('57801')).body as { fresh: boolean }).fresh;
  });
  // From outside there is but a page's 404 for reading, and nothing that takes a POST.
  assert.equal((await visitor.get('/sandbox/behaviour')).status, 404);
  assert.equal((await visitor.post('/sandbox/behaviour', { mode: 'hang' })).status, 405);
  const { body } = await insider.get('/sandbox/behaviour');
  assert.deepEqual(body, { mode: 'well', until: null });
});

test('the goal is raised in flags.yaml while the site runs; no instance is replaced', async () => {
  const before = (await site.status()).services.flatMap(({ instances }) => instances);
  const flags = site.read('flags.yaml');
  await site.write('flags.yaml', flags.replace('defaultVariant: first', 'defaultVariant: second'));
  await eventually('the new goal is shown', async () => {
    const { body } = await visitor.get('/api/donations/total');
    return (body as { goalCents: number }).goalCents === 75_000_000;
  });
  const after = (await site.status()).services.flatMap(({ instances }) => instances);
  assert.deepEqual(
    after.map(({ id }) => id),
    before.map(({ id }) => id),
  );
});
