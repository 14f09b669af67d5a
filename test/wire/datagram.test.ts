import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type DatagramToken,
  decodeContent,
  decodeHeader,
  encodeBeat,
  encodeEcho,
  encodeFrames,
  encodeHeader,
} from '../../src/wire/datagram.js';
import { decodeFrames } from '../../src/wire/decoder.js';
import { encodeDataMessage, encodeHello } from '../../src/wire/encoder.js';
import { dataMessage, SOME_HELLO } from './support.js';

const TOKEN = '00ff00ff00ff00ff' as DatagramToken;

test('Datagrams are read as they were written', () => {
  const proof = 2 ** 32 - 5;
  const echo = encodeEcho(proof);
  expect(decodeContent(echo)).toEqual({ ok: true, value: { kind: 'echo', proof } });
  const beat = encodeBeat({ adusByTcp: 2 ** 32 + 7, isHeard: true, proof });
  expect(echo.length).toBe(beat.length);
  expect(decodeContent(beat)).toEqual({
    ok: true,
    value: { kind: 'beat', adusByTcp: 7, isHeard: true, proof },
  });
  fc.assert(
    fc.property(fc.array(dataMessage, { maxLength: 8 }), (messages) => {
      const found = decodeContent(encodeFrames(messages.map(encodeDataMessage)));
      if (!found.ok || found.value.kind !== 'frames') throw new Error('no frames');
      const events = decodeFrames(found.value.frames);
      expect(events).toEqual(messages.map((message) => ({ kind: 'data', message })));
    }),
  );
});

test('The header of a datagram has the token and 48 bits of its number', () => {
  for (const number of [0, 1, 2 ** 32, 2 ** 48 - 1]) {
    const bytes = new Uint8Array([
      ...encodeHeader({ token: TOKEN, number }),
      ...new Uint8Array(17),
    ]);
    expect(decodeHeader(bytes)).toEqual({ token: TOKEN, number });
    expect(decodeHeader(bytes.subarray(1))).toBeUndefined();
  }
});

test('Datagrams of any bytes are decoded or refused, and never throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      decodeHeader(bytes);
      const found = decodeContent(bytes);
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
