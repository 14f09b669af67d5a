import { beforeEach, describe, expect, test } from 'vitest';
import { type Launch, launchSchema } from '../../src/api/scx-launch.js';
import { NO_DESCRIPTION } from '../../src/icecast/stream-description.js';
import type { HandOverState } from '../../src/scx/hand-over/hand-over-state.js';
import type { LeaseTerms } from '../../src/scx/lease.js';
import { createSessionTerms, type SessionTerms } from '../../src/scx/lease-terms.js';
import { createLifetime } from '../../src/scx/lifetime.js';
import type { SourceLogin } from '../../src/scx/sources/source-login.js';
import { STATION } from '../session/signed.js';
import { identityOf, NIGHT } from './support.js';

/** The access of an announcement that was issued then. */
const accessAt = (issuedMs: number) => ({ issuedMs, sources: [STATION] });

const LAUNCH: Launch = launchSchema.parse({
  ...identityOf('1'),
  ...{ session: NIGHT.id, title: 'Night', access: accessAt(5) },
  ...{ channels: [{ id: 1, unicast: 'tcp' }], locations: [], rendezvous: true },
  ...{ leaseUrl: 'http://127.0.0.1:1', leaseToken: 'secret', leaseIntervalMs: 1000 },
  ...{ advertiseHost: '127.0.0.1', listenHost: '127.0.0.1', httpPort: 0, overlayPort: 0 },
  ...{ lingerMs: 1000, listenersMax: 1, perAddressMax: 0, trustedProxies: [], burstMs: 500 },
  ...{ writeIntervalMs: 20, profile: 'fast', allowPrivate: true, logLevel: 'silent' },
});

/** What a front end answers that says nothing else. */
const TERMS: LeaseTerms = {
  ...{ pinned: true, description: undefined, access: undefined },
  ...{ fallback: undefined, handOver: false, listenerHook: undefined, frontEnds: undefined },
};

let events: string[];
let isSucceeded: boolean;
let isLeaving: boolean;
let now: number;
const login = { update: ({ issuedMs }) => issuedMs > 5 } as Pick<
  SourceLogin,
  'update'
> as SourceLogin;
let lifetime: ReturnType<typeof createLifetime>;
let terms: SessionTerms;

beforeEach(() => {
  events = [];
  isSucceeded = false;
  isLeaving = false;
  now = 0;
  lifetime = createLifetime({ lingerMs: 1000, orphanMs: 10_000 }, true, 0);
  const handOver: HandOverState = {
    start: async () => void events.push('hand over'),
    get isSucceeded() {
      return isSucceeded;
    },
    ...{ leavesWithinMs: undefined, failedSuccessor: undefined },
  };
  terms = createSessionTerms({
    ...{ launch: LAUNCH, login, lifetime, handOver },
    retirement: { begin: (withinMs) => void events.push(`retire within ${withinMs}`) },
    fallback: {
      play: (file) => void events.push(`play ${file?.title}`),
      stop: () => undefined,
    },
    hook: { set: (hook) => void events.push(`ask ${hook?.url}`) },
    recording: { onTerms: (told) => told && events.push(`keep ${told.keepMs}`) },
    predecessor: undefined,
    onAccess: () => void events.push('check the sources'),
    onChannels: (channels) => void events.push(`carry ${channels.map(({ id }) => id).join()}`),
    onRenditions: (rates) => void events.push(`offer ${rates.join()}`),
    isLeaving: () => isLeaving,
    attended: () => now,
  });
});

const renew = (changes: Partial<LeaseTerms>): void => terms.onRenewed({ ...TERMS, ...changes });

describe('The terms of a lease', () => {
  test('are those of the launch document before the first renewal', () => {
    expect(terms.isPinned).toBe(true);
    expect(terms.description).toEqual({ ...NO_DESCRIPTION, title: 'Night' });
  });

  test('leave everything as it is that a front end does not send', () => {
    renew({});
    expect(terms.description.title).toBe('Night');
    expect(events).toEqual([]);
  });

  test('replace the description, and keep the new one', () => {
    renew({ description: { ...NO_DESCRIPTION, genre: 'Jazz', isListed: true } });
    renew({});
    expect(terms.description).toEqual({ ...NO_DESCRIPTION, genre: 'Jazz', isListed: true });
  });

  test('end the lifetime of an SCX that is not pinned any more', () => {
    renew({ pinned: false });
    now = 1000;
    expect(terms.isPinned).toBe(false);
    expect(lifetime.endReason(now)).toBeDefined();
  });

  test('check the sources when the access is that of a newer announcement', () => {
    renew({ access: accessAt(4) });
    renew({ access: accessAt(5) });
    expect(events).toEqual([]);
    renew({ access: accessAt(6) });
    expect(events).toEqual(['check the sources']);
  });

  test('start and end the fallback', () => {
    renew({ fallback: { path: '/loop.mp3', title: 'Loop', seed: 'A'.repeat(43) } });
    renew({ fallback: null });
    renew({});
    expect(events).toEqual(['play Loop', 'play undefined']);
  });

  test('tell which channels are announced, at each renewal', () => {
    renew({ channels: [{ id: 1 }, { id: 7, rateKbps: 64 }] });
    renew({ channels: [{ id: 1 }] });
    renew({});
    expect(events).toEqual(['carry 1,7', 'carry 1']);
  });

  test('replace the hook of listeners, and end it', () => {
    renew({ listenerHook: { url: 'http://127.0.0.1/', onFailure: 'deny' } });
    renew({ listenerHook: null });
    renew({});
    expect(events).toEqual(['ask http://127.0.0.1/', 'ask undefined']);
  });

  test('start no fallback in an SCX that leaves or is succeeded', () => {
    const fallback = { path: '/loop.mp3', title: 'Loop', seed: 'A'.repeat(43) };
    isLeaving = true;
    renew({ fallback });
    [isLeaving, isSucceeded] = [false, true];
    renew({ fallback });
    expect(events).toEqual([]);
  });

  test('start a hand-over only when there is an order', () => {
    renew({ handOver: true });
    renew({});
    expect(events).toEqual(['hand over']);
  });

  test('have it retire when another SCX takes its place', () => {
    terms.onRenewed({ ...TERMS, retireWithinMs: 1000 });
    expect(events).toContain('retire within 1000');
  });
});
