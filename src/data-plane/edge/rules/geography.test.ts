import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mmdbFile } from '../../../../tests/support/mmdb-file.ts';
import { openGeography } from './geography.ts';

const countries = mmdbFile('Country', [
  { network: '192.0.2.0/24', record: { country: { iso_code: 'us' } } },
  { network: '203.0.113.0/25', record: { country_code: 'FR' } },
  { network: '2001:db8::/32', record: { country: { iso_code: 'DE' } } },
]);
const networks = mmdbFile('ASN', [
  {
    network: '198.51.100.0/24',
    record: { autonomous_system_number: 64500, autonomous_system_organization: 'Example Hosting' },
  },
]);
const files = new Map([
  ['country.mmdb', countries],
  ['asn.mmdb', networks],
  ['page.html', Buffer.from('<!doctype html>')],
]);

test('tells country and network of addresses of both kinds, in each common layout', () => {
  const geo = { country: 'country.mmdb', asn: 'asn.mmdb' };
  const geography = openGeography({ geo }, files);
  // Twice: looked up, then remembered.
  for (let n = 0; n < 2; n++) {
    assert.equal(geography.country('192.0.2.200'), 'US');
    assert.equal(geography.country('203.0.113.7'), 'FR');
    assert.equal(geography.country('203.0.113.200'), '');
    assert.equal(geography.country('2001:db8:9::1'), 'DE');
    assert.equal(geography.country('127.0.0.1'), '');
    assert.equal(geography.country('no address'), '');
    const network = geography.network('198.51.100.9');
    assert.deepEqual(network, { number: 64500n, name: 'Example Hosting' });
    assert.deepEqual(geography.network('192.0.2.1'), { number: 0n, name: '' });
  }
});

test('knows nothing without a database', () => {
  const geography = openGeography({ geo: { country: null, asn: null } }, files);
  assert.equal(geography.country('192.0.2.1'), '');
  assert.equal(geography.network('192.0.2.1').number, 0n);
});

test('refuses a file that is no database, and one that did not come along', () => {
  for (const country of ['page.html', 'none.mmdb']) {
    assert.throws(() => openGeography({ geo: { country, asn: null } }, files), {
      code: 'address-database-unreadable',
    });
  }
});

test('a damaged database tells nothing, and breaks nothing', () => {
  const damaged = Buffer.from(countries);
  const at = damaged.indexOf('iso_code');
  damaged.fill(0xff, at - 20, at + 40);
  const geo = { country: 'damaged.mmdb', asn: null };
  const geography = openGeography({ geo }, new Map([['damaged.mmdb', damaged]]));
  assert.equal(geography.country('192.0.2.1'), '');
});
