/** What the zone says about each name. */
import { describe, expect, test } from 'vitest';
import { type Query, RCODE, TYPE } from '../../../src/redirector/dns/message.js';
import type { Target, ZoneContent } from '../../../src/redirector/zone/place.js';
import { dnsNameOf, nameSessions } from '../../../src/redirector/zone/session-names.js';
import { createZone } from '../../../src/redirector/zone/zone.js';
import { SESSION_KEY } from '../../session/signed.js';

const ZONE = 'redirect.example';
const idOf = (path: string): string => `scattercast://${path}#${SESSION_KEY.publicKey}`;

const targetOf = (label: string, more: Partial<Target> = {}): Target => ({
  ...{ label, addresses4: [`192.0.2.${label.length}`], addresses6: [], port: 8000, weight: 5 },
  ...more,
});

const NEAR = targetOf('c-1');
const FAR = targetOf('c-22', { addresses6: ['2001:db8::22'] });

function zoneOf(clusters: readonly Target[] = [NEAR, FAR]) {
  const names = nameSessions(['radio.example/night', 'radio.example/Live_2.0'].map(idOf), ZONE);
  const asked: unknown[] = [];
  const content: ZoneContent = {
    sessionsOf: names.of,
    isAbove: names.isAbove,
    cluster: (label) =>
      label === 'c-0' ? { now: undefined } : label === 'c-1' ? { now: NEAR } : undefined,
    nearest: (network, sessions) => {
      asked.push([network, sessions]);
      return { clusters, isForNetwork: true };
    },
  };
  const zone = createZone(
    {
      ...{ zone: ZONE, ttl: 5, port: 8000, serial: 7 },
      nameServers: [
        { name: 'ns1.deep.redirect.example', addresses: ['192.0.2.53', '2001:db8::53'] },
        { name: 'ns.other.example', addresses: [] },
      ],
    },
    content,
  );
  const ask = (name: string, type: number = TYPE.A, number = 1) =>
    zone.reply(
      { question: { labels: name.split('.'), type, class: number } } as never as Query,
      '198.51.100.0',
    );
  return { ask, asked };
}

const NO_DATA = {
  rcode: RCODE.noError,
  answers: [],
  authority: [{ type: 'SOA', ttl: 5, minimum: 5 }],
};
const NO_NAME = { rcode: RCODE.nxDomain, answers: [], authority: [{ type: 'SOA' }] };

describe('The zone itself', () => {
  test('leads to the two nearest clusters, for this network', () => {
    const { ask, asked } = zoneOf([NEAR, FAR, targetOf('c-333')]);
    expect(ask(ZONE)).toMatchObject({
      ...{ rcode: RCODE.noError, authority: [], isForNetwork: true },
      answers: [
        { name: ZONE, type: 'A', ttl: 5, address: '192.0.2.3' },
        { name: ZONE, type: 'A', ttl: 5, address: '192.0.2.4' },
      ],
    });
    expect(asked).toEqual([['198.51.100.0', undefined]]);
  });

  test('leads to the nearest clusters of each family; of one that none has there is no data', () => {
    expect(zoneOf().ask(ZONE, TYPE.AAAA).answers).toMatchObject([{ address: '2001:db8::22' }]);
    expect(zoneOf([NEAR]).ask(ZONE, TYPE.AAAA)).toMatchObject({ ...NO_DATA, isForNetwork: true });
  });

  test('leads to no cluster whose port listeners do not come to', () => {
    const { ask } = zoneOf([targetOf('c-4444', { port: 8001 }), NEAR]);
    expect(ask(ZONE).answers).toMatchObject([{ address: '192.0.2.3' }]);
  });

  test('has name servers and an SOA', () => {
    const { ask } = zoneOf();
    expect(ask(ZONE, TYPE.NS)).toMatchObject({
      answers: [{ host: 'ns1.deep.redirect.example' }, { host: 'ns.other.example' }],
      additional: [{ address: '192.0.2.53' }, { type: 'AAAA', address: '2001:db8::53' }],
    });
    expect(ask(ZONE, TYPE.SOA).answers).toMatchObject([{ serial: 7, minimum: 5 }]);
    expect(ask('ns1.deep.redirect.example').answers).toMatchObject([{ address: '192.0.2.53' }]);
    expect(ask('deep.redirect.example')).toMatchObject(NO_DATA);
  });

  test('fails while no cluster is there, so that resolvers ask another server', () => {
    const failed = { rcode: RCODE.servFail, answers: [], authority: [] };
    expect(zoneOf([]).ask(ZONE)).toMatchObject(failed);
    expect(zoneOf([]).ask(`_scattercast._tcp.${ZONE}`, TYPE.SRV)).toMatchObject(failed);
    expect(zoneOf([]).ask(ZONE, TYPE.NS).answers).toHaveLength(2);
  });

  test('has no other data, and little for those that ask for all of it', () => {
    const MX = 15;
    expect(zoneOf().ask(ZONE, MX)).toMatchObject(NO_DATA);
    expect(zoneOf().ask(ZONE, TYPE.ANY).answers).toMatchObject([{ type: 'HINFO', cpu: 'RFC8482' }]);
    expect(zoneOf().ask(`x.${ZONE}`, TYPE.ANY)).toMatchObject(NO_NAME);
  });
});

describe('The name of a session', () => {
  test('leads to clusters for it', () => {
    const { ask, asked } = zoneOf();
    expect(ask(`night.radio.example.${ZONE}`).answers).toHaveLength(2);
    expect(ask(`live-2-0.radio.example.${ZONE}`).answers).toHaveLength(2);
    expect(asked).toEqual([
      ['198.51.100.0', [idOf('radio.example/night')]],
      ['198.51.100.0', [idOf('radio.example/Live_2.0')]],
    ]);
  });

  test('does not exist without the session; names above it are there, without data', () => {
    const { ask } = zoneOf();
    expect(ask(`day.radio.example.${ZONE}`)).toMatchObject(NO_NAME);
    expect(ask(`x.night.radio.example.${ZONE}`)).toMatchObject(NO_NAME);
    expect(ask(`radio.example.${ZONE}`)).toMatchObject(NO_DATA);
    expect(ask(`example.${ZONE}`)).toMatchObject(NO_DATA);
    expect(ask(`other.${ZONE}`)).toMatchObject(NO_NAME);
  });
});

describe('A service', () => {
  test('is told with clusters by name, the nearest first, with their addresses beside', () => {
    const { ask } = zoneOf([NEAR, targetOf('c-4444', { port: 8001, weight: 100_000 }), FAR]);
    const name = `_scattercast._tcp.${ZONE}`;
    expect(ask(name, TYPE.SRV)).toMatchObject({
      answers: [
        { name, priority: 10, weight: 5, port: 8000, target: `c-1.${ZONE}` },
        { priority: 20, weight: 65_535, port: 8001, target: `c-4444.${ZONE}` },
        { priority: 30, target: `c-22.${ZONE}` },
      ],
      additional: { length: 4 },
    });
  });

  test('is there for a session, and for nothing else', () => {
    const { ask } = zoneOf();
    const of = (name: string, type: number = TYPE.SRV) => ask(`_scattercast._tcp.${name}`, type);
    expect(of(`night.radio.example.${ZONE}`).answers).toHaveLength(2);
    expect(of(`day.radio.example.${ZONE}`)).toMatchObject(NO_NAME);
    expect(of(`c-1.${ZONE}`)).toMatchObject(NO_NAME);
    expect(of(ZONE, TYPE.A)).toMatchObject(NO_DATA);
    expect(ask(`_tcp.${ZONE}`)).toMatchObject(NO_DATA);
    expect(ask(`_tcp.day.radio.example.${ZONE}`)).toMatchObject(NO_NAME);
  });
});

test('The name of a cluster leads to it while it is there', () => {
  const { ask } = zoneOf();
  expect(ask(`c-1.${ZONE}`).answers).toMatchObject([{ address: '192.0.2.3' }]);
  expect(ask(`c-0.${ZONE}`)).toMatchObject(NO_DATA);
  expect(ask(`c-2.${ZONE}`)).toMatchObject(NO_NAME);
});

test.each([
  ['outside of the zone', 'redirect.example.com', TYPE.A, 1],
  ['above the zone', 'example', TYPE.A, 1],
  ['at a name that only ends like the zone', 'myredirect.example', TYPE.A, 1],
  ['of another class', ZONE, TYPE.A, 3],
  ['that is a transfer', ZONE, TYPE.AXFR, 1],
])('A question %s is refused', (_what, name, type, number) => {
  const refused = { rcode: RCODE.refused, answers: [], authority: [], additional: [] };
  expect(zoneOf().ask(name, type, number)).toMatchObject(refused);
});

describe('Sessions have names of hosts', () => {
  test.each([
    ['Night', 'night.radio.example'],
    ['live_2.0~x', 'live-2-0-x.radio.example'],
    ['-.-', undefined],
    ['x'.repeat(64), `${'x'.repeat(63)}.radio.example`],
  ])('%s', (session, name) => {
    expect(dnsNameOf({ session, creator: 'radio.example' })).toBe(name);
  });

  test('two of one name share it, and what is too long for DNS has none', () => {
    const long = `${'a'.repeat(60)}.`.repeat(4);
    const ids = ['a.example/x.y', 'a.example/x-y', `${long}example/z`].map(idOf);
    const names = nameSessions(ids, ZONE);
    expect(names.of('x-y.a.example')).toEqual(ids.slice(0, 2));
    expect(names.size).toBe(1);
  });
});
