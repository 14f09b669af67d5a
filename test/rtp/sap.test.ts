import { expect, test } from 'vitest';
import { encodeSap, sapHash } from '../../src/rtp/sap.js';

test('an announcement has the header of RFC 2974 §3, the media type and the description', () => {
  const bytes = Buffer.from(
    encodeSap({ origin: '10.1.2.3', hash: 0xabcd, description: 'v=0\r\n', isDeletion: false }),
  );
  expect(bytes.subarray(0, 8).toString('hex')).toBe('2000abcd0a010203');
  expect(bytes.subarray(8).toString()).toBe('application/sdp\0v=0\r\n');
});

test('a deletion has the bit for it', () => {
  const bytes = encodeSap({ origin: '10.1.2.3', hash: 1, description: '', isDeletion: true });
  expect(bytes[0]).toBe(0x24);
});

test('another description has another hash, which is never 0', () => {
  expect(sapHash('v=0')).not.toBe(sapHash('v=1'));
  const hashes = Array.from({ length: 100_000 }, (_, index) => sapHash(`${index}`));
  expect(Math.min(...hashes)).toBeGreaterThan(0);
  expect(Math.max(...hashes)).toBeLessThan(0x10000);
});
