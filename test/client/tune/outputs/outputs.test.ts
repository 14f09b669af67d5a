import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cueHead, cueTrack } from '../../../../src/client/tune/outputs/cue-sheet.js';
import { createFileOutput } from '../../../../src/client/tune/outputs/file-output.js';
import { createFolderOutput } from '../../../../src/client/tune/outputs/folder-output.js';
import { openLocalServer } from '../../../../src/client/tune/outputs/local-server.js';
import { planOutputs } from '../../../../src/client/tune/outputs/open-outputs.js';
import { createStreamOutput } from '../../../../src/client/tune/outputs/stream-output.js';
import { EXIT } from '../../../../src/lib/user-error.js';
import { afterTest } from '../../../after-test.js';
import { createAdu } from '../../../overlay/support.js';
import { FRAME_MS, mp3Frame } from '../../../scx/support.js';

const frame = (number: number, title: string | null = null) => ({
  ...{ bytes: mp3Frame(number), durationMs: FRAME_MS, title },
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'outputs-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('A cue sheet', () => {
  test('has the artist, the title and the place of each, in minutes, seconds and CD frames', () => {
    expect(cueHead('show.mp3')).toBe('FILE "show.mp3" MP3\n');
    expect(cueTrack(3, 'Miles - So "What"', 3_723_500)).toBe(
      '  TRACK 03 AUDIO\n    TITLE "So \'What\'"\n    PERFORMER "Miles"\n    INDEX 01 62:03:37\n',
    );
  });

  test('cannot be broken by a title of several lines', () => {
    expect(cueTrack(1, 'a\nTRACK 02 AUDIO', 0).split('\n')).toHaveLength(4);
  });
});

test('A recording has every frame, a cue sheet of the titles, and overwrites nothing', async () => {
  const path = join(folder, 'show.mp3');
  const output = await createFileOutput(path, true);
  for (const [number, title] of ['a', 'a', 'b'].entries()) output.onFrame(frame(number, title));
  await output.end();
  const frames = [0, 1, 2].map((number) => mp3Frame(number));
  expect(readFileSync(path).equals(Buffer.concat(frames))).toBe(true);
  const cue = readFileSync(join(folder, 'show.cue'), 'utf8');
  expect(cue.match(/TITLE ".*"|INDEX.*/g)).toEqual([
    ...['TITLE "a"', 'INDEX 01 00:00:00', 'TITLE "b"', 'INDEX 01 00:00:03'],
  ]);
  await expect(createFileOutput(path, true)).rejects.toMatchObject({ exitCode: EXIT.file });
});

test('The title that comes a moment after the first sound is the title of the beginning', async () => {
  const path = join(folder, 'show.mp3');
  const output = await createFileOutput(path, true);
  for (const [number, title] of [null, null, 'a', null].entries())
    output.onFrame(frame(number, title));
  await output.end();
  const cue = readFileSync(join(folder, 'show.cue'), 'utf8');
  expect(cue.match(/TITLE ".*"|INDEX.*/g)).toEqual([
    ...['TITLE "a"', 'INDEX 01 00:00:00', 'TITLE ""', 'INDEX 01 00:00:05'],
  ]);
});

test('A folder gets each ADU as a file, with the ending that its content suggests', async () => {
  const output = await createFolderOutput(join(folder, 'new/slides'));
  const png = Buffer.from('89504e470d0a1a0a', 'hex');
  await output.onAdu({ ...createAdu(1, 10, 7), payload: png });
  await output.onAdu({ ...createAdu(2, 10, 7), payload: Buffer.from('hello\n') });
  await output.end();
  const files = readdirSync(join(folder, 'new/slides')).sort();
  expect(files.map((name) => name.replace(/^.*-/, ''))).toEqual(['1.png', '2.txt']);
});

describe('A stream that is written to', () => {
  test('is waited for while it is full', async () => {
    let taken: () => void = () => undefined;
    const slow = new Writable({
      write: (_chunk, _encoding, done) => {
        taken = done;
      },
    });
    const output = createStreamOutput(slow, 'it');
    const frames = Array.from({ length: 200 }, (_, number) => output.onFrame(frame(number)));
    const full = frames.find((wait) => wait !== undefined);
    expect(frames.indexOf(full)).toBeGreaterThan(100);
    for (let number = 0; number < 200; number++) {
      taken();
      await new Promise(setImmediate);
    }
    await full;
  });

  test.each([
    ['EPIPE', undefined],
    ['ENOSPC', 'cannot write it: the disk is full'],
  ])('ends with %s', async (code, message) => {
    const broken = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error(), { code })),
    });
    const output = createStreamOutput(broken, 'it');
    output.onFrame(frame(1));
    const reason = await output.ended.then(
      () => undefined,
      (error: Error) => error.message,
    );
    expect(reason).toBe(message);
    expect(output.onFrame(frame(2))).toBeUndefined();
  });
});

describe('The server for players of this machine', () => {
  test('plays the last seconds and then what comes, with titles for those that ask', async () => {
    const server = await openLocalServer({ port: 0, title: 'radio.example/night' });
    afterTest(server.end);
    for (let number = 0; number < 300; number++) server.onFrame(frame(number, 'Song'));
    const answer = await fetch(server.url, { headers: { 'icy-metadata': '1' } });
    expect(answer.headers.get('icy-metaint')).toBe('16000');
    const reader = answer.body?.getReader();
    const parts: Uint8Array[] = [];
    const read = async (): Promise<string> => {
      parts.push((await reader?.read())?.value ?? new Uint8Array());
      return Buffer.concat(parts).toString('latin1');
    };
    await expect.poll(read).toContain("StreamTitle='Song';");
    await reader?.cancel();
  });

  test('answers pages of other names with 403, and other methods with 405', async () => {
    const server = await openLocalServer({ port: 0, title: 'night' });
    afterTest(server.end);
    const { request } = await import('node:http');
    const asked = request(server.url, { headers: { host: 'evil.example' } }).end();
    const [refused] = await once(asked, 'response');
    expect(refused.statusCode).toBe(403);
    refused.resume();
    expect((await fetch(server.url, { method: 'POST' })).status).toBe(405);
  });

  test('ends a player that does not read', async () => {
    const server = await openLocalServer({ port: 0, title: 'night' });
    afterTest(server.end);
    const answer = await fetch(server.url);
    const count = 60_000;
    for (let number = 0; number < count; number++) {
      server.onFrame(frame(number));
      if (number % 1000 === 0) await new Promise(setImmediate);
    }
    let bytes = 0;
    const read = (async () => {
      for await (const chunk of answer.body ?? []) bytes += chunk.length;
    })();
    await read.catch(() => undefined);
    expect(bytes).toBeLessThan((count * mp3Frame(0).length) / 2);
  });
});

test.each([
  [{ output: 'x/', channel: 1 }, /the sound goes to one file/],
  [{ serve: 1, channel: 7 }, /--serve is for the sound/],
  [{ isTerminal: true, channel: 1 }, /standard output is a terminal/],
])('Outputs %j do not fit together', (wanted, problem) => {
  const nothing = { output: undefined, serve: undefined, isTerminal: false };
  expect(() => planOutputs({ ...nothing, ...wanted })).toThrow(problem);
});
