import { expect, test } from 'vitest';
import { createScxKeys } from '../../../src/cluster/fleet/scx-keys.js';
import { nodeIdOf } from '../../../src/overlay/tls/node-id.js';
import { signingKeyOf } from '../../../src/runtime/signing-key.js';

test('Keys of SCXs: an id is the hash of the key whose private half is taken once', () => {
  const keys = createScxKeys();
  const ids = [keys.drawId(), keys.drawId()];
  for (const id of ids) {
    const key = signingKeyOf(Buffer.from(keys.takeSeed(id), 'base64url'));
    expect(nodeIdOf(key.publicKey)).toBe(id);
    expect(() => keys.takeSeed(id)).toThrow('once');
  }
  expect(ids[0]).not.toBe(ids[1]);
});
