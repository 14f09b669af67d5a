import { describe, expect, test } from 'vitest';
import { createListenerGroups } from '../../../src/scx/listeners/listener-groups.js';
import type { Listener } from '../../../src/scx/listeners/listener-writer.js';
import { createAudioRing } from '../../../src/scx/sound/audio-ring.js';
import { fakeConnection, range } from '../support.js';

const ring = createAudioRing({ keepMs: 1000, bytesMax: 1000, burstMs: 0, staleMs: 1000 });

const listener = (): Listener => ({
  ...{ connection: fakeConnection(), ring, icy: undefined, group: undefined },
  ...{ next: 0, frame: undefined, queuedBytes: 0, tookAt: 0 },
});

describe('Groups of listeners', () => {
  test('are of the same size, and served one after the other', () => {
    const groups = createListenerGroups(3);
    const listeners = range(0, 6).map(listener);
    for (const each of listeners) groups.add(each);
    const served = range(0, 4).map(() => [...groups.next()]);
    expect(served.map((group) => group.length)).toEqual([2, 2, 2, 2]);
    expect(new Set(served.slice(0, 3).flat())).toEqual(new Set(listeners));
    expect(served[3]).toEqual(served[0]);
    expect(groups.all()).toHaveLength(6);
  });

  test('fill the gap that a listener has left', () => {
    const groups = createListenerGroups(2);
    const [one, two, three, four] = [listener(), listener(), listener(), listener()];
    for (const each of [one, two, three, four]) groups.add(each);
    groups.remove(two);
    const late = listener();
    groups.add(late);
    expect(late.group).toBe(two.group);
  });

  test('count those that are there, once each', () => {
    const groups = createListenerGroups(2);
    const one = listener();
    expect(groups.remove(one)).toBe(false);
    groups.add(one);
    groups.add(listener());
    expect([groups.remove(one), groups.remove(one)]).toEqual([true, false]);
    expect([groups.count, groups.peak]).toEqual([1, 2]);
    groups.clear();
    expect([groups.count, groups.peak, groups.all()]).toEqual([0, 2, []]);
  });
});
