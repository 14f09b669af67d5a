import { describe, expect, test } from 'vitest';
import {
  chooseOverlayPort,
  choosePorts,
  isForScxs,
  pairCapacity,
  portsOf,
} from '../../../src/cluster/ports/port-pairs.js';

const RANGE = { first: 8100, last: 8105 };
const pair = (http: number) => ({ http, overlay: http + 1 });
const none = new Map<number, number>();

describe('Port pairs', () => {
  test('are as many as fit the range', () => {
    expect(pairCapacity(RANGE)).toBe(3);
    expect(pairCapacity({ first: 8100, last: 8104 })).toBe(2);
    expect(pairCapacity({ first: 8100, last: 8100 })).toBe(0);
    expect(pairCapacity('any')).toBe(Number.POSITIVE_INFINITY);
  });

  test('are chosen from the lowest free one', () => {
    expect(choosePorts(RANGE, [], none, null, 0)).toEqual(pair(8100));
    expect(choosePorts(RANGE, [pair(8100), pair(8104)], none, null, 0)).toEqual(pair(8102));
    expect(choosePorts(RANGE, [8100, 8102, 8104].map(pair), none, null, 0)).toBeUndefined();
  });

  test('avoid ports that an SCX has from a pair of another range', () => {
    expect(choosePorts(RANGE, [pair(8101)], none, null, 0)).toEqual(pair(8104));
  });

  test('are the preferred ones if these are free, in the range and not avoided', () => {
    expect(choosePorts(RANGE, [], none, pair(8104), 0)).toEqual(pair(8104));
    expect(choosePorts(RANGE, [pair(8104)], none, pair(8104), 0)).toEqual(pair(8100));
    expect(choosePorts(RANGE, [], none, pair(9000), 0)).toEqual(pair(8100));
    expect(choosePorts(RANGE, [], new Map([[8104, 10]]), pair(8104), 0)).toEqual(pair(8100));
    expect(choosePorts('any', [], none, pair(40_000), 0)).toEqual(pair(40_000));
    expect(choosePorts('any', [], none, null, 0)).toEqual({ http: 0, overlay: 0 });
  });

  test('that another program uses come last, and are tried again after a while', () => {
    const avoided = new Map([
      [8100, 50],
      [8102, 40],
      [8104, 60],
    ]);
    expect(choosePorts(RANGE, [], avoided, null, 0)).toEqual(pair(8102));
    expect(choosePorts(RANGE, [], avoided, null, 50)).toEqual(pair(8100));
  });

  test('lend an overlay port to a successor, whose own successor returns to the first', () => {
    const first = pair(8100);
    expect(chooseOverlayPort(RANGE, [first, pair(8102)], first)).toBe(8105);
    const guest = { http: 8100, overlay: 8105 };
    expect(chooseOverlayPort(RANGE, [guest, pair(8102)], guest)).toBe(8101);
    expect(chooseOverlayPort(RANGE, [8100, 8102, 8104].map(pair), first)).toBeUndefined();
    expect(chooseOverlayPort(RANGE, [], { http: 9000, overlay: 9001 })).toBe(8101);
    expect(chooseOverlayPort('any', [], first)).toBe(0);
  });

  test('are read from the status of an SCX', () => {
    const status = { httpUrl: 'http://h:8100/a.mp3', overlayAddress: '[::1]:8101' };
    expect(portsOf(status)).toEqual(pair(8100));
    expect(portsOf({ httpUrl: 'nonsense', overlayAddress: 'h:1' })).toBeNull();
    expect(portsOf({ httpUrl: 'http://h/', overlayAddress: 'h:x' })).toBeNull();
  });
});

test('The ports of the range belong to SCXs', () => {
  const range = { first: 8100, last: 8103 };
  expect([8099, 8100, 8103, 8104].map((port) => isForScxs(port, range))).toEqual([
    false,
    true,
    true,
    false,
  ]);
  expect(isForScxs(8100, 'any')).toBe(false);
});
