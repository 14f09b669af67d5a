import { describe, expect, test } from 'vitest';
import { createRecentlyHeard } from '../../../src/scx/sources/recently-heard.js';
import { audioAdu, sourceId, titleAdu } from '../support.js';

const ONE = sourceId('a');

describe('A source', () => {
  test('is heard for two seconds after its last frame', () => {
    const heard = createRecentlyHeard();
    expect(heard.isHeard(ONE, 0)).toBe(false);
    heard.onAdu(audioAdu('a', 0), 1000);
    heard.onAdu(audioAdu('a', 1), 2000);
    expect(heard.isHeard(ONE, 4000)).toBe(true);
    expect(heard.isHeard(ONE, 4001)).toBe(false);
    expect(heard.isHeard(sourceId('b'), 2000)).toBe(false);
  });

  test('is not heard by its titles', () => {
    const heard = createRecentlyHeard();
    heard.onAdu(titleAdu('a', 'Moonlight', 0), 1000);
    expect(heard.isHeard(ONE, 1000)).toBe(false);
  });

  test('is heard again after it was forgotten', () => {
    const heard = createRecentlyHeard();
    heard.onAdu(audioAdu('a', 0), 1000);
    heard.onAdu(audioAdu('b', 0), 2500);
    heard.tick(3500);
    // A tick forgets: an instant before it finds one source only.
    expect(heard.isHeard(ONE, 1000)).toBe(false);
    expect(heard.isHeard(sourceId('b'), 3500)).toBe(true);
    heard.onAdu(audioAdu('a', 1), 4000);
    expect(heard.isHeard(ONE, 4000)).toBe(true);
  });
});
