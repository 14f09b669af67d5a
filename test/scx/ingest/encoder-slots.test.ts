import { describe, expect, test } from 'vitest';
import type { SourceId } from '../../../src/gossamer/core/node.js';
import {
  createEncoderSlots,
  type EncoderSlot,
  type EncoderSlots,
} from '../../../src/scx/ingest/encoder-slots.js';

const STUDIO = { address: '198.51.100.7', agent: 'butt' };
const MOBILE = { address: '203.0.113.9', agent: 'butt' };
const OTHER = { address: '198.51.100.7', agent: 'mixxx' };

const notRivalled = () => false;

/** Takes a slot, as an encoder that streams does. */
function occupy(slots: EncoderSlots, priority: number, who = STUDIO, now = 0): EncoderSlot {
  const slot = slots.take(priority, who, now);
  if (slot === undefined) throw new Error('the slot is taken');
  const stream = {
    isOpen: true,
    setTitle: () => undefined,
    end: () => {
      stream.isOpen = false;
    },
    tick: () => undefined,
  };
  return Object.assign(slot, { client: who, stream, frameAt: now });
}

const leave = (slot: EncoderSlot): void =>
  slot.stream?.end({ status: 200, reason: 'the test says so' });

describe('A slot', () => {
  test('is one source for each priority, for as long as the SCX lives', () => {
    const slots = createEncoderSlots(notRivalled);
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

  test('is refused to other encoders while its own is heard', () => {
    const slots = createEncoderSlots(notRivalled);
    const slot = occupy(slots, 128);
    for (const who of [MOBILE, OTHER]) {
      expect(slots.take(128, who, 0)).toBeUndefined();
      expect(slots.take(128, who, 2000)).toBeUndefined();
    }
    slot.frameAt = 5000;
    expect(slots.take(128, OTHER, 7000)).toBeUndefined();
  });

  test('is free when its encoder has ended, or was not heard for two seconds', () => {
    const slots = createEncoderSlots(notRivalled);
    const slot = occupy(slots, 128);
    expect(slots.take(128, OTHER, 2001)).toBe(slot);
    leave(slot);
    expect(slots.take(128, OTHER, 1)).toBe(slot);
  });

  test('is given at once to the same program at the same address, though that seems to be heard', () => {
    const slots = createEncoderSlots(notRivalled);
    const slot = occupy(slots, 128);
    expect(slots.take(128, { ...STUDIO }, 1)).toBe(slot);
  });

  test('is refused while a source of its priority is heard elsewhere', () => {
    const rivals = new Set([128]);
    const asked: (SourceId | undefined)[] = [];
    const slots = createEncoderSlots((priority, own) => {
      asked.push(own);
      return rivals.has(priority);
    });
    expect(slots.take(128, STUDIO, 0)).toBeUndefined();
    expect(slots.all()).toEqual([]);
    expect(slots.take(127, STUDIO, 0)).toBeDefined();
    rivals.clear();
    const slot = occupy(slots, 128);
    rivals.add(128);
    expect(slots.take(128, STUDIO, 9999)).toBeUndefined();
    expect(asked).toEqual([undefined, undefined, undefined, slot.id]);
  });
});

describe('A title', () => {
  test('belongs to the slot of its mount, if that has a priority', () => {
    const slots = createEncoderSlots(notRivalled);
    const [high, low] = [occupy(slots, 200), occupy(slots, 50, MOBILE)];
    expect(slots.find(50, STUDIO)).toBe(low);
    expect(slots.find(200, MOBILE)).toBe(high);
    expect(slots.find(128, STUDIO)).toBeUndefined();
  });

  test('belongs otherwise to an encoder that streams, from the same machine, of the highest priority', () => {
    const slots = createEncoderSlots(notRivalled);
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
