import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import type { NodeId } from '../../../src/gossamer/core/node.js';
import { drawSourceId } from '../../../src/overlay/lots/source-id.js';
import type { Refusal } from '../../../src/overlay/sockets/admission.js';
import { createPasswordKeys } from '../../../src/runtime/password-keys.js';
import { drawSigningKey, type SigningKey } from '../../../src/runtime/signing-key.js';
import { createNetworkLogin } from '../../../src/scx/sources/network-login.js';
import { createSourceLogin } from '../../../src/scx/sources/source-login.js';
import { type ClientHello, WIRE_VERSION } from '../../../src/wire/hello.js';
import { listed, proofBy, STATION, STATION_KEY } from '../../session/signed.js';
import { NIGHT } from '../support.js';

const STRANGER = '198.51.100.7';
const SELF = '1'.repeat(32) as NodeId;
const FALLBACK_KEY = drawSigningKey();

const helloBy = (key: SigningKey): ClientHello => {
  const source = { id: drawSourceId(key.publicKey), priority: 0, epoch: 1 };
  const proof = proofBy(key, { session: NIGHT.id, scx: SELF, source });
  return { version: WIRE_VERSION, session: NIGHT.id, purpose: 'client', source, proof };
};

const open = () =>
  createNetworkLogin({
    login: createSourceLogin({
      session: NIGHT,
      access: { issuedMs: 1, sources: [STATION, listed(FALLBACK_KEY, { name: 'fallback' })] },
      ...{ keys: createPasswordKeys(), now: () => 0 },
    }),
    self: SELF,
    log: pino({ enabled: false }),
  });

describe('The login of a source client', () => {
  test('takes a source with a listed key', () => {
    const login = open();
    expect(login.objectionTo(helloBy(STATION_KEY), STRANGER)).toBeUndefined();
    expect(login.fallbackSource).toBeUndefined();
  });

  test('refuses another key for good, later after a few guesses', async () => {
    const login = open();
    const hello = helloBy(drawSigningKey());
    const objections: (Refusal | undefined)[] = [];
    for (let guess = 0; guess < 4; guess++) {
      objections.push(await login.objectionTo(hello, STRANGER));
    }
    expect(objections.map((objection) => objection?.delayMs)).toEqual([0, 0, 0, 500]);
    expect(objections[0]).toMatchObject({ reason: 'the source password is wrong', isFinal: true });
  });

  test('asks the front end before it refuses a key, which may have been drawn a moment ago', async () => {
    const access = { issuedMs: 1, sources: [STATION] };
    const anna = drawSigningKey();
    const sources = [STATION, listed(anna, { name: 'anna' })];
    const fresh = { wait: async () => void known.update({ issuedMs: 2, sources }) };
    const known = createSourceLogin({
      ...{ session: NIGHT, access, fresh, keys: createPasswordKeys(), now: () => 0 },
    });
    const login = createNetworkLogin({ login: known, self: SELF, log: pino({ enabled: false }) });
    expect(await login.objectionTo(helloBy(anna), STRANGER)).toBeUndefined();
    expect(known.counters.wrong).toBe(0);
  });

  test('knows the source with the key of the fallback', () => {
    const login = open();
    const hello = helloBy(FALLBACK_KEY);
    expect(login.objectionTo(hello, '127.0.0.1')).toBeUndefined();
    expect(login.fallbackSource).toBe(hello.source.id);
  });
});
