import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { filePieces, linePieces, rawPieces } from '../../../src/client/send/pieces.js';
import { afterTest } from '../../after-test.js';

async function* chunks(...texts: string[]) {
  for (const text of texts) yield Buffer.from(text);
}

async function all(pieces: AsyncGenerator<Uint8Array>): Promise<string[]> {
  const found: string[] = [];
  for await (const piece of pieces) found.push(Buffer.from(piece).toString());
  return found;
}

test('Lines are whole wherever the input is cut, with their ends, and the last one without', async () => {
  expect(await all(linePieces(chunks('on', 'e\ntwo\nth', 'ree')))).toEqual([
    ...['one\n', 'two\n', 'three'],
  ]);
});

test('A line that no ADU takes is refused before all of it has been read', async () => {
  let read = 0;
  async function* endless() {
    for (;;) {
      read++;
      yield Buffer.alloc(10_000, 'x');
    }
  }
  await expect(all(linePieces(endless()))).rejects.toThrow('--raw');
  expect(read).toBe(7);
});

test('What is raw is cut into pieces that reach listeners soon', async () => {
  const pieces = await all(rawPieces(chunks('x'.repeat(40_000))));
  expect(pieces.map(({ length }) => length)).toEqual([16_384, 16_384, 7232]);
});

test('A file is one piece of at most 65535 bytes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pieces-'));
  afterTest(() => rmSync(folder, { recursive: true }));
  const file = (bytes: number): string => {
    const path = join(folder, `${bytes}`);
    writeFileSync(path, 'x'.repeat(bytes));
    return path;
  };
  const found = await all(filePieces([file(3), file(65_535)]));
  expect(found.map(({ length }) => length)).toEqual([3, 65_535]);
  await expect(all(filePieces([file(65_536)]))).rejects.toThrow('more than the 65535 bytes');
  await expect(all(filePieces([file(0)]))).rejects.toThrow('is empty');
  await expect(all(filePieces([join(folder, 'none')]))).rejects.toThrow('there is no such file');
});
