import { describe, expect, test } from 'vitest';
import { printNotice } from '../../../src/icecast/now-playing.js';
import { createTitleMemory } from '../../../src/scx/sources/title-memory.js';
import { audioAdu, titleAdu } from '../support.js';

const markOf = (n: number): string => `${n}`.padStart(16, '0');
const notice = (mark: string, title: string | null) => {
  const encoder = { mark, description: { title: undefined, genre: undefined } };
  return { channel: 2, payload: printNotice({ title, from: 0, encoder }) };
};

describe('The memory of titles', () => {
  test('keeps the last title of each encoder, whichever source it feeds', () => {
    const memory = createTitleMemory([{ mark: markOf(1), title: 'Before' }]);
    expect(memory.titleOf(markOf(1))).toBe('Before');
    memory.onAdu(notice(markOf(1), 'Moonlight'));
    memory.onAdu(notice(markOf(2), 'Sunrise'));
    expect(memory.titleOf(markOf(1))).toBe('Moonlight');
    expect(createTitleMemory(memory.all()).titleOf(markOf(2))).toBe('Sunrise');
    memory.onAdu(notice(markOf(2), null));
    expect(memory.titleOf(markOf(2))).toBeUndefined();
  });

  test('takes nothing from audio, other clients, and malformed marks', () => {
    const memory = createTitleMemory([]);
    memory.onAdu({ ...audioAdu('a', 0), payload: notice(markOf(1), 'x').payload });
    memory.onAdu(titleAdu('a', 'Moonlight', 0));
    memory.onAdu(notice('no mark', 'Moonlight'));
    memory.onAdu({ channel: 2, payload: Buffer.from('{') });
    expect(memory.all()).toEqual([]);
  });

  test('is bounded: the oldest of 16 titles makes room', () => {
    const memory = createTitleMemory([]);
    for (let n = 0; n < 17; n++) memory.onAdu(notice(markOf(n), 'x'));
    expect(memory.all()).toHaveLength(16);
    expect(memory.titleOf(markOf(0))).toBeUndefined();
    expect(memory.titleOf(markOf(1))).toBe('x');
  });
});
