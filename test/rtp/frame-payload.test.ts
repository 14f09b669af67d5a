import { expect, test } from 'vitest';
import { framePackets } from '../../src/rtp/frame-payload.js';

const frame = (length: number, timestamp: number) => ({
  bytes: Uint8Array.from({ length }, (_, at) => (timestamp + at) & 0xff),
  timestamp,
});

test('frames share a packet as long as they fit, behind four zeros (RFC 2250 §3.5)', () => {
  const frames = [418, 418, 417, 417].map((length, index) => frame(length, index * 2351));
  const packets = framePackets(frames, true);
  expect(packets.map(({ timestamp, marker }) => ({ timestamp, marker }))).toEqual([
    { timestamp: 0, marker: true },
    { timestamp: 3 * 2351, marker: false },
  ]);
  const [first, second] = packets.map(({ payload }) => Buffer.from(payload));
  expect(first).toEqual(
    Buffer.concat([Buffer.alloc(4), ...frames.slice(0, 3).map(({ bytes }) => bytes)]),
  );
  expect(second).toEqual(Buffer.concat([Buffer.alloc(4), frames[3]?.bytes as Uint8Array]));
});

test('a frame that does not fit is cut, and each piece says where it begins', () => {
  const longest = frame(1441, 7);
  const packets = framePackets([frame(100, 1), longest, frame(100, 9)], false);
  expect(packets.map(({ payload }) => payload.length)).toEqual([104, 1400, 49, 104]);
  expect(packets.map(({ payload }) => Buffer.from(payload).readUInt32BE())).toEqual([
    0, 0, 1396, 0,
  ]);
  const pieces = packets.slice(1, 3).map(({ payload }) => payload.subarray(4));
  expect(Buffer.concat(pieces)).toEqual(Buffer.from(longest.bytes));
  expect(packets.slice(1, 3).map(({ timestamp }) => timestamp)).toEqual([7, 7]);
});

test('no frames are no packets', () => {
  expect(framePackets([], true)).toEqual([]);
});
