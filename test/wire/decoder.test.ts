import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createDecoder, type WireEvent } from '../../src/wire/decoder.js';
import { encodeMessage, encodeRefusal } from '../../src/wire/encoder.js';
import { WIRE_LIMITS } from '../../src/wire/limits.js';
import { lotBytesMax } from '../../src/wire/lot-codec.js';
import { dataMessageCodec, messageCodec } from '../../src/wire/message-codec.js';
import {
  cut,
  event,
  greetingFrame,
  hello,
  join,
  message,
  rawFrame,
  SOME_HELLO,
} from './support.js';

const decodeAll = (chunks: readonly Uint8Array[]): WireEvent[] => {
  const decoder = createDecoder();
  return chunks.flatMap((chunk) => decoder.push(chunk));
};

const afterHello = (...frames: Uint8Array[]): WireEvent[] =>
  decodeAll([join([greetingFrame(), ...frames])]).slice(1);

const KEEP_ALIVE = encodeMessage({ kind: 'keepAlive', worthMs: 0, loads: [], heir: null });

const places = fc.array(fc.nat(), { maxLength: 12 });

describe('Decoder round trip', () => {
  test('gives back every HELLO', () => {
    fc.assert(
      fc.property(hello, (sent) => {
        expect(decodeAll([greetingFrame(sent)])).toEqual([{ kind: 'hello', hello: sent }]);
      }),
    );
  });

  test('gives back every kind of message, in order, however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 8 }), places, (sent, at) => {
        const bytes = join([greetingFrame(), ...sent.map((s) => s.frame)]);
        const found = decodeAll(cut(bytes, at));
        expect(found).toEqual([{ kind: 'hello', hello: SOME_HELLO }, ...sent.map((s) => s.event)]);
      }),
      { numRuns: 300 },
    );
  });

  test('gives back messages that arrive byte by byte', () => {
    fc.assert(
      fc.property(message, (sent) => {
        const bytes = [...join([greetingFrame(), encodeMessage(sent)])].map((byte) =>
          Uint8Array.of(byte),
        );
        expect(decodeAll(bytes).at(-1)).toEqual({ kind: 'message', message: sent });
      }),
      { numRuns: 20 },
    );
  });

  test('a REFUSAL is read instead of a HELLO and after it, and is the last event', () => {
    const refusal = encodeRefusal('another session');
    const said = { kind: 'refusal', reason: 'another session' };
    expect(decodeAll([join([refusal, greetingFrame()]), greetingFrame()])).toEqual([said]);
    expect(afterHello(refusal, KEEP_ALIVE)).toEqual([said]);
  });

  test('a long reason is cut to what peers accept', () => {
    const [found] = decodeAll([encodeRefusal('x'.repeat(5000))]);
    expect(found).toEqual({ kind: 'refusal', reason: 'x'.repeat(256) });
  });
});

describe('Decoder of hostile bytes', () => {
  const isQuiet = (chunks: readonly Uint8Array[]): void => {
    const found = decodeAll(chunks);
    const bad = found.findIndex((e) => e.kind === 'malformed' || e.kind === 'refusal');
    if (bad >= 0) expect(bad).toBe(found.length - 1);
  };

  test('garbage never throws, and gives no event after the first malformed one', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 2000 }), { maxLength: 5 }), (chunks) =>
        isQuiet(chunks),
      ),
      { numRuns: 300 },
    );
  });

  test('garbage in frames of every type never throws', () => {
    const frame = fc
      .tuple(fc.integer({ min: 0, max: 8 }), fc.uint8Array({ maxLength: 200 }))
      .map(([type, body]) => rawFrame(type, body));
    fc.assert(
      fc.property(frame, places, (bytes, at) => isQuiet(cut(join([greetingFrame(), bytes]), at))),
      { numRuns: 300 },
    );
  });

  test('any JSON in frames of every type never throws', () => {
    const frame = fc
      .tuple(fc.integer({ min: 1, max: 6 }), fc.json())
      .map(([type, body]) => rawFrame(type, body));
    fc.assert(fc.property(frame, (bytes) => isQuiet([greetingFrame(), bytes])));
  });

  test('a flipped bit never throws', () => {
    fc.assert(
      fc.property(event, fc.nat(), ({ frame }, position) => {
        const bytes = join([greetingFrame(), frame]);
        const at = position % (bytes.length * 8);
        bytes[at >> 3] = (bytes[at >> 3] as number) ^ (1 << (at & 7));
        isQuiet([bytes]);
      }),
      { numRuns: 500 },
    );
  });

  test('a truncated frame gives nothing', () => {
    fc.assert(
      fc.property(event, fc.nat(), ({ frame }, position) => {
        expect(afterHello(frame.slice(0, position % frame.length))).toEqual([]);
      }),
    );
  });

  test('a length beyond the bound is malformed before the body has arrived', () => {
    const claim = (type: number, bytes: number): WireEvent[] => {
      const frame = rawFrame(type, '');
      new DataView(frame.buffer).setUint32(0, bytes + 1);
      return type === 1 ? decodeAll([frame]) : afterHello(frame);
    };
    const bounds = [
      [1, WIRE_LIMITS.jsonBytesMax],
      [2, messageCodec.bytesMax],
      [3, dataMessageCodec.bytesMax],
      [4, lotBytesMax(WIRE_LIMITS.payloadBytesMax)],
      [5, WIRE_LIMITS.jsonBytesMax],
    ] as const;
    for (const [type, most] of bounds) {
      expect(claim(type, most)).toEqual([]);
      expect(claim(type, most + 1)).toMatchObject([{ fault: 'length' }]);
    }
    expect(claim(4, 0xff_ff_ff_fe)).toMatchObject([{ fault: 'length' }]);
    expect(claim(2, -1)).toMatchObject([{ fault: 'length' }]);
  });

  test('an unknown type is malformed', () => {
    expect(afterHello(rawFrame(9, '{}'))).toMatchObject([{ fault: 'type' }]);
    expect(afterHello(rawFrame(0, '{}'))).toMatchObject([{ fault: 'type' }]);
  });

  test('frames out of order are malformed', () => {
    expect(decodeAll([KEEP_ALIVE])).toEqual([
      { kind: 'malformed', fault: 'turn', reason: 'the first frame is not HELLO' },
    ]);
    expect(afterHello(greetingFrame())).toEqual([
      { kind: 'malformed', fault: 'turn', reason: 'a second HELLO' },
    ]);
  });

  test('another version is distinguished from a malformed HELLO', () => {
    const other = rawFrame(1, JSON.stringify({ ...SOME_HELLO, version: 9, more: true }));
    expect(decodeAll([other])).toEqual([
      {
        kind: 'malformed',
        fault: 'version',
        reason: 'protocol version 9 is not supported: this is version 8',
      },
    ]);
    const bad = rawFrame(1, JSON.stringify({ ...SOME_HELLO, id: 'me' }));
    expect(decodeAll([bad])).toMatchObject([{ fault: 'shape', reason: 'hello.id: custom' }]);
  });

  test('an HTTP request is malformed at once', () => {
    const request = new TextEncoder().encode('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    expect(decodeAll([request])).toMatchObject([{ kind: 'malformed' }]);
  });

  test('a reason never quotes what was sent', () => {
    const secret = { kind: 'keepAlive', hunter2: 'hunter2' };
    const [found] = afterHello(rawFrame(5, JSON.stringify(secret)));
    expect(found).toMatchObject({ kind: 'malformed', fault: 'shape' });
    expect(JSON.stringify(found)).not.toContain('hunter2');
  });

  test('additional fields of a JSON body are refused', () => {
    expect(afterHello(rawFrame(5, '{"kind":"keepAlive"}'))).toMatchObject([{ kind: 'client' }]);
    for (const more of ['"more":1', '"__proto__":{"kind":"leaving"}']) {
      const found = afterHello(rawFrame(5, `{"kind":"keepAlive",${more}}`));
      expect(found).toMatchObject([{ kind: 'malformed', fault: 'shape' }]);
    }
  });
});
