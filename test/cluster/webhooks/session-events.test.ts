import { describe, expect, test } from 'vitest';
import { createSessionEvents } from '../../../src/cluster/webhooks/session-events.js';

const OFF = { sources: [], playing: null, title: null };
const sourcesOf = (priorities: Record<string, number>) =>
  Object.entries(priorities).map(([id, priority]) => ({ id, priority }));

/** Takes one status each second; the events of each. */
function play(...views: (readonly [Record<string, number>, string | null, string?])[]): string[][] {
  const events = createSessionEvents();
  return views.map(([priorities, playing, title = null], second) =>
    events
      .handle({ sources: sourcesOf(priorities), playing, title }, second * 1000)
      .map(({ event, source, priority, title: song }) =>
        [event, source, priority, ...(song === null ? [] : [song])].join(' '),
      ),
  );
}

describe('Session events', () => {
  test('report that a source is up, its titles, and that it is down', () => {
    const said = play([{}, null], [{ a: 9 }, null], [{ a: 9 }, 'a', 'One'], [{ a: 9 }, 'a', 'Two']);
    expect(said).toEqual([
      [],
      ['source.up a 9'],
      ['title.changed a 9 One'],
      ['title.changed a 9 Two'],
    ]);
    const gone = play([{ a: 9 }, 'a', 'One'], [{}, 'a', 'One'], [{}, null], [{}, null], [{}, null]);
    expect(gone).toEqual([[], [], [], ['source.down a 9'], []]);
  });

  test('take the first status for the starting point', () => {
    expect(play([{ a: 9, b: 1 }, 'a', 'One'], [{ a: 9, b: 1 }, 'a', 'One'])).toEqual([[], []]);
  });

  test('do not report a source that is missing for a moment', () => {
    const views = [
      [{ a: 9 }, 'a'],
      [{}, null],
      [{}, null],
      [{ a: 9 }, null],
      [{ a: 9 }, 'a'],
    ] as const;
    expect(play(...views).flat()).toEqual([]);
  });

  test('report once that a fallback is engaged, and once that it has ended', () => {
    const said = play(
      [{ a: 9, b: 5, c: 1 }, 'a', 'Live'],
      [{ b: 5, c: 1 }, 'b', 'Loop'],
      [{ b: 5, c: 1 }, 'b', 'Loop'],
      [{ a: 9, b: 5, c: 1 }, 'a', 'Live'],
      [{ a: 9, b: 5, c: 1 }, 'a', 'Live'],
    );
    expect(said).toEqual([
      [],
      ['fallback.engaged b 5 Loop', 'title.changed b 5 Loop'],
      [],
      ['fallback.ended a 9 Live', 'title.changed a 9 Live'],
      [],
    ]);
  });

  test('report a second fallback, and no end until a source of the first priority is back', () => {
    const all = { a: 9, b: 5, c: 1 };
    const said = play([all, 'a'], [all, 'b'], [all, 'c'], [all, 'b'], [all, 'a'], [all, 'a']);
    const events = [
      [],
      ['fallback.engaged b 5'],
      ['fallback.engaged c 1'],
      [],
      ['fallback.ended a 9'],
      [],
    ];
    expect(said).toEqual(events);
  });

  test('treat a source that sends digital silence as one that is down', () => {
    const events = createSessionEvents();
    const [a, b] = [
      { id: 'a', priority: 9 },
      { id: 'b', priority: 0 },
    ];
    const views = [
      { sources: [a, b], playing: 'a', title: null },
      ...Array(4).fill({ sources: [{ ...a, silent: true }, b], playing: 'b', title: null }),
      { sources: [a, b], playing: 'a', title: null },
    ];
    const said = views.map((view, second) =>
      events.handle(view, second * 1000).map(({ event, source }) => `${event} ${source}`),
    );
    expect(said).toEqual([
      [],
      ['fallback.engaged b'],
      [],
      ['source.down a'],
      [],
      ['source.up a', 'fallback.ended a'],
    ]);
  });

  test('treat neither a better source nor an equal one as a fallback', () => {
    const all = { a: 5, b: 5, c: 9 };
    expect(play([all, 'a'], [all, 'b'], [all, 'c']).flat()).toEqual([]);
  });

  test('report no fallback after a silence, but the end of one that began before it', () => {
    const all = { a: 9, b: 5 };
    expect(play([all, 'a'], [all, null], [all, 'b']).flat()).toEqual([]);
    const ended = play([all, 'a'], [all, 'b'], [all, null], [all, 'a']);
    expect(ended).toEqual([[], ['fallback.engaged b 5'], [], ['fallback.ended a 9']]);
  });

  test('know the priority of a source that has been withdrawn and is still played', () => {
    const said = play(
      [{ a: 9, b: 5 }, 'a'],
      [{ b: 5 }, 'a'],
      [{ b: 5 }, 'a'],
      [{ b: 5 }, 'a'],
      [{ b: 5 }, 'b'],
    );
    expect(said.slice(3)).toEqual([['source.down a 9'], ['fallback.engaged b 5']]);
  });

  test('do not repeat a title after a silence', () => {
    const said = play([{ a: 9 }, 'a', 'One'], [{ a: 9 }, null], [{ a: 9 }, 'a', 'One']);
    expect(said.flat()).toEqual([]);
    expect(createSessionEvents().handle(OFF, 0)).toEqual([]);
  });
});
