import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type DatagramToken,
  decodeDatagram,
  encodeBeat,
  encodeEcho,
  encodeFrames,
  tokenOf,
} from '../../src/wire/datagram.js';
import { decodeFrames } from '../../src/wire/decoder.js';
import { encodeDataMessage, encodeHello } from '../../src/wire/encoder.js';
import { dataMessage, SOME_HELLO } from './support.js';

const TOKEN = '00ff00ff00ff00ff' as DatagramToken;

test('Datagrams are read as they were written', () => {
  const proof = 2 ** 32 - 5;
  const echo = encodeEcho(TOKEN, proof);
  expect(tokenOf(echo)).toBe(TOKEN);
  expect(decodeDatagram(echo)).toEqual({ ok: true, value: { kind: 'echo', proof } });
  const beat = encodeBeat(TOKEN, { adusByTcp: 2 ** 32 + 7, isHeard: true, proof });
  expect(echo.length).toBe(beat.length);
  expect(decodeDatagram(beat)).toEqual({
    ok: true,
    value: { kind: 'beat', adusByTcp: 7, isHeard: true, proof },
  });
  fc.assert(
    fc.property(fc.array(dataMessage, { maxLength: 8 }), (messages) => {
      const found = decodeDatagram(encodeFrames(TOKEN, messages.map(encodeDataMessage)));
      if (!found.ok || found.value.kind !== 'frames') throw new Error('no frames');
      const events = decodeFrames(found.value.frames);
      expect(events).toEqual(messages.map((message) => ({ kind: 'data', message })));
    }),
  );
});

test('Datagrams of any bytes are decoded or refused, and never throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      if (tokenOf(bytes) === undefined) {
        expect(bytes.length).toBeLessThan(9);
        return;
      }
      const found = decodeDatagram(bytes);
      if (found.ok && found.value.kind === 'frames') decodeFrames(found.value.frames);
    }),
  );
});

test('Datagrams may contain whole ADUs and data messages only', () => {
  expect(decodeFrames(encodeHello(SOME_HELLO))).toEqual([
    { kind: 'malformed', fault: 'type', reason: 'a frame of type 1 in a datagram' },
  ]);
  const message = { kind: 'unsubscribe', source: '00000000000000aa', channel: 1 } as never;
  expect(decodeFrames(encodeDataMessage(message).subarray(0, -1))).toEqual([
    { kind: 'malformed', fault: 'length', reason: 'a datagram ends within a frame' },
  ]);
  expect(decodeFrames(encodeDataMessage(message).subarray(0, 9))).toMatchObject([
    { kind: 'malformed' },
  ]);
});
