import { describe, expect, test } from 'vitest';
import type { SourceId } from '../../../src/gossamer/core/node.js';
import { createOnAir } from '../../../src/scx/sound/on-air.js';
import { audioAdu, range, source, sourceId, titleAdu } from '../support.js';

const create = () => createOnAir({ liveMs: 1000, downMs: 100, offAirMs: 5000 });

/** The numbers that are played when a source's frames arrive at that instant. */
const hear = (
  onAir: ReturnType<typeof create>,
  digit: string,
  sequence: number,
  now: number,
): number[] => onAir.handle(audioAdu(digit, sequence), now).map((frame) => frame.sequence);

describe('What is on the air', () => {
  test('plays the only source, and says so while it is on the air', () => {
    const onAir = create();
    expect(onAir.playing(0)).toBeUndefined();
    onAir.onSourceUp(source('a'), 0);
    expect(hear(onAir, 'a', 5, 100)).toEqual([5]);
    expect(onAir.playing(200)).toBe(sourceId('a'));
    expect(onAir.playing(5200)).toBeUndefined();
  });

  test('marks where a decoder lacks the past: at the start and after a hole', () => {
    const onAir = create();
    const marks = [5, 6, 9, 10].map((sequence) => {
      const [frame] = onAir.handle(audioAdu('a', sequence), sequence * 26);
      return frame?.startsStream;
    });
    expect(marks).toEqual([true, false, true, false]);
  });

  test('plays the highest priority that is live', () => {
    const onAir = create();
    onAir.onSourceUp(source('a', 10), 0);
    onAir.onSourceUp(source('b', 20), 0);
    expect(hear(onAir, 'b', 0, 10)).toEqual([0]);
    expect(hear(onAir, 'a', 0, 20)).toEqual([]);
    expect(onAir.playing(20)).toBe(sourceId('b'));
  });

  test('changes to a better source with its first frame, and not before', () => {
    const onAir = create();
    onAir.onSourceUp(source('a', 10), 0);
    expect(hear(onAir, 'a', 0, 0)).toEqual([0]);
    onAir.onSourceUp(source('b', 20), 2000);
    expect(hear(onAir, 'a', 1, 2010)).toEqual([1]);
    const [frame] = onAir.handle(audioAdu('b', 700), 2020);
    expect(frame).toMatchObject({ sequence: 700, startsStream: true });
    expect(hear(onAir, 'a', 2, 2030)).toEqual([]);
  });

  test('waits a moment for a better source that is just up, when nothing is played yet', () => {
    const onAir = create();
    onAir.onSourceUp(source('a', 10), 0);
    onAir.onSourceUp(source('b', 20), 0);
    expect(hear(onAir, 'a', 0, 500)).toEqual([]);
    expect(hear(onAir, 'a', 1, 990)).toEqual([]);
    expect(hear(onAir, 'a', 2, 1010)).toEqual([0, 1, 2]);
  });

  test('falls back when the source is silent, with what the other one sent meanwhile', () => {
    const onAir = create();
    onAir.onSourceUp(source('a', 10), 0);
    onAir.onSourceUp(source('b', 20), 0);
    for (const n of range(0, 10)) {
      hear(onAir, 'b', n, n * 100);
      expect(hear(onAir, 'a', n, n * 100 + 50)).toEqual([]);
    }
    for (const n of range(10, 19)) expect(hear(onAir, 'a', n, n * 100 + 50)).toEqual([]);
    // Silent since 900 ms: the frames since then are played, so that no listener's buffer shrinks.
    expect(hear(onAir, 'a', 19, 1950)).toEqual(range(9, 20));
    expect(hear(onAir, 'a', 20, 2050)).toEqual([20]);
    expect(onAir.playing(2050)).toBe(sourceId('a'));
  });

  test('blames no source for a time in which this process could not listen', () => {
    const onAir = create();
    onAir.onSourceUp(source('a', 10), 0);
    onAir.onSourceUp(source('b', 20), 0);
    const hearLate = (digit: string, sequence: number): number[] =>
      onAir.handle(audioAdu(digit, sequence), 30_000, 300).map((frame) => frame.sequence);
    hear(onAir, 'b', 0, 100);
    hear(onAir, 'a', 0, 110);
    expect([hearLate('a', 1), hearLate('b', 1), hearLate('a', 2)]).toEqual([[], [1], []]);
  });

  test('goes back to the better source as soon as it is heard again', () => {
    const onAir = create();
    onAir.onSourceUp(source('a', 10), 0);
    onAir.onSourceUp(source('b', 20), 0);
    hear(onAir, 'b', 0, 0);
    expect(hear(onAir, 'a', 0, 1500)).toEqual([0]);
    expect(hear(onAir, 'b', 1, 1600)).toEqual([1]);
    expect(hear(onAir, 'a', 1, 1610)).toEqual([]);
  });

  test('stays with the present one among equals', () => {
    const onAir = create();
    onAir.onSourceUp(source('b'), 0);
    hear(onAir, 'b', 0, 0);
    onAir.onSourceUp(source('a'), 100);
    expect(hear(onAir, 'a', 0, 200)).toEqual([]);
    expect(hear(onAir, 'b', 1, 210)).toEqual([1]);
  });

  test('takes the lowest id among equals when nothing is played', () => {
    const onAir = create();
    onAir.onSourceUp(source('b'), 0);
    onAir.onSourceUp(source('a'), 0);
    expect(hear(onAir, 'b', 0, 10)).toEqual([]);
    expect(hear(onAir, 'a', 0, 20)).toEqual([0]);
  });

  test('plays to its end what a source sent before it left', () => {
    const onAir = create();
    onAir.onSourceUp(source('a'), 0);
    hear(onAir, 'a', 0, 0);
    onAir.onSourceDown(sourceId('a'));
    expect(hear(onAir, 'a', 1, 100)).toEqual([1]);
  });

  test('changes at once from a source that has left, with what the other one sent meanwhile', () => {
    const onAir = create();
    onAir.onSourceUp(source('a', 10), 0);
    onAir.onSourceUp(source('b', 20), 0);
    hear(onAir, 'b', 0, 0);
    onAir.onSourceDown(sourceId('b'));
    expect(hear(onAir, 'a', 0, 60)).toEqual([]);
    expect(hear(onAir, 'b', 1, 70)).toEqual([1]);
    expect(hear(onAir, 'a', 1, 110)).toEqual([]);
    expect(hear(onAir, 'a', 2, 171)).toEqual([1, 2]);
  });

  test('does not go back to a source that has left when more of it arrives late', () => {
    const onAir = create();
    onAir.onSourceUp(source('a', 10), 0);
    onAir.onSourceUp(source('b', 20), 0);
    hear(onAir, 'b', 0, 0);
    onAir.onSourceDown(sourceId('b'));
    expect(hear(onAir, 'a', 0, 150)).toEqual([0]);
    expect(hear(onAir, 'b', 1, 160)).toEqual([]);
    expect(hear(onAir, 'a', 1, 180)).toEqual([1]);
  });

  test('goes back to a source that left and is up again', () => {
    const onAir = create();
    onAir.onSourceUp(source('a', 10), 0);
    onAir.onSourceUp(source('b', 20), 0);
    hear(onAir, 'b', 0, 0);
    onAir.onSourceDown(sourceId('b'));
    expect(hear(onAir, 'a', 0, 200)).toEqual([0]);
    onAir.onSourceUp(source('b', 20), 300);
    expect(hear(onAir, 'b', 1, 400)).toEqual([1]);
    expect(hear(onAir, 'a', 1, 900)).toEqual([]);
  });

  test('loses nothing of a fallback whose next frame is late when silence is noticed', () => {
    const onAir = create();
    onAir.onSourceUp(source('a', 10), 0);
    onAir.onSourceUp(source('b', 20), 0);
    hear(onAir, 'b', 0, 0);
    hear(onAir, 'a', 0, 30);
    hear(onAir, 'a', 1, 990);
    expect(hear(onAir, 'a', 2, 1150)).toEqual([0, 1, 2]);
  });

  test('changes with a new priority of a source', () => {
    const onAir = create();
    onAir.onSourceUp(source('a', 10), 0);
    onAir.onSourceUp(source('b', 20), 0);
    hear(onAir, 'b', 0, 0);
    expect(hear(onAir, 'a', 0, 10)).toEqual([]);
    onAir.onSourceUp(source('a', 30, 2), 20);
    expect(hear(onAir, 'b', 1, 25)).toEqual([1]);
    expect(hear(onAir, 'a', 1, 30)).toEqual([1]);
    expect(hear(onAir, 'b', 2, 50)).toEqual([]);
  });

  test('plays a source that continues after a long silence', () => {
    const onAir = create();
    onAir.onSourceUp(source('a'), 0);
    hear(onAir, 'a', 0, 0);
    expect(hear(onAir, 'a', 1, 60_000)).toEqual([1]);
  });

  test('knows since when the source is played: a change and a silence begin anew', () => {
    const onAir = create();
    expect(onAir.since).toBeUndefined();
    onAir.onSourceUp(source('a', 100), 0);
    hear(onAir, 'a', 0, 10);
    hear(onAir, 'a', 1, 4000);
    expect(onAir.since).toBe(10);
    onAir.onSourceUp(source('b', 200), 4010);
    hear(onAir, 'b', 0, 4020);
    expect(onAir.since).toBe(4020);
    hear(onAir, 'b', 1, 60_000);
    expect(onAir.since).toBe(60_000);
  });

  test('has played since its predecessor has, if it plays the same source', () => {
    const onAir = create();
    onAir.continueSince(sourceId('a'), 5);
    expect(onAir.since).toBeUndefined();
    onAir.onSourceUp(source('a', 100), 0);
    hear(onAir, 'a', 0, 10);
    onAir.continueSince(sourceId('b'), 1);
    expect(onAir.since).toBe(10);
    onAir.continueSince(sourceId('a'), -5000);
    expect(onAir.since).toBe(-5000);
    onAir.continueSince(sourceId('a'), 20);
    expect(onAir.since).toBe(-5000);
  });

  test('drops and counts ADUs that are not exactly one MP3 frame', () => {
    const onAir = create();
    const frame = audioAdu('a', 0).payload;
    const bad = [frame.subarray(0, 100), Buffer.concat([frame, frame]), new Uint8Array(417)];
    for (const payload of bad) {
      expect(onAir.handle(audioAdu('a', 0, payload), 0)).toEqual([]);
    }
    expect(onAir.malformed).toBe(3);
  });

  test('remembers a bounded number of sources, and never forgets the one that is played', () => {
    const onAir = create();
    onAir.onSourceUp(source('a', 200), 0);
    hear(onAir, 'a', 0, 0);
    for (const n of range(0, 1000)) {
      const id = n.toString(16).padStart(16, '0');
      onAir.onSourceUp({ id: sourceId(id[0] ?? ''), priority: 1, epoch: 1 }, 1);
      onAir.handle({ ...audioAdu('0', n), source: id as never }, 10);
    }
    expect(hear(onAir, 'a', 1, 20)).toEqual([1]);
  });

  test.each([
    [63, 'Moonlight'],
    [64, null],
  ])('remembers 64 sources: after %d others a title is %s', (others, title) => {
    const onAir = create();
    onAir.handle(titleAdu('b', 'Moonlight', 0), 0);
    for (const n of range(0, others)) {
      const id = n.toString(16).padStart(16, '0') as SourceId;
      onAir.onSourceUp({ id, priority: 1, epoch: 1 }, 1);
    }
    expect(onAir.handle(audioAdu('b', 0), 2000)[0]?.title).toBe(title);
  });

  test('keeps 64 frames of a source that is not played', () => {
    const onAir = create();
    onAir.onSourceUp(source('a', 200), 0);
    onAir.onSourceUp(source('b', 100), 0);
    hear(onAir, 'a', 0, 0);
    for (const n of range(0, 100)) expect(hear(onAir, 'b', n, 1 + n)).toEqual([]);
    expect(hear(onAir, 'b', 100, 1001)).toEqual(range(36, 101));
  });
});

describe('A source that sends digital silence', () => {
  const limits = { liveMs: 1000, downMs: 100, offAirMs: 5000 };
  const loud = (digit: string, sequence: number) => {
    const adu = audioAdu(digit, sequence);
    adu.payload.fill(0xff, 4, 36);
    return adu;
  };

  /** The studio has the higher priority, and the loop is heard; one frame of each every 500 ms. */
  function create(silenceMs: number | undefined) {
    const onAir = createOnAir({ ...limits, silenceMs });
    onAir.onSourceUp(source('a', 200), 0);
    onAir.onSourceUp(source('b', 0), 0);
    const play = (from: number, to: number, studio: typeof loud, isLooping = true): void => {
      for (let now = from; now < to; now += 500) {
        if (isLooping) onAir.handle(loud('b', now), now);
        onAir.handle(studio('a', now), now);
      }
    };
    return { onAir, play };
  }

  test('is played as any other unless a limit is set', () => {
    const { onAir, play } = create(undefined);
    play(0, 60_000, audioAdu);
    expect(onAir.playing(60_000)).toBe(sourceId('a'));
    expect(onAir.silent(60_000)).toEqual([]);
  });

  test('counts as away after the limit, and is back with its first sound', () => {
    const { onAir, play } = create(3000);
    play(0, 5000, loud);
    play(5000, 8000, audioAdu);
    expect(onAir.playing(8000)).toBe(sourceId('a'));
    expect(onAir.silent(7500)).toEqual([]);
    play(8000, 9000, audioAdu);
    expect(onAir.playing(9000)).toBe(sourceId('b'));
    expect(onAir.silent(9000)).toEqual([sourceId('a')]);
    onAir.handle(loud('a', 9000), 9000);
    expect(onAir.playing(9000)).toBe(sourceId('a'));
    expect(onAir.silent(9000)).toEqual([]);
  });

  test('is played while there is no other, so that listeners stay', () => {
    const { onAir, play } = create(3000);
    play(0, 10_000, audioAdu, false);
    expect(onAir.playing(10_000)).toBe(sourceId('a'));
    expect(onAir.silent(10_000)).toEqual([sourceId('a')]);
  });

  test('has the whole limit from its beginning', () => {
    const { onAir } = create(3000);
    onAir.handle(audioAdu('a', 0), 10);
    expect([onAir.playing(10), onAir.silent(10)]).toEqual([sourceId('a'), []]);
  });
});

describe('The title', () => {
  test('changes with the music', () => {
    const onAir = create();
    onAir.onSourceUp(source('a'), 0);
    onAir.handle(titleAdu('a', 'Two', 3, 0), 0);
    const titles = range(0, 5).map((sequence) => {
      hear(onAir, 'a', sequence, sequence * 26);
      return onAir.title;
    });
    expect(titles).toEqual([null, null, null, 'Two', 'Two']);
  });

  test('of a late joiner holds at once', () => {
    const onAir = create();
    hear(onAir, 'a', 900, 0);
    onAir.handle(titleAdu('a', 'Old but true', 500), 0);
    expect(onAir.title).toBe('Old but true');
  });

  test('is that of the source that is played', () => {
    const onAir = create();
    onAir.onSourceUp(source('a', 10), 0);
    hear(onAir, 'a', 0, 0);
    onAir.handle(titleAdu('a', 'FallbackProcess', 0), 0);
    onAir.handle(titleAdu('b', 'Studio', 0), 0);
    expect(onAir.title).toBe('FallbackProcess');
    onAir.onSourceUp(source('b', 20), 10);
    hear(onAir, 'b', 0, 10);
    expect(onAir.title).toBe('Studio');
  });

  test('is one plain line, whatever was sent', () => {
    const onAir = create();
    hear(onAir, 'a', 0, 0);
    onAir.handle(titleAdu('a', '\u001b[2J A\r\n\u202eB\u0007 \t C', 0), 0);
    expect(onAir.title).toBe('[2J A B C');
    onAir.handle(titleAdu('a', 'x'.repeat(600), 0), 0);
    expect(onAir.title).toHaveLength(512);
  });

  test('does not change because of malformed notices', () => {
    const onAir = create();
    hear(onAir, 'a', 0, 0);
    onAir.handle(titleAdu('a', 'Right', 0), 0);
    const bad = ['', 'null', '{"title":1,"from":0}', '{"title":"x"}', '{"title":"x","from":-1}'];
    for (const text of [...bad, `{"title":"${'x'.repeat(5000)}","from":0}`, '[1', '\xff\xfe']) {
      const payload = Buffer.from(text, 'latin1');
      onAir.handle({ ...titleAdu('a', '', 0), payload }, 0);
    }
    expect(onAir.title).toBe('Right');
    expect(onAir.malformed).toBe(8);
  });

  test('that waits for audio that never comes is dropped for others', () => {
    const onAir = create();
    hear(onAir, 'a', 0, 0);
    for (const n of range(0, 100)) onAir.handle(titleAdu('a', `T${n}`, 10_000 + n), 0);
    hear(onAir, 'a', 10_050, 10);
    expect(onAir.title).toBeNull();
    hear(onAir, 'a', 10_095, 10);
    expect(onAir.title).toBe('T95');
  });
});
