import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { describe, expect, test, vi } from 'vitest';
import { seal } from '../../../src/runtime/sealed-text.js';
import { createRemoteFallbacks } from '../../../src/scx/sources/remote-fallback.js';
import { afterTest } from '../../after-test.js';
import { temporaryFolder } from '../../cluster/support.js';
import { answerProven } from '../../http/proven.js';

const SEED = 'A'.repeat(43);
const FILE = '00000000-0000-4000-8000-000000000000.mp3';
const OTHER = '00000000-0000-4000-8000-000000000001.mp3';

/** A front end that has these bytes of every file, in parts of 4. */
async function openFrontEnd(bytes: Buffer, secret = 'secret'): Promise<string> {
  const server = createServer((request, response) => {
    const from = Number(new URL(request.url ?? '', 'http://x').searchParams.get('from'));
    const part = bytes.subarray(from, from + 4).toString('base64');
    answerProven('secret', request, response, { body: seal(secret, part) });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterTest(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const remoteOf = (file: string) => ({ file, title: 'later', sealedSeed: seal('secret', SEED) });

function open() {
  const folder = temporaryFolder();
  const log = pino({ enabled: false });
  return { folder, fallbacks: createRemoteFallbacks({ token: 'secret', log, folder }) };
}

describe('The fallback file of an SCX on another machine', () => {
  test('is fetched from the front end, and is the file there', async () => {
    const bytes = Buffer.from('ten bytes!');
    const url = await openFrontEnd(bytes);
    const { folder, fallbacks } = open();
    expect(fallbacks.localOf(url, remoteOf(FILE))).toBeUndefined();
    const path = `${folder}/${FILE}`;
    await vi.waitFor(() =>
      expect(fallbacks.localOf(url, remoteOf(FILE))).toEqual({ path, title: 'later', seed: SEED }),
    );
    expect(readFileSync(path)).toEqual(bytes);
  });

  test('is removed when there is another one', async () => {
    const url = await openFrontEnd(Buffer.from('bytes'));
    const { folder, fallbacks } = open();
    await vi.waitFor(() => expect(fallbacks.localOf(url, remoteOf(FILE))).toBeDefined());
    await vi.waitFor(() => expect(fallbacks.localOf(url, remoteOf(OTHER))).toBeDefined());
    await vi.waitFor(() => expect(existsSync(`${folder}/${FILE}`)).toBe(false));
  });

  test('is not played when somebody else has sealed it', async () => {
    const url = await openFrontEnd(Buffer.from('bytes'), 'guessed');
    const warned = vi.fn();
    const folder = temporaryFolder();
    const log = pino({ level: 'warn' }, { write: warned });
    const fallbacks = createRemoteFallbacks({ token: 'secret', log, folder });
    fallbacks.localOf(url, remoteOf(FILE));
    await vi.waitFor(() => expect(warned).toHaveBeenCalled());
    expect(fallbacks.localOf(url, remoteOf(FILE))).toBeUndefined();
    expect(existsSync(`${folder}/${FILE}`)).toBe(false);
  });
});
