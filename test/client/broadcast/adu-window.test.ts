import { describe, expect, test } from 'vitest';
import { createAduWindow, type OwnAdu } from '../../../src/client/broadcast/adu-window.js';

const adu = (channel: number, sequence: number): OwnAdu => ({
  channel,
  sequence,
  timestampMs: 0,
  payload: new Uint8Array(),
});
const audio = (sequence: number): OwnAdu => adu(1, sequence);
const notice = (sequence: number): OwnAdu => adu(2, sequence);

/** Takes everything, as `channel/sequence`. */
const drain = (window: ReturnType<typeof createAduWindow>): string[] => {
  const taken: string[] = [];
  for (let next = window.take(3); next.length > 0; next = window.take(3)) {
    taken.push(...next.map(({ channel, sequence }) => `${channel}/${sequence}`));
  }
  return taken;
};

describe('The window of ADUs', () => {
  test('gives each ADU once, in order', () => {
    const window = createAduWindow(100);
    window.add(notice(0), 0);
    window.add(audio(0), 50);
    window.add(audio(1), 50);
    expect(window.unsentMs).toBe(100);
    expect(drain(window)).toEqual(['2/0', '1/0', '1/1']);
    expect(window.unsentMs).toBe(0);
    expect(drain(window)).toEqual([]);
  });

  test('gives the last sent audio again after a rewind, then what was never sent', () => {
    const window = createAduWindow(100);
    for (let sequence = 0; sequence < 10; sequence++) window.add(audio(sequence), 50);
    drain(window);
    window.add(audio(10), 50);
    window.rewind();
    expect(window.unsentMs).toBe(150);
    expect(drain(window)).toEqual(['1/8', '1/9', '1/10']);
  });

  test('keeps at least the given time of audio, and not a frame more', () => {
    const window = createAduWindow(2000);
    for (let sequence = 0; sequence < 10_000; sequence++) {
      window.add(audio(sequence), 26.122);
      window.take(1);
    }
    expect(window.unsentMs).toBe(0);
    window.rewind();
    expect(drain(window)).toHaveLength(Math.ceil(2000 / 26.122));
    expect(window.unsentMs).toBe(0);
  });

  test('gives the last notice again however old it is, and before the audio', () => {
    const window = createAduWindow(100);
    window.add(notice(0), 0);
    window.add(notice(1), 0);
    for (let sequence = 0; sequence < 10; sequence++) window.add(audio(sequence), 50);
    drain(window);
    window.rewind();
    expect(drain(window)).toEqual(['2/1', '1/8', '1/9']);
    window.rewind();
    expect(drain(window)).toEqual(['2/1', '1/8', '1/9']);
  });

  test('gives a recent notice again in its place', () => {
    const window = createAduWindow(100);
    for (let sequence = 0; sequence < 4; sequence++) window.add(audio(sequence), 50);
    window.add(notice(0), 0);
    window.add(audio(4), 50);
    drain(window);
    window.rewind();
    expect(drain(window)).toEqual(['1/3', '2/0', '1/4']);
  });

  test('gives nothing twice after two rewinds in a row', () => {
    const window = createAduWindow(100);
    window.add(notice(0), 0);
    for (let sequence = 0; sequence < 4; sequence++) window.add(audio(sequence), 50);
    drain(window);
    window.rewind();
    window.rewind();
    expect(drain(window)).toEqual(['2/0', '1/2', '1/3']);
  });

  test('has nothing to give again when nothing was sent', () => {
    const window = createAduWindow(100);
    window.rewind();
    expect(drain(window)).toEqual([]);
  });
});
