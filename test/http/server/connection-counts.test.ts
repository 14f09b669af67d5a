import { describe, expect, test } from 'vitest';
import { createConnectionCounts } from '../../../src/http/server/connection-counts.js';

describe('Connection counts', () => {
  test('are kept by client and in total', () => {
    const counts = createConnectionCounts();
    for (const client of ['a', 'b', 'a']) counts.add(client);
    expect([counts.of('a'), counts.of('b'), counts.of('c'), counts.total]).toEqual([2, 1, 0, 3]);
    counts.remove('a');
    expect([counts.of('a'), counts.total]).toEqual([1, 2]);
    counts.remove('a');
    expect([counts.of('a'), counts.total]).toEqual([0, 1]);
  });

  test('ignore the end of a connection that was not counted', () => {
    const counts = createConnectionCounts();
    counts.add('a');
    counts.remove('b');
    expect([counts.of('b'), counts.total]).toEqual([0, 1]);
  });
});
