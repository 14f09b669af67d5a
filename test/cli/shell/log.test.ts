import { closeSync, openSync, writeSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createLossy, printableLine } from '../../../src/cli/shell/log.js';

const NO_SPACE = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });

describe('The log', () => {
  test('says how many lines are missing when its disk has room again', () => {
    let isFull = false;
    const written: string[] = [];
    const log = createLossy((text) => {
      if (isFull) throw NO_SPACE;
      written.push(text);
      return text.length;
    });
    log.write('one\n');
    isFull = true;
    for (let n = 0; n < 3; n++) log.write('lost\n');
    isFull = false;
    log.write('two\n');
    expect(written).toEqual(['one\n', expect.stringMatching(/"lines":3.*missing.*\n$/), 'two\n']);
  });

  test('begins a new line after one of which only a part had room', () => {
    let room = 6;
    let file = '';
    const log = createLossy((text) => {
      const taken = text.slice(0, room);
      if (taken === '') throw NO_SPACE;
      room -= taken.length;
      file += taken;
      return taken.length;
    });
    log.write('12345678\n');
    log.write('lost\n');
    room = 1000;
    log.write('two\n');
    expect(file).toMatch(/^123456\n\{.*"lines":2.*\}\ntwo\n$/);
  });

  test('on a full device does not throw', () => {
    const full = openSync('/dev/full', 'w');
    const log = createLossy((text) => writeSync(full, text));
    expect(() => log.write('lost\n')).not.toThrow();
    closeSync(full);
  });

  test('has nothing that steers a terminal on which texts are printed as they are', () => {
    const line = `${JSON.stringify({ msg: 'a', err: { stack: 'b\u001b[2J\u009b\n  at c' }, pid: 1 })}\n`;
    expect(JSON.parse(printableLine(line))).toEqual({
      ...{ msg: 'a', err: { stack: 'b\ufffd[2J\ufffd\n  at c' }, pid: 1 },
    });
  });
});
