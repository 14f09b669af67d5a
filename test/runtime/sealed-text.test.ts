import { describe, expect, test } from 'vitest';
import { seal, unseal } from '../../src/runtime/sealed-text.js';

describe('A sealed text', () => {
  test('is opened with the secret, and with no other', () => {
    const sealed = seal('secret', 'Wörter\n');
    expect(unseal('secret', sealed)).toBe('Wörter\n');
    expect(unseal('Secret', sealed)).toBeUndefined();
    expect(Buffer.from(sealed, 'base64').toString('latin1')).not.toContain('rter');
  });

  test('is sealed in another way each time', () => {
    expect(seal('secret', 'text')).not.toBe(seal('secret', 'text'));
  });

  test('that was altered anywhere, or cut off, is none', () => {
    const bytes = Buffer.from(seal('secret', 'text'), 'base64');
    for (let at = 0; at < bytes.length; at++) {
      const altered = Buffer.from(bytes);
      altered[at] = (altered[at] ?? 0) ^ 1;
      expect(unseal('secret', altered.toString('base64'))).toBeUndefined();
      expect(unseal('secret', bytes.subarray(0, at).toString('base64'))).toBeUndefined();
    }
  });
});
