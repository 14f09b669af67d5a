/** `broadcast -`: warnings and errors about standard input, from a real process. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type StandIn, startStandIn } from '../../client/stand-in.js';
import { joinBytes, makeToneFrames } from '../../mp3/make-mp3.js';
import { PASSWORD } from '../../session/signed.js';

const ROOT = resolve(import.meta.dirname, '../../..');
const COMMAND = ['dist/cli/main.js', 'broadcast'];

let standIn: StandIn;
beforeEach(async () => {
  standIn = await startStandIn();
});
afterEach(() => standIn.close());

const start = (): ChildProcessWithoutNullStreams => {
  const target = ['--cluster', standIn.url, '--announcement', 'http://radio.example/x.xml'];
  const env = { ...process.env, SCATTERCAST_PASSWORD: PASSWORD };
  const child = spawn(process.execPath, [...COMMAND, ...target, '-'], { cwd: ROOT, env });
  child.stdin.on('error', () => undefined); // It may end before it has read all.
  return child;
};

describe('A broadcaster of standard input', () => {
  test('reports that standard input has stalled, and that it is back', async () => {
    const sound = joinBytes((await makeToneFrames()).slice(0, 12));
    const child = start();
    const told = createInterface(child.stderr)[Symbol.asyncIterator]();
    const lineWith = async (pattern: RegExp): Promise<void> => {
      for (let next = await told.next(); !next.done; next = await told.next()) {
        if (pattern.test(next.value)) return;
      }
      throw new Error(`it ended without ${pattern}`);
    };
    await lineWith(/^warning: nothing to play has come from standard input for 2 s$/);
    child.stdin.write(sound);
    await lineWith(/^warning: standard input is back after \d+\.\d s$/);
    await lineWith(/^warning: nothing to play has come from standard input for 2 s$/);
    child.stdin.end();
    const [code] = await once(child, 'exit');
    expect(code).toBe(0);
  });

  test('names the format of standard input that is not MP3', async () => {
    const child = start();
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.stdin.end(Buffer.concat([Buffer.from('OggS'), Buffer.alloc(100_000)]));
    const [code] = await once(child, 'close');
    expect(code).toBe(6);
    expect(stderr).toMatch(/^scattercast: standard input is Ogg, not MP3: .*ffmpeg -f mp3\n$/);
  });
});
