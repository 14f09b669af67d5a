import { describe, expect, test } from 'vitest';
import { NOTHING_SET_UP } from '../../../src/cluster/announcements/owner.js';
import { termsFrom } from '../../../src/cluster/fleet/lease-terms.js';
import { seal, unseal } from '../../../src/runtime/sealed-text.js';
import { announcementIn, identity } from '../../session/signed.js';
import { announcementXml, NIGHT } from '../support.js';

const xml = announcementXml('scattercast://radio.example/night');
const announcement = announcementIn(xml);
const SEED = 'A'.repeat(43);
const FALLBACK = { file: `${'0'.repeat(36)}.mp3`, title: 'later', bytes: 1, seed: SEED };

const termsWith = (
  frontEnds: readonly string[] | undefined,
  hasFallback = true,
  announced = announcement,
) =>
  termsFrom({
    finder: {
      recall: () => ({
        ...{ announcement: announced, url: '', isPublished: true },
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
    recording: undefined,
    others: () => [],
    frontEnds: () => frontEnds,
    certificate: () => undefined,
    seal: (text) => seal('secret', text),
  });

test('The terms of a lease name the channels that are announced now, and their rates', () => {
  const channelsOf = (given: typeof announcement) =>
    termsWith(undefined, true, given)(NIGHT, false).station?.channels;
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
