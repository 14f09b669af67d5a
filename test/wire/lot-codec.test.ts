import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Lot, SourceId } from '../../src/gossamer/core/node.js';
import { createDecoder, type WireEvent } from '../../src/wire/decoder.js';
import {
  adusIn,
  completeStatement,
  createStatement,
  decodeLot,
  encodeLot,
  LOT_ADUS_MAX,
  type LotFrame,
  lotFrameBytes,
} from '../../src/wire/lot-codec.js';
import { greetingFrame, join, lotFrame, rawFrame } from './support.js';

const hashOf = (payload: Uint8Array): Uint8Array => new Uint8Array(16).fill(payload[0] ?? 0);

const PAYLOADS = [Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5)];

const HEAD = {
  source: '0123456789abcdef' as SourceId,
  epoch: 2,
  channel: 1,
  first: 7,
  timeMs: 1000,
};

const statedBy = (payloads: readonly Uint8Array[], timestampMs = 999) =>
  payloads.map((payload) => ({ timestampMs, payload, hash: hashOf(payload) }));

const lotOf = (payloads = PAYLOADS): Lot => ({
  ...HEAD,
  count: payloads.length,
  statement: createStatement(HEAD, statedBy(payloads)),
  signature: new Uint8Array(64).fill(9),
});

const received = (frame: Uint8Array): LotFrame => {
  const found = decodeLot(frame);
  if (!found.ok) throw new Error(found.problems[0]);
  return found.value;
};

describe('A lot on the wire', () => {
  test('is laid out as in the table', () => {
    const frame = Buffer.from(encodeLot(lotOf(), [PAYLOADS[0], undefined]));
    expect(frame.toString('hex')).toBe(
      '0000007a' +
        '04' +
        '01010201' +
        '0123456789abcdef' +
        '000000000002' +
        '000000000007' +
        '0000000003e8' +
        '09'.repeat(64) +
        '00010003' +
        '00010002' +
        '010203' +
        '04'.repeat(16),
    );
  });

  test('comes back whole, or in parts that prove themselves: each has all that is signed', () => {
    fc.assert(
      fc.property(lotFrame, ({ lot, payloads, frame }) => {
        const found = received(frame);
        completeStatement(found, hashOf);
        const whole = payloads.map((payload) => payload && hashOf(payload));
        for (const [index, hash] of whole.entries()) {
          const at = 30 + 20 * index + 4;
          if (hash !== undefined) expect(found.lot.statement.slice(at, at + 16)).toEqual(hash);
        }
        const adus = adusIn(found, found.lot);
        expect(adus.map(({ payload }) => payload)).toEqual(payloads.filter(Boolean));
        expect(adus.every(({ sequence }) => payloads[sequence - lot.first] !== undefined)).toBe(
          true,
        );
      }),
    );
  });

  test('has the length that is computed without building it', () => {
    fc.assert(
      fc.property(lotFrame, ({ lot, payloads, frame }) => {
        const present = payloads.flatMap((payload) => (payload ? [payload.length] : []));
        expect(lotFrameBytes(lot.count, present)).toBe(frame.length);
      }),
    );
  });

  test('is encoded once when it is whole, and forwarded as it came', () => {
    const lot = lotOf();
    expect(encodeLot(lot, PAYLOADS)).toBe(encodeLot(lot, PAYLOADS));
    const found = received(encodeLot(lot, PAYLOADS).slice());
    const payloads = adusIn(found, found.lot).map(({ payload }) => payload);
    expect(encodeLot(found.lot, payloads)).toBe(found.frame);
    expect(payloads[0]?.buffer).toBe(found.frame.buffer);
  });

  test('dates an ADU by its age, up to 65 s', () => {
    const dated = (timestampMs: number): number | undefined => {
      const head = { ...HEAD, timeMs: 100_000 };
      const statement = createStatement(head, statedBy([Uint8Array.of(1)], timestampMs));
      const lot = { ...lotOf([Uint8Array.of(1)]), ...head, statement };
      return adusIn(received(encodeLot(lot, [Uint8Array.of(1)])), lot)[0]?.timestampMs;
    };
    expect([99_999.5, 100_000, 100_005, 40_000, 0].map(dated)).toEqual([
      99_999, 100_000, 100_000, 40_000, 34_465,
    ]);
  });
});

describe('A malformed lot', () => {
  const eventsOf = (...frames: Uint8Array[]): WireEvent[] =>
    createDecoder()
      .push(join([greetingFrame(), ...frames]))
      .slice(1);

  const spoil = (at: number, value: number): WireEvent[] => {
    const frame = encodeLot(lotOf(), PAYLOADS).slice();
    frame[5 + at] = value;
    return eventsOf(frame);
  };

  test.each([
    ['another version', 0, 2, 'version 2'],
    ['no ADU', 2, 0, '0 ADUs'],
    ['too many ADUs', 2, LOT_ADUS_MAX + 1, '9 ADUs'],
    ['no payload', 3, 0, 'no ADU, or unknown ones'],
    ['payloads of unknown ADUs', 3, 7, 'no ADU, or unknown ones'],
    ['an empty ADU', 97, 0, 'an empty ADU'],
    ['another length', 97, 4, 'lengths of payloads and frame disagree'],
    ['an ADU that is older than all time', 94, 255, 'its ages'],
  ])('with %s', (_what, at, value, reason) => {
    expect(spoil(at, value)).toMatchObject([{ fault: 'lot', reason: `lot: ${reason}` }]);
  });

  test('with numbers beyond 48 bits', () => {
    const frame = encodeLot(lotOf(), PAYLOADS).slice();
    frame.fill(0xff, 5 + 18, 5 + 24);
    expect(eventsOf(frame)).toMatchObject([{ reason: 'lot: numbers of more than 48 bits' }]);
  });

  test('shorter than its header, or than its entries', () => {
    expect(eventsOf(rawFrame(4, new Uint8Array(97)))).toMatchObject([{ fault: 'lot' }]);
    const frame = encodeLot(lotOf(), PAYLOADS).slice(5, 5 + 94 + 4);
    expect(eventsOf(rawFrame(4, frame))).toMatchObject([
      { reason: 'lot: shorter than its entries' },
    ]);
  });
});
