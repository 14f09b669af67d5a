import { describe, expect, test } from 'vitest';
import type { SourceId } from '../../../src/gossamer/core/node.js';
import { createRecentlyHeard } from '../../../src/scx/sources/recently-heard.js';
import { audioAdu, range, sourceId, titleAdu } from '../support.js';

const ONE = sourceId('a');

describe('A source', () => {
  test('was heard at the instant of its last frame', () => {
    const heard = createRecentlyHeard();
    expect(heard.heardAt(ONE)).toBeUndefined();
    heard.onAdu(audioAdu('a', 0), 1000);
    heard.onAdu(audioAdu('a', 1), 2000);
    expect(heard.heardAt(ONE)).toBe(2000);
  });

  test('is not heard by the frames of another source, nor by its titles', () => {
    const heard = createRecentlyHeard();
    heard.onAdu(audioAdu('b', 0), 1000);
    heard.onAdu(titleAdu('a', 'Moonlight', 0), 1000);
    expect(heard.heardAt(ONE)).toBeUndefined();
  });

  test('is forgotten when 64 others were heard since, and not before', () => {
    const heard = createRecentlyHeard();
    const other = (n: number): SourceId => `${n}`.padStart(16, '0') as SourceId;
    heard.onAdu(audioAdu('a', 0), 0);
    for (const n of range(0, 63)) heard.onAdu({ ...audioAdu('b', 0), source: other(n) }, 1);
    expect(heard.heardAt(ONE)).toBe(0);
    heard.onAdu({ ...audioAdu('b', 0), source: other(63) }, 1);
    expect(heard.heardAt(ONE)).toBeUndefined();
    expect(heard.heardAt(other(0))).toBe(1);
  });
});
