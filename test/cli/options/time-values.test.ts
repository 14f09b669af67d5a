import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { future } from '../../../src/cli/options/time-values.js';

const NOW = new Date(2026, 10, 30, 12).getTime();

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
});
afterEach(() => {
  vi.useRealTimers();
});

const read = (raw: unknown) => future.safeParse(raw);

describe('A time to come', () => {
  test.each([
    ['90m', NOW + 90 * 60_000],
    ['2h', NOW + 2 * 3_600_000],
    [' 7d ', NOW + 7 * 86_400_000],
    ['2026-11-30T12:00:00.001', NOW + 1],
    ['2026-12-31T20:00', new Date(2026, 11, 31, 20).getTime()],
    ['2026-12-31T20:00Z', Date.UTC(2026, 11, 31, 20)],
    ['2026-12-31T20:00:30+02:00', Date.UTC(2026, 11, 31, 18, 0, 30)],
  ])('is read from "%s"', (raw, value) => {
    expect(read(raw)).toEqual({ success: true, data: value });
  });

  test('that is a day lasts until its end, where it is read', () => {
    expect(read('2026-11-30')).toEqual({ success: true, data: new Date(2026, 11, 1).getTime() });
    expect(read('2026-12-31')).toEqual({ success: true, data: new Date(2027, 0, 1).getTime() });
  });

  test.each([
    '2026-11-29',
    '2026-11-30T12:00',
    '2026-13-01',
    '2026-12-31T25:00',
    '2026-12-31T20',
    '31.12.2026',
    '0h',
    '-2h',
    '2',
    '2w',
    '100000d',
    '',
    'soon',
    7,
    undefined,
  ])('is not read from %j', (raw) => {
    expect(read(raw)).toMatchObject({ success: false });
  });
});
