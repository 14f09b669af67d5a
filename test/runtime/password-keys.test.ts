import { describe, expect, test } from 'vitest';
import { createPasswordKeys } from '../../src/runtime/password-keys.js';
import { drawSigningKey, type SigningKey } from '../../src/runtime/signing-key.js';

const SESSION = drawSigningKey().publicKey;
const KEY = drawSigningKey();

/** Derivations that end when the test says so. */
function setUp() {
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  const keys = createPasswordKeys((password) => {
    started.push(password);
    return new Promise<SigningKey>((resolve) => ends.set(password, () => resolve(KEY)));
  });
  const ask = (password: string, client: string, isRight = true) =>
    keys.keyOf(password, SESSION, client, () => isRight);
  const end = async (password: string): Promise<void> => {
    ends.get(password)?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { started, ask, end };
}

describe('The keys of passwords', () => {
  test('are derived two at a time', async () => {
    const { started, ask, end } = setUp();
    for (const n of [1, 2, 3]) void ask(`${n}`, `client ${n}`);
    expect(started).toEqual(['1', '2']);
    await end('1');
    expect(started).toEqual(['1', '2', '3']);
  });

  test('are derived one at a time for each client, and clients take turns', async () => {
    const { started, ask, end } = setUp();
    for (const n of [1, 2, 3, 4]) void ask(`guess ${n}`, 'guesser');
    void ask('right', 'station');
    expect(started).toEqual(['guess 1', 'right']);
    void ask('other', 'studio');
    await end('guess 1');
    expect(started).toEqual(['guess 1', 'right', 'other']);
    await end('other');
    expect(started.at(-1)).toBe('guess 2');
  });

  test('are not derived when too many wait, of one client or of all', async () => {
    const { started, ask } = setUp();
    for (let n = 0; n < 17; n++) void ask(`guess ${n}`, 'guesser');
    expect(await ask('guess 17', 'guesser')).toBeUndefined();
    for (let n = 0; n < 1020; n++) void ask('x', `client ${n}`);
    expect(await ask('y', 'one more')).toBeUndefined();
    expect(started).toHaveLength(2);
  });

  test('are remembered if they were right, so that a client that comes back waits for nobody', async () => {
    const { started, ask, end } = setUp();
    const first = ask('right', 'station');
    await end('right');
    expect(await first).toBe(KEY);
    for (const n of [1, 2, 3]) void ask(`guess ${n}`, `guesser ${n}`);
    expect(await ask('right', 'elsewhere')).toBe(KEY);
    expect(started).toEqual(['right', 'guess 1', 'guess 2']);
  });

  test('are derived once for a client that asks several times at once', async () => {
    const { started, ask, end } = setUp();
    const asked = [ask('right', 'station'), ask('right', 'station'), ask('right', 'station')];
    await end('right');
    expect(await Promise.all(asked)).toEqual([KEY, KEY, KEY]);
    expect(started).toEqual(['right']);
  });

  test('are derived again if they were wrong', async () => {
    const { started, ask, end } = setUp();
    for (let n = 0; n < 2; n++) {
      const asked = ask('wrong', 'guesser', false);
      await end('wrong');
      await asked;
    }
    expect(started).toEqual(['wrong', 'wrong']);
  });
});
