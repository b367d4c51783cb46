import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AddressMap } from './address-map.ts';

const addresses = [
  'public https://site.example/',
  'public https://site.example/a?b=/c://d',
  'public https://site.example:8443/',
  'public http://site.example/',
  'inside https://site.example/',
  'public+host=other.example:8080 https://site.example/',
  'public+x-http-method-override=a%2F%2Fb https://site.example/',
  'public https://[::1]:8443/a/b',
];

test('each address is kept by itself, is found by its two parts, and is told whole', () => {
  const map = new AddressMap<number>();
  addresses.forEach((address, n) => map.set(address, n));
  for (const [n, address] of addresses.entries()) {
    assert.equal(map.get(address), n);
    const at = address.indexOf('/', address.indexOf('://') + 3);
    assert.equal(map.find(address.slice(0, at), address.slice(at)), n);
  }
  assert.deepEqual(new Map(map), new Map(addresses.map((address, n) => [address, n])));
});

test('what is taken out is gone, alone', () => {
  const map = new AddressMap<number>();
  addresses.forEach((address, n) => map.set(address, n));
  const [first = '', ...others] = addresses;
  map.delete(first);
  map.delete('public https://nowhere.example/');
  assert.equal(map.get(first), undefined);
  assert.deepEqual([...map].map(([address]) => address).toSorted(), others.toSorted());
});
