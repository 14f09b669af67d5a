import { describe, expect, test } from 'vitest';
import type { SourceId } from '../../../src/gossamer/core/node.js';
import { isSourceOf } from '../../../src/overlay/lots/source-id.js';
import { drawSigningKey } from '../../../src/runtime/signing-key.js';
import {
  createEncoderSlots,
  type EncoderSlot,
  type EncoderSlots,
  type Rival,
} from '../../../src/scx/ingest/encoder-slots.js';
import { STATION_KEY } from '../../session/signed.js';

const DJ_KEY = drawSigningKey();
const STUDIO = { address: '198.51.100.7', agent: 'butt' };
const MOBILE = { address: '203.0.113.9', agent: 'butt' };
const OTHER = { address: '198.51.100.7', agent: 'mixxx' };

const noRival = () => undefined;

/** Takes a slot, as an encoder that streams does. */
function occupy(
  slots: EncoderSlots,
  priority: number,
  who = STUDIO,
  now = 0,
  key = STATION_KEY,
): EncoderSlot {
  const claim = slots.claim(priority, key, now, now);
  if (claim.kind !== 'free') throw new Error('the slot is taken');
  const stream = {
    isOpen: true,
    setTitle: () => undefined,
    end: () => {
      stream.isOpen = false;
    },
    tick: () => undefined,
  };
  return Object.assign(claim.slot, { client: who, stream, frameAt: now });
}

const leave = (slot: EncoderSlot): void =>
  slot.stream?.end({ status: 200, reason: 'the test says so' });

describe('A slot', () => {
  test('is one source for each priority, for as long as the SCX lives', () => {
    const slots = createEncoderSlots(noRival);
    const [high, low] = [occupy(slots, 200), occupy(slots, 50)];
    expect(high.id).toMatch(/^[0-9a-f]{16}$/);
    expect(high.id).not.toBe(low.id);
    expect([high.priority, low.priority]).toEqual([200, 50]);
    Object.assign(high, { nextAudio: 7, nextNotice: 2, title: 'Moonlight' });
    leave(high);
    const again = occupy(slots, 200, MOBILE, 3_600_000);
    expect(again).toMatchObject({ id: high.id, nextAudio: 7, nextNotice: 2, title: 'Moonlight' });
    expect(slots.all()).toHaveLength(2);
  });

  test('is another source with another key, whose numbers begin anew', () => {
    const slots = createEncoderSlots(noRival);
    const station = occupy(slots, 128);
    Object.assign(station, { nextAudio: 7, title: 'Moonlight' });
    leave(station);
    const dj = occupy(slots, 128, MOBILE, 9000, DJ_KEY);
    expect(dj).toMatchObject({ nextAudio: 0, title: undefined, key: DJ_KEY });
    expect([
      isSourceOf(station.id, STATION_KEY.publicKey),
      isSourceOf(dj.id, DJ_KEY.publicKey),
    ]).toEqual([true, true]);
    expect(slots.all()).toEqual([dj]);
  });

  test('of a silent encoder is given to another key with the stream that is to be ended', () => {
    const slots = createEncoderSlots(noRival);
    const { stream } = occupy(slots, 128);
    const claim = slots.claim(128, DJ_KEY, 1, 9000);
    expect(claim).toMatchObject({ kind: 'free', slot: { key: DJ_KEY } });
    expect(claim.kind === 'free' && claim.slot.stream).toBe(stream);
  });

  test('is kept by its encoder, whoever asks, if that is heard after the request', () => {
    const slots = createEncoderSlots(noRival);
    const slot = occupy(slots, 128, STUDIO, 1000);
    expect(slots.claim(128, STATION_KEY, 1000, 1000)).toEqual({ kind: 'undecided' });
    slot.frameAt = 1500; // may have been under way
    expect(slots.claim(128, STATION_KEY, 1000, 1500)).toEqual({ kind: 'undecided' });
    slot.frameAt = 1501;
    expect(slots.claim(128, STATION_KEY, 1000, 1501)).toEqual({ kind: 'taken', by: STUDIO });
  });

  test('is free when its encoder has ended', () => {
    const slots = createEncoderSlots(noRival);
    const slot = occupy(slots, 128);
    leave(slot);
    expect(slots.claim(128, STATION_KEY, 1, 1)).toEqual({ kind: 'free', slot });
  });

  test('is free when its encoder has been silent for two seconds, and not before', () => {
    const slots = createEncoderSlots(noRival);
    const slot = occupy(slots, 128);
    expect(slots.claim(128, STATION_KEY, 1999, 2000)).toEqual({ kind: 'undecided' });
    expect(slots.claim(128, STATION_KEY, 1999, 2001)).toEqual({ kind: 'free', slot });
  });

  test('is kept by a source of its priority that is heard elsewhere, and free when that is not', () => {
    const rivals = new Map<number, Rival>();
    const asked: (SourceId | undefined)[] = [];
    const slots = createEncoderSlots((priority, own) => {
      asked.push(own);
      return rivals.get(priority);
    });
    const source = 'a'.repeat(16) as SourceId;
    rivals.set(128, { source, heardAt: 1000 });
    expect(slots.claim(128, STATION_KEY, 900, 1000)).toEqual({ kind: 'undecided' });
    expect(slots.claim(127, STATION_KEY, 900, 1000)).toMatchObject({ kind: 'free' });
    rivals.set(128, { source, heardAt: 1401 });
    expect(slots.claim(128, STATION_KEY, 900, 1401)).toEqual({ kind: 'taken', by: { source } });
    expect(slots.claim(128, STATION_KEY, 900, 3402)).toMatchObject({ kind: 'free' });
    const slot = occupy(slots, 128, STUDIO, 9000);
    rivals.set(128, { source, heardAt: 9600 });
    expect(slots.claim(128, STATION_KEY, 9000, 9700)).toEqual({ kind: 'taken', by: { source } });
    slot.frameAt = 9601;
    expect(slots.claim(128, STATION_KEY, 9000, 9700)).toEqual({ kind: 'taken', by: STUDIO });
    leave(slot);
    expect(slots.claim(128, STATION_KEY, 9000, 9700)).toEqual({ kind: 'taken', by: { source } });
    expect(asked.at(-1)).toBe(slot.id);
  });
});

describe('A title', () => {
  test('belongs to the slot of its mount, if that has a priority', () => {
    const slots = createEncoderSlots(noRival);
    const [high, low] = [occupy(slots, 200), occupy(slots, 50, MOBILE)];
    expect(slots.find(50, STUDIO)).toBe(low);
    expect(slots.find(200, MOBILE)).toBe(high);
    expect(slots.find(128, STUDIO)).toBeUndefined();
  });

  test('belongs to a slot of its key only, if it has one', () => {
    const slots = createEncoderSlots(noRival);
    const [station, dj] = [occupy(slots, 200), occupy(slots, 50, MOBILE, 0, DJ_KEY)];
    expect(slots.find(undefined, STUDIO, DJ_KEY.publicKey)).toBe(dj);
    expect(slots.find(200, MOBILE, DJ_KEY.publicKey)).toBeUndefined();
    expect(slots.find(200, MOBILE, STATION_KEY.publicKey)).toBe(station);
  });

  test('belongs otherwise to an encoder that streams, from the same machine, of the highest priority', () => {
    const slots = createEncoderSlots(noRival);
    expect(slots.find(undefined, STUDIO)).toBeUndefined();
    const mobile = occupy(slots, 250, MOBILE);
    const [low, high] = [occupy(slots, 50), occupy(slots, 60)];
    expect(slots.find(undefined, STUDIO)).toBe(high);
    expect(slots.find(undefined, OTHER)).toBe(high);
    expect(slots.find(undefined, { address: '192.0.2.1', agent: '' })).toBe(mobile);
    leave(high);
    expect(slots.find(undefined, STUDIO)).toBe(low);
    leave(low);
    expect(slots.find(undefined, STUDIO)).toBe(mobile);
  });
});
