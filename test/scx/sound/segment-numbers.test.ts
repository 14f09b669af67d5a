/** SCXs that have seen different parts of a session print the same lines for the same segments. */
import { describe, expect, test } from 'vitest';
import { mediaPlaylist } from '../../../src/scx/port/hls-playlists.js';
import { createToldPlaces } from '../../../src/scx/sound/segment-numbers.js';
import { createSegments, type Segments } from '../../../src/scx/sound/segments.js';
import { helloSchema, WIRE_VERSION } from '../../../src/wire/hello.js';
import { FRAME_MS, nodeId, played, range, sourceId } from '../support.js';

const [A, B, C] = [sourceId('a'), sourceId('b'), sourceId('c')];

type Run = readonly [source: typeof A, from: number, to: number];

/** Plays frames of sources, one after the other. */
const play = (segments: Segments, ...runs: readonly Run[]): void => {
  for (const [source, from, to] of runs) {
    const { open } = segments.state();
    const continues = open?.source === source && open.frames.at(-1)?.sequence === from - 1;
    for (const number of range(from, to)) {
      const startsStream = number === from && !continues;
      segments.append(source, { ...played(number, startsStream), timeMs: number * 26 });
    }
  }
};

/** What an SCX tells one that joins. */
const tellPlace = (from: Segments, to: Segments, unseen?: number): void => {
  const place = from.place();
  if (place !== undefined) to.tell(place, unseen);
};

/** The lines of each segment, by its name, without the mark of a break. */
function lines(segments: Segments): ReadonlyMap<string, string> {
  const listed = segments.listed();
  return new Map(
    listed.map((segment) => [
      segment.name,
      mediaPlaylist('night', [{ ...segment, startsStream: false }]),
    ]),
  );
}

/** How many segments both list; fails if one of them has other lines, or another number. */
function expectAlike(one: Segments, other: Segments): number {
  const [here, there] = [lines(one), lines(other)];
  const common = [...here.keys()].filter((name) => there.has(name));
  for (const name of common) {
    expect(there.get(name)).toBe(here.get(name));
    expect(other.find(name)?.number).toBe(one.find(name)?.number);
    expect(other.find(name)?.discontinuities).toBe(one.find(name)?.discontinuities);
  }
  return common.length;
}

describe('An SCX that joins', () => {
  test('after a change of sources prints the same lines as one that was there', () => {
    const [old, fresh] = [createSegments(), createSegments()];
    play(old, [A, 0, 730], [B, 40, 380], [A, 990, 1130], [B, 520, 710]);
    tellPlace(old, fresh);
    play(old, [B, 710, 1100]);
    play(fresh, [B, 640, 1100]);
    expect(expectAlike(old, fresh)).toBeGreaterThanOrEqual(4);
  });

  test('lists all that it gets of what its neighbours list, as players may need it', () => {
    const [old, fresh] = [createSegments(), createSegments()];
    play(old, [A, 0, 730], [B, 5040, 5560]);
    tellPlace(old, fresh);
    for (const segments of [old, fresh]) play(segments, [B, 5560, 5700]);
    const late = createSegments();
    tellPlace(old, late);
    play(late, [B, 5190, 5700]);
    expect(late.listed().map(({ number }) => number)).toEqual([10, 11, 12, 13, 14]);
    expect(expectAlike(old, late)).toBe(5);
    expect(expectAlike(old, fresh)).toBe(1);
  });

  test('directly after a change begins with the same part of a block', () => {
    const [old, fresh] = [createSegments(), createSegments()];
    play(old, [A, 0, 730], [B, 5040, 5080]);
    tellPlace(old, fresh);
    play(old, [B, 5080, 5400]);
    play(fresh, [B, 4890, 5400]);
    expect(old.listed().at(-1)?.number).toBe(11);
    expect(expectAlike(old, fresh)).toBe(4);
    expect(fresh.listed()).toHaveLength(4);
  });

  test('while nothing is on the air agrees about the source that comes next', () => {
    const [old, fresh] = [createSegments(), createSegments()];
    play(old, [A, 0, 730]);
    tellPlace(old, fresh);
    for (const segments of [old, fresh]) play(segments, [B, 0, 300]);
    expect(expectAlike(old, fresh)).toBe(3);
  });

  test('in place of one that has died never has lower numbers, whatever was unseen', () => {
    const [old, next] = [createSegments(), createSegments()];
    play(old, [A, 0, 730]);
    tellPlace(old, next, 2);
    play(old, [A, 730, 830]);
    const last = old.listed().at(-1)?.number ?? Number.NaN;
    play(next, [C, 0, 100]);
    expect(next.listed()[0]?.number).toBeGreaterThan(last);
  });

  test('counts from the first frame of its source if nobody tells it anything', () => {
    const segments = createSegments();
    play(segments, [A, 200, 400]);
    expect(segments.listed().map(({ number }) => number)).toEqual([2, 3]);
  });

  test('goes on with its own numbers, whatever it is told then', () => {
    const segments = createSegments();
    play(segments, [A, 0, 100]);
    segments.tell({ source: A, first: 0, number: 5000, last: 5000, discontinuities: 7 });
    play(segments, [A, 100, 200]);
    expect(segments.listed().map(({ number }) => number)).toEqual([0, 1]);
  });
});

describe('A place that was told', () => {
  const place = { source: A, first: 1000, number: 12, last: 14, discontinuities: 3 };

  test('decides for its source, and the highest one for another', () => {
    const told = createToldPlaces();
    told.tell(place);
    told.tell({ ...place, source: B, number: 40, last: 43 });
    expect(told.begin(A, played(1100))).toEqual({ number: 13, discontinuities: 3 });
    expect(told.begin(C, played(0))).toEqual({ number: 44, discontinuities: 4 });
  });

  test('that lies in the future is waited for only for a while, however often it is told', () => {
    const told = createToldPlaces();
    const begun = range(0, 1000).find((number) => {
      told.tell({ ...place, first: number + 200, number, last: number });
      return told.mayBegin(A, played(number));
    });
    expect(begun).toBeGreaterThan(100);
    expect(begun).toBeLessThan(15_000 / FRAME_MS);
  });

  test('with a number that no station reaches is a lie, and passed on to nobody', () => {
    const segments = createSegments();
    for (const lie of [
      { number: 2 ** 53 - 1 },
      { last: 2 ** 53 - 1 },
      { discontinuities: 2 ** 53 - 1 },
    ]) {
      segments.tell({ ...place, ...lie });
    }
    play(segments, [A, 1000, 1300]);
    expect(segments.place()).toMatchObject({ number: 10, last: 12, discontinuities: 0 });
    const hello = {
      ...{ version: WIRE_VERSION, session: 'x', purpose: 'control', id: nodeId('a') },
      ...{ address: '192.0.2.1:1', incarnation: 1, rendezvous: false },
    };
    expect(helloSchema.safeParse({ ...hello, segment: segments.place() }).success).toBe(true);
    expect(helloSchema.safeParse({ ...hello, segment: { ...place, first: -1 } }).success).toBe(
      false,
    );
  });
});
