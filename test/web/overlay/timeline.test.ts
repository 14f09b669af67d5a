/** A recording and the position in it, live and from a file. */
import { describe, expect, test } from 'vitest';
import { createTimeline, type Timeline } from '../../../web/overlay/timeline.js';
import { nodeId } from '../../scx/support.js';
import { goneLine, scxLine } from './lines.js';

const shown = ({ picture }: Timeline): string =>
  [...picture.scxs.keys()]
    .map((id) => id.at(-1))
    .sort()
    .join('');

/** SCX 1 from 1000 on, 2 from 2000 on until 3000. */
function recorded(): Timeline {
  const timeline = createTimeline({ isLive: false });
  for (const line of [scxLine('1', 1000), scxLine('2', 2000), goneLine('2', 3000)]) {
    timeline.add(line);
  }
  return timeline;
}

describe('A recording', () => {
  test('begins at its first line, and plays at the chosen speed to its end', () => {
    const timeline = recorded();
    expect([timeline.begin, timeline.end, timeline.position]).toEqual([1000, 3000, 1000]);
    timeline.pass(0);
    expect(shown(timeline)).toBe('1');
    timeline.speed = 10;
    timeline.pass(100);
    expect([timeline.position, shown(timeline)]).toEqual([2000, '12']);
    timeline.pass(5000);
    expect([timeline.position, shown(timeline)]).toEqual([3000, '1']);
    timeline.play();
    expect([timeline.position, shown(timeline)]).toEqual([1000, '1']);
  });

  test('goes back and forth', () => {
    const timeline = recorded();
    timeline.seek(9999);
    expect([timeline.position, shown(timeline), timeline.isFollowing]).toEqual([3000, '1', false]);
    timeline.seek(2500);
    expect(shown(timeline)).toBe('12');
    timeline.seek(-1);
    expect([timeline.position, shown(timeline)]).toEqual([1000, '1']);
  });

  test('stands still while it is paused', () => {
    const timeline = recorded();
    timeline.pause();
    timeline.pass(5000);
    expect(timeline.position).toBe(1000);
  });

  test('has an end to what it holds', () => {
    const timeline = createTimeline({ isLive: false, linesMax: 2 });
    const added = ['1', '2', '3'].map((digit, at) => timeline.add(scxLine(digit, at)));
    expect(added).toEqual([true, true, false]);
  });
});

describe('What is live', () => {
  test('is followed, and its picture stays the same one', () => {
    const timeline = createTimeline({ isLive: true });
    timeline.add(scxLine('1', 1000));
    const { picture } = timeline;
    timeline.pass(700); // the clock of the reader is ahead of the next line
    timeline.add(scxLine('2', 1500));
    expect([shown(timeline), timeline.position, timeline.isFollowing]).toEqual(['12', 1700, true]);
    expect(timeline.picture).toBe(picture);
  });

  test('can be looked back at, and is caught up with', () => {
    const timeline = createTimeline({ isLive: true });
    for (const line of [scxLine('1', 1000), scxLine('2', 2000)]) timeline.add(line);
    timeline.seek(1200);
    timeline.add(goneLine('1', 3000));
    expect([shown(timeline), timeline.isFollowing]).toEqual(['1', false]);
    timeline.pass(900);
    expect(shown(timeline)).toBe('12');
    timeline.pass(5000);
    expect([shown(timeline), timeline.isFollowing]).toEqual(['2', true]);
  });

  test('goes on while it is paused, and is there again afterwards', () => {
    const timeline = createTimeline({ isLive: true });
    timeline.add(scxLine('1', 1000));
    timeline.pause();
    timeline.add(scxLine('2', 2000));
    expect([shown(timeline), timeline.isFollowing]).toEqual(['1', false]);
    timeline.play();
    expect(shown(timeline)).toBe('12');
  });

  test('forgets its older half, but not what is still there', () => {
    const timeline = createTimeline({ isLive: true, linesMax: 4 });
    timeline.add(scxLine('1', 1000));
    for (let at = 2; at < 12; at++) timeline.add(scxLine('2', at * 1000, { listeners: at }));
    timeline.seek(timeline.begin);
    expect(timeline.begin).toBeGreaterThan(1000);
    expect(shown(timeline)).toBe('12');
    timeline.seek(timeline.end);
    expect(timeline.picture.scxs.get(nodeId('2'))?.sketch?.listeners).toBe(11);
  });

  test('is not put into another order by a clock that is set back', () => {
    const timeline = createTimeline({ isLive: true });
    for (const line of [scxLine('1', 5000), goneLine('1', 4000)]) timeline.add(line);
    expect([shown(timeline), timeline.end]).toEqual(['', 5000]);
  });
});
