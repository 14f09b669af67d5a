/** The reader of SHOUTcast's lines, which is as tolerant as every other reader of heads. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { readToMark } from '../../../src/cluster/ingest/read-to-mark.js';
import { readRequestHead } from '../../../src/http/server/request-head.js';
import { afterTest } from '../../after-test.js';
import { REQUEST_CASES, requestBytes } from '../../http/request-cases.js';

const LIMITS = { bytesMax: 16_384, msMax: 20_000 };
const NOTHING = Buffer.alloc(0);

/** Our end of a connection on which a client has sent this, in pieces of `size` bytes. */
async function received(bytes: Buffer, size: number): Promise<Socket> {
  const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1').setNoDelay(true);
  const [socket] = (await once(server, 'connection')) as [Socket];
  afterTest(() => {
    client.destroy();
    socket.destroy();
    server.close();
  });
  for (let at = 0; at < bytes.length; at += size) client.write(bytes.subarray(at, at + size));
  return socket;
}

const SOUND = Buffer.from('sound');
/** Heads that every reader takes. SHOUTcast's fields end at the first empty line. */
const READ = REQUEST_CASES.filter(({ head, refusal }) => !refusal && !/^\r?\n/.test(head));

describe('The fields of a SHOUTcast encoder', () => {
  test.each(READ)('end where those of a request with $what do', async (one) => {
    const bytes = requestBytes(one, '/night.mp3');
    const head = readRequestHead(bytes);
    if (head.kind !== 'head') throw new Error('it is refused');
    const socket = await received(Buffer.concat([bytes, SOUND]), 7);
    const passage = await readToMark(socket, NOTHING, 'empty line', LIMITS);
    const end = bytes.length - head.head.bytes;
    expect([passage?.text.trimEnd(), end]).toEqual([bytes.toString('latin1').trimEnd(), 0]);
    expect(SOUND.subarray(0, passage?.rest.length)).toEqual(passage?.rest);
  });
});

describe('The password of a SHOUTcast encoder', () => {
  test.each([
    ['CR LF', 'secret\r\n'],
    ['LF', 'secret\n'],
    ['an empty line before it', '\r\nsecret\r\n'],
    ['four empty lines before it', '\n\n\r\n\nsecret\n'],
  ])('is a line: %s', async (_what, line) => {
    for (const size of [1, 100]) {
      const socket = await received(Buffer.from(line), size);
      const passage = await readToMark(socket, NOTHING, 'line', LIMITS);
      expect([passage?.text, passage?.rest.length]).toEqual(['secret', 0]);
    }
  });

  test('does not come behind more empty lines', async () => {
    const socket = await received(Buffer.from('\n\n\n\n\nsecret\n'), 100);
    expect((await readToMark(socket, NOTHING, 'line', LIMITS))?.text).toBe('');
  });
});
