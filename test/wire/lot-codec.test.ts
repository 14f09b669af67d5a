import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Lot, SourceId } from '../../src/gossamer/core/node.js';
import { createDecoder, type WireEvent } from '../../src/wire/decoder.js';
import {
  adusIn,
  completeStatement,
  createLot,
  decodeLot,
  encodeLot,
  LOT_ADUS_MAX,
  type LotFrame,
  lotFrameBytes,
} from '../../src/wire/lot-codec.js';
import { greetingFrame, join, rawFrame, sentLot, someHash } from './support.js';

const PAYLOADS = [Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5), Uint8Array.of(6)];

const HEAD = {
  source: '0123456789abcdef' as SourceId,
  epoch: 2,
  channel: 1,
  first: 7,
  timeMs: 1000,
  timestampMs: 999,
};

const lotOf = (payloads: readonly Uint8Array[] = PAYLOADS, timestampMs = 999): Lot => ({
  ...createLot({ ...HEAD, timestampMs }, payloads, someHash),
  signature: new Uint8Array(64).fill(9),
});

const received = (frame: Uint8Array): LotFrame => {
  const found = decodeLot(frame);
  if (!found.ok) throw new Error(found.problems[0]);
  completeStatement(found.value, someHash);
  return found.value;
};

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('A lot on the wire', () => {
  test('is laid out as in the table', () => {
    const [a, b, c] = PAYLOADS as [Uint8Array, Uint8Array, Uint8Array];
    const leaf = (payload: Uint8Array): Uint8Array => someHash(Uint8Array.of(0), payload);
    const pair = someHash(Uint8Array.of(1), leaf(a), leaf(b));
    const lot = lotOf();
    const head =
      '0101030X' + '0123456789abcdef' + '000000000002' + '000000000007' + '0000000003e8' + '0001';
    const root = someHash(Uint8Array.of(1), pair, leaf(c));
    expect(hex(lot.statement)).toBe(head.replace('X', '0') + hex(root));
    const present = (bits: string, lengths: string, rest: string): string =>
      `04${head.replace('X', bits)}${'09'.repeat(64)}${lengths}${rest}`;
    const bodyOf = (...payloads: (Uint8Array | undefined)[]): string =>
      hex(encodeLot(lot, payloads).subarray(4));
    expect(bodyOf(a, b, c)).toBe(present('7', '000300020001', '010203040506'));
    expect(bodyOf(undefined, undefined, c)).toBe(present('4', '0001', `${hex(pair)}06`));
    const others = hex(leaf(b)) + hex(leaf(c));
    expect(bodyOf(a, undefined, undefined)).toBe(present('1', '0003', `${others}010203`));
  });

  test('comes back whole, or in parts that prove themselves: each has all that is signed', () => {
    fc.assert(
      fc.property(sentLot, ({ lot, payloads, frame }) => {
        const found = received(frame);
        expect(found.lot.statement).toEqual(lot.statement);
        const adus = adusIn(found, found.lot);
        expect(adus.map(({ payload }) => payload)).toEqual(payloads.filter(Boolean));
        expect(adus.every(({ sequence }) => payloads[sequence - lot.first] !== undefined)).toBe(
          true,
        );
      }),
    );
  });

  test('has another root when any byte of a payload is another, or stands elsewhere', () => {
    fc.assert(
      fc.property(sentLot, fc.nat(), ({ lot, payloads, frame }, position) => {
        const bytes = payloads.reduce((sum, payload) => sum + (payload?.length ?? 0), 0);
        const changed = frame.slice();
        const at = changed.length - 1 - (position % bytes);
        changed[at] = (changed[at] as number) ^ 1;
        expect(received(changed).lot.statement).not.toEqual(lot.statement);
      }),
    );
    const swapped = lotOf([PAYLOADS[1], PAYLOADS[0], PAYLOADS[2]] as Uint8Array[]);
    expect(swapped.statement).not.toEqual(lotOf().statement);
  });

  test('that came in parts is passed on in any part of what came', () => {
    fc.assert(
      fc.property(sentLot, fc.array(fc.nat({ max: 255 }), { maxLength: 4 }), (sent, masks) => {
        const { lot, all } = sent;
        const part = (mask: number) => all.map((each, at) => (mask & (1 << at) ? each : undefined));
        const whole = 2 ** all.length - 1;
        const [first = whole, ...others] = masks.map((mask) => mask & whole).filter(Boolean);
        const kept = received(encodeLot(lot, part(first)).slice());
        let have = first;
        adusIn(kept, kept.lot);
        for (const mask of others) {
          adusIn(received(encodeLot(lot, part(mask)).slice()), kept.lot);
          have |= mask;
        }
        for (let mask = 1; mask <= whole; mask++) {
          if ((mask & ~have) !== 0) continue;
          const again = received(encodeLot(kept.lot, part(mask)).slice());
          expect(again.lot.statement).toEqual(lot.statement);
        }
      }),
      { numRuns: 50 },
    );
  });

  test('has the length that is computed without building it', () => {
    fc.assert(
      fc.property(sentLot, ({ payloads, frame }) => {
        expect(lotFrameBytes(payloads)).toBe(frame.length);
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

  test('dates its ADUs by their age, up to 65 s', () => {
    const dated = (timestampMs: number): number | undefined => {
      const head = { ...HEAD, timeMs: 100_000, timestampMs };
      const payloads = [Uint8Array.of(1)];
      const lot = { ...createLot(head, payloads, someHash), signature: new Uint8Array(64) };
      return adusIn(received(encodeLot(lot, payloads)), lot)[0]?.timestampMs;
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
    ['payloads of unknown ADUs', 3, 15, 'no ADU, or unknown ones'],
    ['another length', 97, 4, 'lengths of payloads and frame disagree'],
    ['ADUs that are older than all time', 30, 255, 'older than all time'],
  ])('with %s', (_what, at, value, reason) => {
    expect(spoil(at, value)).toMatchObject([{ fault: 'lot', reason: `lot: ${reason}` }]);
  });

  test('with an empty ADU', () => {
    const frame = encodeLot(lotOf([Uint8Array.of(1)]), [Uint8Array.of(1)]).slice(5, -1);
    frame[97] = 0;
    expect(eventsOf(rawFrame(4, frame))).toMatchObject([{ reason: 'lot: an empty ADU' }]);
  });

  test('with numbers beyond 48 bits', () => {
    const frame = encodeLot(lotOf(), PAYLOADS).slice();
    frame.fill(0xff, 5 + 18, 5 + 24);
    expect(eventsOf(frame)).toMatchObject([{ reason: 'lot: numbers of more than 48 bits' }]);
  });

  test('shorter than its header, or than its lengths', () => {
    expect(eventsOf(rawFrame(4, new Uint8Array(95)))).toMatchObject([{ fault: 'lot' }]);
    const frame = encodeLot(lotOf(), PAYLOADS).slice(5, 5 + 96 + 4);
    expect(eventsOf(rawFrame(4, frame))).toMatchObject([
      { reason: 'lot: shorter than its lengths' },
    ]);
  });
});
