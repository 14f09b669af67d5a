import { describe, expect, test } from 'vitest';
import type { NodeId, SourceId } from '../../../src/gossamer/core/node.js';
import { drawSourceId } from '../../../src/overlay/lots/source-id.js';
import { createPasswordKeys } from '../../../src/runtime/password-keys.js';
import { drawSigningKey } from '../../../src/runtime/signing-key.js';
import { createSourceLogin } from '../../../src/scx/sources/source-login.js';
import type { SourceKey } from '../../../src/session/source-key.js';
import {
  accessOf,
  keyOfPassword,
  listed,
  PASSWORD,
  proofBy,
  STATION,
  STATION_KEY,
} from '../../session/signed.js';
import { NIGHT } from '../support.js';

const ADDRESS = '198.51.100.7';
const SCX = '1'.repeat(32) as NodeId;
const NOW = Date.UTC(2026, 10, 30);
const keys = createPasswordKeys();
const ANNA_KEY = drawSigningKey();

function create(sources: readonly SourceKey[] = [STATION], now = () => 0) {
  const access = { issuedMs: 1, sources: [...sources] };
  return createSourceLogin({ session: NIGHT, access, keys, now, wallNow: () => NOW });
}

/** The proof of a key, at this SCX, with changes to what is signed and to what is said. */
function show(
  login: ReturnType<typeof create>,
  { key = STATION_KEY, scx = SCX, session = NIGHT.id, priority = 128, timeMs = NOW } = {},
  said: { readonly priority?: number; readonly id?: SourceId; readonly epoch?: number } = {},
) {
  const source = { id: drawSourceId(key.publicKey), epoch: 1, priority };
  const proof = proofBy(key, { session, scx, source }, timeMs);
  return login.withKey(proof, { scx: SCX, source: { ...source, ...said } }, ADDRESS);
}

describe('A source password', () => {
  test.each<[string, readonly SourceKey[]]>([
    ['that the announcement does not list yet', [listed(ANNA_KEY)]],
    ['of a session without keys yet', []],
    ['whose right has ended', [{ ...STATION, untilMs: NOW - 1 }]],
  ])('%s is looked up at the front end before it is refused', async (_what, sources) => {
    let asked = 0;
    const wait = async () => {
      asked++;
      login.update({ issuedMs: 2, sources: [STATION] });
    };
    const login = createSourceLogin({
      ...{ session: NIGHT, access: { issuedMs: 1, sources: [...sources] }, keys, fresh: { wait } },
      ...{ now: () => 0, wallNow: () => NOW },
    });
    expect(await login.withPassword(PASSWORD, ADDRESS)).toMatchObject({ kind: 'ok' });
    expect(await login.withPassword(PASSWORD, ADDRESS)).toMatchObject({ kind: 'ok' });
    expect(asked).toBe(1);
    expect(login.counters).toEqual({ missing: 0, wrong: 0 });
    expect(await login.withPassword('guess', ADDRESS)).toMatchObject({ kind: 'wrong' });
    expect(asked).toBe(2);
  });

  test('admits an encoder, and yields the key that signs for it', async () => {
    const admitted = await create().withPassword(PASSWORD, ADDRESS);
    expect(admitted).toMatchObject({ kind: 'ok', source: STATION });
    expect(admitted.kind === 'ok' && admitted.key.publicKey).toBe(STATION.key);
  });

  test('that is missing is no guess, because encoders probe that way', async () => {
    const login = create();
    for (let n = 0; n < 10; n++) {
      expect(await login.withPassword(undefined, ADDRESS)).toMatchObject({ kind: 'missing' });
    }
    expect(await login.withPassword('guess', ADDRESS)).toMatchObject({ delayMs: 0 });
    expect(login.counters).toEqual({ missing: 10, wrong: 1 });
  });

  test('delays a client that guesses, but no other and not the right password', async () => {
    const login = create();
    const delays: number[] = [];
    for (let n = 0; n < 5; n++) {
      const verdict = await login.withPassword(`guess ${n}`, ADDRESS);
      delays.push(verdict.kind === 'ok' ? Number.NaN : verdict.delayMs);
    }
    expect(delays).toEqual([0, 0, 0, 500, 1000]);
    expect(await login.withPassword('guess', '198.51.100.8')).toMatchObject({ delayMs: 0 });
    expect(await login.withPassword(PASSWORD, ADDRESS)).toMatchObject({ kind: 'ok' });
    expect(await login.withPassword('guess', ADDRESS)).toMatchObject({ delayMs: 0 });
  });

  test('longer than 1 KiB is refused before a key is derived from it', async () => {
    const long = 'é'.repeat(513);
    const login = create([listed(await keyOfPassword(long))]);
    expect(await login.withPassword(long, ADDRESS)).toMatchObject({ kind: 'wrong' });
  });

  test('of another session is wrong here', async () => {
    const other = await keyOfPassword(PASSWORD, drawSigningKey());
    expect(await create([listed(other)]).withPassword(PASSWORD, ADDRESS)).toMatchObject({
      kind: 'wrong',
    });
  });
});

describe('A session without source keys', () => {
  test.each(['127.0.0.1', '::1', '::ffff:127.0.0.1', '192.168.1.7', ''])(
    'takes no source, also not from %s',
    async (address) => {
      const login = create([]);
      const reason = expect.stringContaining('no source key');
      for (const given of [undefined, '', PASSWORD]) {
        expect(await login.withPassword(given, address)).toMatchObject({ kind: 'wrong', reason });
      }
      expect(show(login)).toMatchObject({ kind: 'wrong', reason });
    },
  );
});

describe('The proof of a source key', () => {
  test('admits a source with a listed key', () => {
    expect(show(create())).toEqual({ kind: 'ok', source: STATION });
  });

  test.each([
    ['with another key', { key: ANNA_KEY }, {}],
    ['for another SCX', { scx: '2'.repeat(32) as NodeId }, {}],
    ['for another session', { session: `${NIGHT.id}x` }, {}],
    ['for another priority', {}, { priority: 200 }],
    ['for another epoch', {}, { epoch: 2 }],
    ['for the source of another key', {}, { id: 'a'.repeat(16) as SourceId }],
  ])('%s is refused', (_, proven, said) => {
    expect(show(create(), proven, said)).toMatchObject({
      kind: 'wrong',
      reason: 'the source password is wrong',
    });
  });

  test('of another time is refused, with advice', () => {
    expect(show(create(), { timeMs: NOW - 600_000 }).kind).toBe('ok');
    for (const timeMs of [NOW - 600_001, NOW + 600_001]) {
      expect(show(create(), { timeMs })).toMatchObject({
        reason: expect.stringContaining('clock'),
      });
    }
  });
});

describe('A source key', () => {
  const anna = listed(ANNA_KEY, { name: 'anna', priorityMax: 50 });

  test('has a highest priority', () => {
    expect(show(create([anna]), { key: ANNA_KEY, priority: 50 }).kind).toBe('ok');
    expect(show(create([anna]), { key: ANNA_KEY, priority: 51 })).toMatchObject({
      reason: '"anna" may have at most the priority 50',
    });
  });

  test('may end, and its sources then, too', () => {
    const ended = { ...anna, untilMs: NOW };
    const reason = expect.stringContaining('the right of "anna" to broadcast ended at 2026-11-30');
    expect(show(create([ended]), { key: ANNA_KEY, priority: 1 })).toMatchObject({ reason });
    expect(create([ended]).objectionTo(anna.key, 1)).toEqual(reason);
    expect(create([{ ...anna, untilMs: NOW + 1 }]).objectionTo(anna.key, 1)).toBeUndefined();
  });

  test('that is taken out of the announcement, or lowered, ends what it was used for', async () => {
    const login = create([STATION, anna]);
    expect(login.objectionTo(anna.key, 50)).toBeUndefined();
    expect(login.update({ issuedMs: 2, sources: [STATION, { ...anna, priorityMax: 49 }] })).toBe(
      true,
    );
    expect(login.objectionTo(anna.key, 50)).toContain('at most the priority 49');
    login.update({ issuedMs: 3, sources: [STATION] });
    expect(login.objectionTo(anna.key, 0)).toBe('the source password has changed');
    expect(show(login, { key: ANNA_KEY })).toMatchObject({ kind: 'wrong' });
    expect(login.objectionTo(STATION.key, 255)).toBeUndefined();
  });

  test('is not brought back by an older announcement, or another one of the same time', async () => {
    const login = create([STATION]);
    for (const issuedMs of [0, 1]) {
      expect(login.update(await accessOf(issuedMs, 'evil'))).toBe(false);
    }
    expect(await login.withPassword('evil', ADDRESS)).toMatchObject({ kind: 'wrong' });
  });
});

test('Refusals are kept by address and reason, the last sixteen of them', async () => {
  const login = create();
  for (let n = 0; n < 3; n++) await login.withPassword(undefined, ADDRESS);
  show(login, { key: ANNA_KEY });
  expect(login.refusals).toEqual([
    {
      ...{ address: ADDRESS, count: 3, lastMs: NOW },
      reason: 'this session requires its source password',
    },
    { address: ADDRESS, count: 1, lastMs: NOW, reason: 'the source password is wrong' },
  ]);
  for (let n = 0; n < 100; n++) await login.withPassword(undefined, `203.0.113.${n}`);
  expect(login.refusals).toHaveLength(16);
  expect(login.refusals.at(-1)?.address).toBe('203.0.113.99');
});
