/** One claim that takes more counts, or more time, than `npm test` has. */
export interface Proof {
  readonly name: string;
  readonly claim: string;
  readonly command: readonly [string, ...string[]];
  readonly timeoutMs: number;
}

const MINUTE_MS = 60_000;

function testFile(name: string, claim: string, file: string, minutes = 15): Proof {
  return { name, claim, command: ['node', '--test', file], timeoutMs: minutes * MINUTE_MS };
}

function bench(name: string, claim: string, file: string, minutes: number): Proof {
  return { name, claim, command: ['node', file], timeoutMs: minutes * MINUTE_MS };
}

/** Everything that `npm run prove` proves, in order. */
export const proofs: readonly Proof[] = [
  testFile(
    'changes-cross-processes',
    'of 1,000 changes all reach two processes at 70 % load, 99 % within 100 ms',
    'src/adapters/sqlite/state-across-processes.test.ts',
  ),
  testFile(
    'stopped-lock-holder',
    'no event loop waits for a lock whose holder is stopped',
    'src/adapters/sqlite/stopped-lock-holder.test.ts',
  ),
  testFile(
    'killed-store-writers',
    'kill -9 of 200 writers loses nothing acknowledged',
    'src/adapters/sqlite/killed-writers.test.ts',
  ),
  testFile(
    'state-model',
    '30,000 random operations do what a Map would do',
    'src/adapters/sqlite/state-model.test.ts',
  ),
  testFile(
    'durable-stores',
    '500 acknowledgements each come after the sync that covers them',
    'src/adapters/sqlite/durability.test.ts',
  ),
  testFile(
    'mutated-manifests',
    '20,000 mutated manifests give a Model or problems with places that exist, never a crash',
    'src/manifest/mutations.test.ts',
  ),
  testFile(
    'write-log-recovery',
    'a write log cut at every byte of its last record gives back all that was acknowledged',
    'src/adapters/log/log-recovery.test.ts',
  ),
  testFile(
    'write-queue-model',
    'random claims, delays and dead letters do what a model in memory does',
    'src/adapters/log/queue-model.test.ts',
  ),
  testFile(
    'durable-writes',
    'a trace shows each write acknowledged after the sync that covers it, and would show it if not',
    'tests/simulation/write-log-durability.test.ts',
  ),
  testFile(
    'killed-queueing-workers',
    'workers killed 20 times at each of eight stages of a queued write, and its database with ' +
      'them, lose and double no gift of a real service',
    'tests/end-to-end/ledger-kills/ledger-kills.test.ts',
    45,
  ),
  testFile(
    'gifts-through-a-lost-database',
    'gifts kept while database and workers are killed 25 times are there once and in order',
    'tests/end-to-end/queued-gifts/queued-gifts.test.ts',
    40,
  ),
  bench(
    'queued-writes',
    'with 256 waiting the log of queued writes makes durable half of what a bare append and ' +
      'fdatasync does, by the median of rounds',
    'bench/queued-writes.ts',
    5,
  ),
  testFile(
    'killed-write-log',
    'kill -9 of appenders and drainers at random points loses no acknowledged write',
    'tests/simulation/write-log-kills.test.ts',
  ),
  testFile(
    'mutated-requests',
    '1,000,000 mutated requests reach a service whole, once and in order, or not at all',
    'tests/simulation/requests-fuzz.test.ts',
    60,
  ),
  testFile(
    'changed-configurations',
    '200 configurations under load in HTTP/1.1 and HTTP/2 fail no request',
    'tests/conformance/data-plane/reload-under-load.test.ts',
  ),
  testFile(
    'simulated-gateway',
    'random faults, loads and clocks never leak a permit or put core behind sheddable',
    'tests/simulation/gateway/gateway.test.ts',
    30,
  ),
  testFile(
    'simulated-whole-gateway',
    '150 lives of a whole gateway keep every write once and in order, and core on its rungs',
    'tests/simulation/gateway/whole-gateway.test.ts',
    30,
  ),
  testFile(
    'simulated-overload',
    'services of any capacity give it to core at five times as much, followed down and up',
    'tests/simulation/gateway/overload.test.ts',
    30,
  ),
  testFile(
    'supervisor-schedules',
    'random schedules of failures never leave a service with too few or too many instances',
    'tests/simulation/supervisor.test.ts',
  ),
  testFile(
    'supervisor-processes',
    'real instances are replaced, drained and backed off as declared',
    'tests/end-to-end/supervisor.test.ts',
  ),
  testFile(
    'supervisor-adoption',
    'a supervisor killed -9 at any point is followed by one that goes on where it stood',
    'tests/end-to-end/supervisor-adoption.test.ts',
  ),
  testFile(
    'postgres-kills',
    'PostgreSQL killed -9 comes back with every committed row',
    'tests/end-to-end/postgres-resource.test.ts',
  ),
  testFile(
    'replication-kills',
    'a promotion or copy killed -9 at 40 random points is carried on, one server takes writes',
    'tests/end-to-end/killed-replication.test.ts',
  ),
  testFile(
    'lost-servers',
    'replica killed, primary wrecked, promoted, reseeded, ten times under load: ' +
      'nothing acknowledged is lost with sync',
    'tests/end-to-end/lost-servers.test.ts',
  ),
  testFile(
    'campaign-failover',
    'both servers of donations lost in turn, six times under load, links off and on: ' +
      'no read fails, no gift is lost or double',
    'tests/end-to-end/campaign-failover/campaign-failover.test.ts',
  ),
  testFile(
    'faults',
    'replicas, primaries, both, caches and the disk of the writes lost, alone and one after the ' +
      'other: core features answer as declared, and no gift or call is lost or double',
    'tests/end-to-end/faults/faults.test.ts',
    30,
  ),
  testFile(
    'campaign-start',
    'the whole campaign takes gifts and serves its pages within 40 s from nothing, 12 s again',
    'tests/end-to-end/campaign-start.test.ts',
  ),
  testFile(
    'plain-heads',
    'ten million mutated requests are read as the parser of Node reads them, or handed to it',
    'tests/simulation/plain-head.test.ts',
    60,
  ),
  testFile(
    'spike',
    '148,000 requests in a minute on a cold cache ask once for each object and worker; ' +
      'the service dies, and none fails',
    'tests/end-to-end/spike.test.ts',
  ),
  testFile(
    'instance-kills',
    'no GET whose answer had not begun fails when an instance is killed -9 under load',
    'tests/end-to-end/kill-an-instance.test.ts',
  ),
  testFile(
    'kills',
    '20 kills each of controller, keeper, instance and worker cost what is promised',
    'tests/end-to-end/kills/kills.test.ts',
    45,
  ),
  testFile(
    'backup-and-restore',
    'a backup under load restores all that was acknowledged; 40 kills leave nothing half',
    'tests/end-to-end/backup.test.ts',
    30,
  ),
  testFile(
    'copied-write-log',
    '300 copies of a write log that is drained hold every write not settled',
    'src/adapters/log/link-writes.test.ts',
  ),
  testFile(
    'links',
    '20 kills of the links cut their connections alone; ' +
      'switched on and off under load nothing fails',
    'tests/end-to-end/links.test.ts',
  ),
  testFile(
    'upgrade',
    'ten upgrades to another Turnout and back under load fail no request',
    'tests/end-to-end/upgrade/upgrade.test.ts',
    30,
  ),
  testFile(
    'bans',
    'of 1,000 changes of the ban list at 70 % load 99 % are in force on every worker within ' +
      '100 ms; 60,000 in one call survive two kills of the controller',
    'tests/end-to-end/bans.test.ts',
  ),
  testFile(
    'frontend-switches',
    'of 500 publishes and 500 rollbacks at 70 % load 99 % are served by every worker within 100 ms',
    'tests/end-to-end/frontend-switches.test.ts',
  ),
  testFile(
    'flags',
    'of 500 edits of flags.yaml and 500 changes by hand at 70 % load 99 % are in force on every ' +
      'worker within 100 ms',
    'tests/end-to-end/flag-changes.test.ts',
  ),
  bench('flag-cost', 'a switch costs a request less than 0.3 us', 'bench/flags.ts', 5),
  bench('ban-cost', 'a million bans cost a request no more than 10 % over ten', 'bench/bans.ts', 5),
  bench('link-cost', 'a link has 0.8 of a bare pump, by speed and by CPU', 'bench/links.ts', 5),
  bench(
    'peers',
    'proxied 0.6 of nginx and 1.7 of Caddy, static 0.7 of nginx',
    'bench/peers.ts',
    10,
  ),
  {
    name: 'overload',
    claim: 'at five times as much core keeps 0.9 of what it gets alone, sheddable at most 0.01',
    command: ['node', 'bench/overload.ts', '1', '40', 'docs/proof/overload.svg'],
    timeoutMs: 5 * MINUTE_MS,
  },
  {
    name: 'overload-of-two-workers',
    claim: 'the same where two workers share the service',
    command: ['node', 'bench/overload.ts', '2', '40'],
    timeoutMs: 5 * MINUTE_MS,
  },
  bench(
    'circuit-cost',
    'breakers, bulkhead and timeout cost a call at most 0.5 us, and half of opossum and cockatiel',
    'bench/circuits.ts',
    5,
  ),
  bench(
    'degradation-cost',
    'a request whose feature is well pays less than 2 us for all that is there in case it fails',
    'bench/degradation.ts',
    5,
  ),
  bench('shed-cost', 'leave to ask a service costs no more than 0.3 µs', 'bench/shed.ts', 5),
  bench('soak', 'memory of a worker grows under 2 % in ten minutes', 'bench/soak.ts', 20),
];
