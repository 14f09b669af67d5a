import { describe, expect, test } from 'vitest';
import type { Address } from '../../../src/gossamer/core/node.js';
import { createOverlayCounters } from '../../../src/overlay/sockets/counters.js';
import {
  createTargets,
  findScope,
  type TargetsOptions,
} from '../../../src/overlay/sockets/targets.js';

const LIMITS = { targetBurst: 2, targetIntervalMs: 1e9, peersMax: 100 };

const targetsOf = (more: Partial<TargetsOptions> = {}) =>
  createTargets({
    limits: LIMITS,
    counters: createOverlayCounters(),
    allowPrivate: false,
    ownHost: '8.8.8.8',
    ownScope: 'public',
    ...more,
  });

const at = (text: string): Address => text as Address;

/** Whether an SCX may connect to each of these addresses. */
const allowed = (more: Partial<TargetsOptions>, addresses: readonly string[]): boolean[] =>
  addresses.map((address) => targetsOf(more).attempt(at(address)).objection === undefined);

describe('Targets', () => {
  const addresses = ['8.8.4.4:1', '10.0.0.1:1', '127.0.0.1:1', '169.254.169.254:1', '[::1]:1'];

  test.each([
    ['a public SCX', {}, [true, false, false, false, false]],
    ['one in a private network', { ownScope: 'private' }, [true, true, false, false, false]],
    ['one on this machine only', { ownScope: 'loopback' }, [true, false, true, false, true]],
    ['one with --allow-private', { allowPrivate: true }, [true, true, true, false, true]],
    ['its own host', { ownHost: '10.0.0.1' }, [true, true, false, false, false]],
  ] as const)('by the rules for %s', (_who, more, expected) => {
    expect(allowed(more, addresses)).toEqual(expected);
  });

  test('have a budget for each host, whatever the port, which an SCX that answers does not use up', () => {
    const targets = targetsOf();
    const isOver = (address: string): boolean =>
      targets.attempt(at(address)).objection !== undefined;
    for (let port = 1; port < 10; port++) targets.attempt(at(`8.8.4.4:${port}`)).onProven();
    expect(['8.8.4.4:20', '8.8.4.4:21', '8.8.4.4:22'].map(isOver)).toEqual([false, false, true]);
    expect(isOver('8.8.4.5:20')).toBe(false);
    expect(isOver('8.8.4.4:5')).toBe(false);
    targets.attempt(at('8.8.4.4:5')).onFailed();
    expect(isOver('8.8.4.4:5')).toBe(true);
  });

  test('take an IPv6 /64 network for one host', () => {
    const targets = targetsOf();
    const isOver = (end: string): boolean =>
      targets.attempt(at(`[2606:4700::${end}]:1`)).objection !== undefined;
    expect(['1', '2', '3'].map(isOver)).toEqual([false, false, true]);
  });

  test('that are names are checked by what they resolve to', async () => {
    const lookUp = (more: Partial<TargetsOptions>): Promise<string> =>
      new Promise((done) => {
        const { lookup, objection } = targetsOf(more).attempt(at('localhost:1'));
        expect(objection).toBeUndefined();
        lookup('localhost', { all: false }, (error, found) => done(error?.message ?? `${found}`));
      });
    expect(await lookUp({})).toMatch(/--allow-private/);
    expect(await lookUp({ ownScope: 'loopback' })).toMatch(/^127\.|^::1$/);
    expect(await lookUp({ ownHost: 'localhost' })).toMatch(/^127\.|^::1$/);
  });

  test('The scope of an SCX is that of what its own host resolves to', async () => {
    const hosts = ['localhost', '10.1.2.3', '8.8.8.8', 'name.invalid'];
    const scopes = await Promise.all(hosts.map(findScope));
    expect(scopes).toEqual(['loopback', 'private', 'public', 'public']);
  });
});
