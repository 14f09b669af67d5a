import { describe, expect, test } from 'vitest';
import type { PublicKey } from '../../src/session/public-key.js';
import { findSource, hasEnded, parseSource, type SourceKey } from '../../src/session/source-key.js';
import { problemsOf } from './support.js';

const KEY = `${'k'.repeat(42)}A` as PublicKey;
const attributes = { name: 'anna', key: KEY, priority: '80', until: '2027-01-01T00:00:00.000Z' };
const parse = (over: object) => parseSource(new Map(Object.entries({ ...attributes, ...over })));

describe('A source key', () => {
  test('has a name, a highest priority, and perhaps an end', () => {
    const untilMs = Date.UTC(2027, 0);
    expect(parse({})).toEqual({
      ok: true,
      value: { name: 'anna', key: KEY, priorityMax: 80, untilMs },
    });
    const forever = new Map(Object.entries({ name: 'anna', key: KEY, priority: '0' }));
    expect(parseSource(forever)).toEqual({
      ok: true,
      value: { name: 'anna', key: KEY, priorityMax: 0 },
    });
  });

  test.each([
    ['name', '', 'must not be empty'],
    ['name', 'x'.repeat(41), 'at most 40'],
    ['name', 'a\u202eb', 'control characters'],
    ['key', 'my password', "a source's key must be 43 characters"],
    ['key', 'x'.repeat(43), 'must be 43 characters'],
    ['priority', '256', 'from 0 to 255'],
    ['priority', '-1', 'from 0 to 255'],
    ['priority', '', 'from 0 to 255'],
    ['until', '', 'must be a time like'],
    ['until', '2027-02-30T00:00:00.000Z', 'must be a time like'],
    ['until', '2027-01-01', 'must be a time like'],
  ])('is refused if its %s is %j, without the key being shown', (name, value, problem) => {
    const problems = problemsOf(parse({ [name]: value }));
    expect(problems).toContain(problem);
    expect(problems).not.toContain('my password');
  });

  test('holds until its end', () => {
    const source: SourceKey = { name: 'anna', key: KEY, priorityMax: 1, untilMs: 1000 };
    expect([hasEnded(source, 999), hasEnded(source, 1000)]).toEqual([false, true]);
    expect(hasEnded({ name: 'anna', key: KEY, priorityMax: 1 }, Number.MAX_VALUE)).toBe(false);
  });

  test('is found by its name or its key', () => {
    const source: SourceKey = { name: 'anna', key: KEY, priorityMax: 1 };
    expect(findSource([source], { name: 'anna' })).toBe(source);
    expect(findSource([source], { key: KEY })).toBe(source);
    expect(findSource([source], { name: 'bert' })).toBeUndefined();
  });
});
