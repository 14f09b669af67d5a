import { expect, test } from 'vitest';
import { aduPackets } from '../../src/rtp/adu-payload.js';

test('an ADU has a descriptor of two bytes in front: C = 0, T = 1, its length (RFC 5219 §4.2)', () => {
  const bytes = new Uint8Array(417).fill(9);
  const [packet, ...others] = aduPackets({ bytes, timestamp: 4 }, true);
  expect(others).toEqual([]);
  expect(packet).toMatchObject({ timestamp: 4, marker: true });
  expect(Buffer.from(packet?.payload ?? []).readUInt16BE()).toBe(0x4000 | 417);
  expect(packet?.payload.subarray(2)).toEqual(bytes);
});

test('an ADU that does not fit is cut; each piece has the length of the whole, and C = 1 but for the first', () => {
  const bytes = Uint8Array.from({ length: 1900 }, (_, at) => at & 0xff);
  const packets = aduPackets({ bytes, timestamp: 4 }, false);
  const descriptors = packets.map(({ payload }) => Buffer.from(payload).readUInt16BE());
  expect(descriptors).toEqual([0x4000 | 1900, 0xc000 | 1900]);
  expect(packets.map(({ payload }) => payload.length)).toEqual([1400, 504]);
  const whole = Buffer.concat(packets.map(({ payload }) => payload.subarray(2)));
  expect(whole).toEqual(Buffer.from(bytes));
});

test('what is longer than a descriptor can say is not sent', () => {
  expect(aduPackets({ bytes: new Uint8Array(0x4000), timestamp: 0 }, false)).toEqual([]);
});
