import assert from 'node:assert/strict';
import net, { BlockList } from 'node:net';
import { test } from 'node:test';
import { count } from '../../tests/support/prove.ts';
import { testSeed } from '../../tests/support/seed.ts';
import { formatAddress, type Network, parseAddress, parseNetwork, prefixMask } from './address.ts';
import { AddressTrie } from './address-trie.ts';

function network(text: string): Network {
  const parsed = parseNetwork(text);
  assert.equal(parsed.kind, 'network', text);
  return (parsed as { network: Network }).network;
}

test('a network that goes leaves those within it and around it', () => {
  const trie = new AddressTrie();
  for (const text of ['10.0.0.0/8', '10.1.0.0/16', '10.1.2.3', '0.0.0.0/0']) {
    assert.ok(trie.add(network(text)));
    assert.ok(!trie.add(network(text)));
  }
  assert.ok(trie.holdsText('192.0.2.1'));
  assert.ok(trie.remove(network('0.0.0.0/0')));
  assert.ok(!trie.holdsText('192.0.2.1'));
  assert.ok(trie.remove(network('10.0.0.0/8')));
  assert.ok(!trie.remove(network('10.0.0.0/8')));
  assert.ok(!trie.holdsText('10.2.0.1'));
  assert.ok(trie.holdsText('10.1.9.9'));
  assert.ok(trie.remove(network('10.1.0.0/16')));
  assert.ok(trie.holdsText('10.1.2.3'));
  assert.ok(!trie.holdsText('10.1.2.4'));
  assert.equal(trie.size, 1);
});

test('IPv4 written as IPv6 is the same address, and IPv6 networks hold no IPv4', () => {
  const trie = new AddressTrie();
  trie.add(network('::ffff:192.0.2.0/120'));
  assert.ok(trie.has(network('192.0.2.0/24')));
  assert.ok(trie.holdsText('::ffff:c000:207'));
  trie.add(network('::/0'));
  assert.ok(!trie.holdsText('192.0.3.1'));
  assert.ok(trie.holdsText('2001:db8::1'));
});

test('what is no address is held by nothing', () => {
  const trie = new AddressTrie();
  trie.add(network('0.0.0.0/0'));
  trie.add(network('::/0'));
  for (const text of [
    '',
    'localhost',
    '1.2.3',
    '01.2.3.4',
    '1.2.3.4 ',
    'fe80::1%eth0',
    '1.2.3.4/8',
  ]) {
    assert.ok(!trie.holdsText(text), text);
  }
});

/** Networks crowded into a small space, so that they overlap, part late and stand alone. */
function crowded(pick: (below: number) => number, isIpv4: boolean): Network {
  const words = isIpv4 ? 1 : 4;
  const bits = pick(words * 32 + 1);
  const address = new Int32Array(words);
  for (let i = 0; i < words; i++) {
    const byte = (): number => (pick(3) === 0 ? pick(256) : pick(3));
    address[i] =
      ((byte() << 24) | (byte() << 16) | (byte() << 8) | byte()) & prefixMask(bits - i * 32);
  }
  // IPv4 in IPv6 is a matter of the parser, tested above.
  if (!isIpv4) address[0] = ((address[0] ?? 0) | (0x20 << 24)) & prefixMask(bits);
  return { address, bits };
}

test('it agrees with net.BlockList after any adds and removes', () => {
  const { randomness } = testSeed('address trie');
  const pick = (below: number): number => randomness.integer(below);
  for (let round = 0; round < count(60, 600); round++) {
    const isIpv4 = round % 2 === 0;
    const family = isIpv4 ? 'ipv4' : 'ipv6';
    const trie = new AddressTrie();
    const held = new Map<string, Network>();
    for (let change = 0; change < 300; change++) {
      const one = crowded(pick, isIpv4);
      const key = `${formatAddress(one.address)}/${one.bits}`;
      if (pick(3) === 0 && held.size > 0) {
        const [oldKey, old] = [...held][pick(held.size)] ?? [key, one];
        assert.ok(trie.remove(old), oldKey);
        held.delete(oldKey);
      } else {
        assert.equal(trie.add(one), !held.has(key), key);
        held.set(key, one);
      }
      assert.equal(trie.size, held.size);
      if (change % 30 !== 0) continue;
      agrees(trie, held, family, pick);
    }
    emptied(trie, held);
    fillAndEmpty(trie, held);
    const { bytes } = trie;
    fillAndEmpty(trie, held);
    assert.equal(trie.bytes, bytes, 'freed blocks are used again');
  }
});

function fillAndEmpty(trie: AddressTrie, held: ReadonlyMap<string, Network>): void {
  for (const one of held.values()) assert.ok(trie.add(one));
  emptied(trie, held);
}

function emptied(trie: AddressTrie, held: ReadonlyMap<string, Network>): void {
  for (const one of held.values()) assert.ok(trie.remove(one));
  assert.equal(trie.size, 0);
}

function agrees(
  trie: AddressTrie,
  held: ReadonlyMap<string, Network>,
  family: 'ipv4' | 'ipv6',
  pick: (below: number) => number,
): void {
  const list = new BlockList();
  for (const { address, bits } of held.values()) {
    list.addSubnet(formatAddress(address), bits, family);
  }
  for (let i = 0; i < 200; i++) {
    const { address } = crowded(pick, family === 'ipv4');
    const text = formatAddress(address);
    assert.equal(trie.holds(address), list.check(text, family), text);
  }
  for (const [key, { address, bits }] of held) {
    assert.ok(trie.holds(address), key);
    assert.ok(trie.has({ address, bits }), key);
  }
}

test('addresses are read as net.isIP reads them, and written in one form', () => {
  const { randomness } = testSeed('addresses');
  const pick = (below: number): number => randomness.integer(below);
  for (const [text, canonical] of [
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['::', '::'],
    ['1::', '1::'],
    ['::1', '::1'],
    ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['::FFFF:10.0.0.1', '10.0.0.1'],
  ] as const) {
    const address = parseAddress(text);
    assert.ok(address, text);
    assert.equal(formatAddress(address), canonical);
  }
  const { isIP } = net;
  const letters = '0123456789abcdefF:.: ::';
  let valid = 0;
  for (let i = 0; i < count(40_000, 400_000); i++) {
    const text =
      pick(2) === 0
        ? Array.from({ length: pick(20) }, () => letters[pick(letters.length)]).join('')
        : mutated(formatAddress(crowded(pick, pick(2) === 0).address), pick, letters);
    const address = parseAddress(text);
    assert.equal(address !== null, isIP(text) !== 0, JSON.stringify(text));
    if (address === null) continue;
    valid++;
    assert.deepEqual(parseAddress(formatAddress(address)), address);
    assert.ok(sameAddress(text, formatAddress(address)), text);
  }
  assert.ok(valid > 1_000);
});

function mutated(text: string, pick: (below: number) => number, letters: string): string {
  const at = pick(text.length + 1);
  const middle = [letters[pick(letters.length)] ?? '', '', '::', '0'][pick(4)] ?? '';
  return text.slice(0, at) + middle + text.slice(at + pick(2));
}

/** By the reckoning of Node. */
function sameAddress(a: string, b: string): boolean {
  const list = new BlockList();
  list.addAddress(a, net.isIP(a) === 6 ? 'ipv6' : 'ipv4');
  return list.check(b, net.isIP(b) === 6 ? 'ipv6' : 'ipv4');
}

test('a network with host bits set is refused, with the network that is meant', () => {
  const parsed = parseNetwork('203.0.113.9/24');
  assert.equal(parsed.kind, 'host-bits');
  for (const text of [
    '1.2.3.4/33',
    '1.2.3.4/',
    '1.2.3.4/08',
    '::/129',
    '::ffff:1.2.3.4/90',
    '/8',
  ]) {
    assert.equal(parseNetwork(text).kind, 'none', text);
  }
});
