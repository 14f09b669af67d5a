import { describe, expect, test } from 'vitest';
import type { SourceId } from '../../../src/gossamer/core/node.js';
import { createRecentlyHeard } from '../../../src/scx/sources/recently-heard.js';
import { audioAdu, range, sourceId, titleAdu } from '../support.js';

const ONE = sourceId('a');

describe('A source', () => {
  test('is heard for two seconds after its last frame', () => {
    const heard = createRecentlyHeard();
    expect(heard.isHeard(ONE, 0)).toBe(false);
    heard.onAdu(audioAdu('a', 0), 1000);
    heard.onAdu(audioAdu('a', 1), 2000);
    expect(heard.isHeard(ONE, 4000)).toBe(true);
    expect(heard.isHeard(ONE, 4001)).toBe(false);
  });

  test('is not heard by the frames of another source, nor by its titles', () => {
    const heard = createRecentlyHeard();
    heard.onAdu(audioAdu('b', 0), 1000);
    heard.onAdu(titleAdu('a', 'Moonlight', 0), 1000);
    expect(heard.isHeard(ONE, 1000)).toBe(false);
  });

  test('is heard again after a silence', () => {
    const heard = createRecentlyHeard();
    heard.onAdu(audioAdu('a', 0), 1000);
    expect(heard.isHeard(ONE, 9000)).toBe(false);
    heard.onAdu(audioAdu('a', 1), 9001);
    expect(heard.isHeard(ONE, 9001)).toBe(true);
  });

  test('is forgotten when 64 others were heard since, and not before', () => {
    const heard = createRecentlyHeard();
    const other = (n: number): SourceId => `${n}`.padStart(16, '0') as SourceId;
    heard.onAdu(audioAdu('a', 0), 0);
    for (const n of range(0, 63)) heard.onAdu({ ...audioAdu('b', 0), source: other(n) }, 1);
    expect(heard.isHeard(ONE, 1)).toBe(true);
    heard.onAdu({ ...audioAdu('b', 0), source: other(63) }, 1);
    expect(heard.isHeard(ONE, 1)).toBe(false);
    expect(heard.isHeard(other(0), 1)).toBe(true);
  });
});
