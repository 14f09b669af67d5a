import { expect, test } from 'vitest';
import { encodeRtp } from '../../src/rtp/rtp-packet.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test('RTP has the header of RFC 3550 §5.1 in front of the payload', () => {
  const bytes = encodeRtp({
    ...{ payloadType: 14, marker: true, sequence: 0x1234, timestamp: 0x89abcdef },
    ...{ ssrc: 0xdeadbeef, payload: Uint8Array.of(1, 2, 3) },
  });
  expect(hex(bytes)).toBe('808e123489abcdefdeadbeef010203');
});

test('RTP counts packets and time modulo the width of their fields', () => {
  const bytes = encodeRtp({
    ...{ payloadType: 97, marker: false, sequence: 0x1_0002, timestamp: 2 ** 32 + 5 },
    ...{ ssrc: 1, payload: Uint8Array.of() },
  });
  expect(hex(bytes)).toBe('806100020000000500000001');
});
