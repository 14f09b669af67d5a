import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { createSourcePassword } from '../../../src/http/server/source-password.js';
import { hashSecret } from '../../../src/runtime/secrets.js';
import { createNetworkLogin } from '../../../src/scx/sources/network-login.js';
import type { ClientHello } from '../../../src/wire/hello.js';
import { source } from '../support.js';

const STRANGER = '198.51.100.7';

const hello = (password?: string): ClientHello =>
  ({ source: source('a'), password }) as ClientHello;

const open = (key: string | undefined = hashSecret('right')) =>
  createNetworkLogin({
    password: createSourcePassword(key, () => 0),
    fallbackSecret: 'drawn',
    log: pino({ enabled: false }),
  });

describe('The login of a source client', () => {
  test('takes the source password', () => {
    const login = open();
    expect(login.objectionTo(hello('right'), STRANGER)).toBeUndefined();
    expect(login.fallbackSource).toBeUndefined();
  });

  test('refuses a missing password for good, and says how to give one', () => {
    expect(open().objectionTo(hello(), STRANGER)).toEqual({
      reason: expect.stringContaining('--password'),
      delayMs: 0,
      isFinal: true,
    });
  });

  test('refuses a wrong password for good, later after a few guesses', () => {
    const login = open();
    const objections = [1, 2, 3, 4].map(() => login.objectionTo(hello('guess'), STRANGER));
    expect(objections.map((objection) => objection?.delayMs)).toEqual([0, 0, 0, 500]);
    expect(objections[0]).toMatchObject({ reason: 'the source password is wrong', isFinal: true });
  });

  test('takes the secret of the fallback process, and remembers its source', () => {
    const login = open(undefined);
    expect(login.objectionTo(hello('drawn'), STRANGER)).toBeUndefined();
    expect(login.fallbackSource).toBe(source('a').id);
  });
});
