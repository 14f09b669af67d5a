import { describe, expect, test } from 'vitest';
import { createSessionEvents } from '../../../src/cluster/webhooks/session-events.js';

const OFF = { sources: [], playing: null, title: null };
const sourcesOf = (priorities: Record<string, number>) =>
  Object.entries(priorities).map(([id, priority]) => ({ id, priority }));

/** Shows views one second after the other; what is said of each. */
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
  test('tell that a source is up, what it plays, and that it is gone', () => {
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

  test('take the first view for how things stand', () => {
    expect(play([{ a: 9, b: 1 }, 'a', 'One'], [{ a: 9, b: 1 }, 'a', 'One'])).toEqual([[], []]);
  });

  test('do not tell of a source that is away for a moment', () => {
    const views = [
      [{ a: 9 }, 'a'],
      [{}, null],
      [{}, null],
      [{ a: 9 }, null],
      [{ a: 9 }, 'a'],
    ] as const;
    expect(play(...views).flat()).toEqual([]);
  });

  test('tell once that a fallback is engaged, and once that it has ended', () => {
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

  test('see a second fallback, and no end until something as good as the first is back', () => {
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

  test('take neither a better source nor an equal one for a fallback', () => {
    const all = { a: 5, b: 5, c: 9 };
    expect(play([all, 'a'], [all, 'b'], [all, 'c']).flat()).toEqual([]);
  });

  test('take what begins after a silence for no fallback, but the end of one for its end', () => {
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

  test('repeat no title after a silence', () => {
    const said = play([{ a: 9 }, 'a', 'One'], [{ a: 9 }, null], [{ a: 9 }, 'a', 'One']);
    expect(said.flat()).toEqual([]);
    expect(createSessionEvents().handle(OFF, 0)).toEqual([]);
  });
});
