import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ForwardingHeaders, plainAddress, readAddress, readClient } from './client-address.ts';

const none: ForwardingHeaders = {
  forwardedFor: null,
  forwardedProto: null,
  forwardedHost: null,
  forwarded: null,
};
const trusts = (address: string): boolean => address.startsWith('10.') || address === '::1';

function client(peer: string, headers: Partial<ForwardingHeaders>) {
  const at = { address: peer, ip: readAddress(peer), scheme: 'http', known: null } as const;
  return readClient(at, { ...none, ...headers }, 'site.example', trusts);
}

describe('the client is believed only as far as trusted hops go', () => {
  const cases: readonly (readonly [
    why: string,
    peer: string,
    forwardedFor: string,
    address: string,
  ])[] = [
    ['a stranger is itself', '1.2.3.4', '6.6.6.6', '1.2.3.4'],
    ['a trusted hop names its client', '10.0.0.1', '1.2.3.4', '1.2.3.4'],
    ['read from the right', '10.0.0.1', '6.6.6.6, 1.2.3.4', '1.2.3.4'],
    ['through several trusted hops', '10.0.0.1', '6.6.6.6, 1.2.3.4, 10.0.0.2', '1.2.3.4'],
    ['rubbish ends it', '10.0.0.1', '1.2.3.4, unknown', '10.0.0.1'],
    ['a port is no part of an address', '10.0.0.1', '1.2.3.4:5678', '1.2.3.4'],
    ['nor are brackets', '10.0.0.1', '[2001:db8::1]:443', '2001:db8::1'],
  ];
  for (const [why, peer, forwardedFor, address] of cases) {
    it(why, () => assert.equal(client(peer, { forwardedFor }).address, address));
  }

  it('reads Forwarded where there is no X-Forwarded-For', () => {
    const forwarded = 'for=6.6.6.6, for="[2001:db8::1]:99";proto=https';
    assert.equal(client('10.0.0.1', { forwarded }).address, '2001:db8::1');
    assert.equal(client('10.0.0.1', { forwarded, forwardedFor: '1.2.3.4' }).address, '1.2.3.4');
  });

  it('takes scheme and host of a trusted hop only', () => {
    const headers = { forwardedProto: 'https', forwardedHost: 'www.example' };
    assert.equal(client('10.0.0.1', headers).scheme, 'https');
    assert.match(client('10.0.0.1', headers).forwardingLines, /x-forwarded-host: www\.example\r\n/);
    assert.equal(client('1.2.3.4', headers).scheme, 'http');
    assert.match(client('1.2.3.4', headers).forwardingLines, /x-forwarded-host: site\.example\r\n/);
  });

  it('passes on the chain that was believed, and no more', () => {
    assert.equal(
      client('10.0.0.1', { forwardedFor: '6.6.6.6, 2001:db8::1' }).forwardingLines,
      'x-forwarded-for: 2001:db8::1, 10.0.0.1\r\nx-forwarded-proto: http\r\n' +
        'x-forwarded-host: site.example\r\n' +
        'forwarded: for="[2001:db8::1]", for=10.0.0.1;host="site.example";proto=http\r\n',
    );
  });
});

describe('an IPv4 address is never written as IPv6', () => {
  it('but IPv6 stays', () => {
    assert.equal(plainAddress('::ffff:1.2.3.4'), '1.2.3.4');
    assert.equal(plainAddress('::1'), '::1');
  });
});
