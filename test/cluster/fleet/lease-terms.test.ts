import { describe, expect, test } from 'vitest';
import { NOTHING_SET_UP } from '../../../src/cluster/announcements/owner.js';
import { termsFrom } from '../../../src/cluster/fleet/lease-terms.js';
import { seal, unseal } from '../../../src/runtime/sealed-text.js';
import { drawSigningKey } from '../../../src/runtime/signing-key.js';
import { announcementIn, identity } from '../../session/signed.js';
import { announcementXml, NIGHT } from '../support.js';

const xml = announcementXml('scattercast://radio.example/night');
const announcement = announcementIn(xml);
const SEED = 'A'.repeat(43);
const FALLBACK = { file: `${'0'.repeat(36)}.mp3`, title: 'later', bytes: 1, seed: SEED };

interface Announced {
  readonly isPublished?: boolean;
  readonly announced?: typeof announcement;
  readonly recording?: Parameters<typeof termsFrom>[0]['recording'];
}

const OTHERS = Array.from({ length: 10 }, (_, index) => ({
  ...{ url: `http://192.0.2.${index}:8000`, key: drawSigningKey().publicKey },
  ...{ rttMs: index, facts: {} },
}));

const termsWith = (
  frontEnds: readonly string[] | undefined,
  hasFallback = true,
  { isPublished = true, announced = announcement, recording }: Announced = {},
) =>
  termsFrom({
    finder: {
      recall: () => ({
        ...{ announcement: announced, url: '', isPublished },
        session: identity('scattercast://radio.example/night'),
      }),
    },
    store: {
      get: () => ({
        ...{ announcement, xml },
        owner: hasFallback ? { webhooks: [], fallback: FALLBACK } : NOTHING_SET_UP,
      }),
    },
    fallbacks: { pathOf: (file) => `/data/${file}` },
    listenerHook: undefined,
    recording,
    others: () => OTHERS,
    frontEnds: () => frontEnds,
    certificate: () => undefined,
    seal: (text) => seal('secret', text),
  });

test('The terms of a lease name the channels that are announced now, and their rates', () => {
  const channelsOf = (given: typeof announcement) =>
    termsWith(undefined, true, { announced: given })(NIGHT, false).station?.channels;
  const channels = announcement.channels.map(({ id }) => ({ id }));
  expect(channelsOf(announcement)).toEqual(channels);
  const slides = { id: 7, description: 'slides', unicast: 'tcp', rateKbps: 64 } as const;
  const newer = { ...announcement, channels: [...announcement.channels, slides] };
  expect(channelsOf(newer)).toEqual([...channels, { id: 7, rateKbps: 64 }]);
});

describe('The fallback in the terms of a lease', () => {
  test('is a file of this machine, for the rendezvous SCX', () => {
    const terms = termsWith(undefined);
    const { file, title, seed } = FALLBACK;
    expect(terms(NIGHT, true).fallback).toEqual({ path: `/data/${file}`, title, seed });
    expect(terms(NIGHT, false).fallback).toBeNull();
    expect(terms(NIGHT, true).frontEnds).toBeUndefined();
  });

  test('is a file of the front ends where there are several machines, and its key is sealed', () => {
    const terms = termsWith(['http://10.77.0.1:8000'])(NIGHT, true);
    expect(terms.fallback).toBeUndefined();
    expect(JSON.stringify(terms)).not.toContain(SEED);
    expect(unseal('secret', terms.remoteFallback?.sealedSeed ?? '')).toBe(SEED);
    expect(terms.remoteFallback).toMatchObject({ file: FALLBACK.file, title: 'later' });
    expect(termsWith(['http://10.77.0.1:8000'], false)(NIGHT, true).remoteFallback).toBeNull();
  });
});

describe('What is recorded by the terms of a lease', () => {
  const announced = { ...announcement, keepMs: 7_200_000 };
  const privacy = { clusters: [], revoked: [] };
  const own = { root: '/data/recordings', bytesMax: 1e9, keepMsMax: 3_600_000 };
  const recording = { ...own, foreign: { root: '/data/foreign-recordings', bytesMax: 1e9 } };
  const of = (announced: Announced, isKept: boolean, isFirst = isKept) =>
    termsWith(undefined, true, announced)(NIGHT, isKept, isFirst).recording;

  test('is what is published here, and what is missing comes from the nearest clusters', () => {
    const told = of({ announced, recording }, true);
    expect(told).toMatchObject({ keepMs: 3_600_000, records: true });
    expect(told?.others).toEqual(OTHERS.slice(0, 8).map(({ url, key }) => ({ url, key })));
    expect(of({ announced, recording }, false)).toEqual({ keepMs: 3_600_000, records: false });
    expect(of({ recording }, true)).toEqual({ keepMs: 0, records: true });
    expect(of({ announced }, true)).toBeNull();
  });

  test('is a public session from elsewhere, once, if the operator gives these room', () => {
    const foreign = { isPublished: false, announced, recording };
    const about = { keepMs: 3_600_000, isForeign: true };
    expect(of(foreign, false, true)).toEqual({ ...about, records: true });
    expect(of(foreign, false, false)).toEqual({ ...about, records: false });
    expect(of({ ...foreign, recording: own }, false, true)).toBeNull();
    expect(of({ ...foreign, announced: { ...announced, privacy } }, false, true)).toBeNull();
  });
});
