import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, test, vi } from 'vitest';
import {
  endsOf,
  parseSendQueues,
  readSendQueues,
} from '../../../src/runtime/system/send-queues.js';

const HEADER = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt\n';
const row = (local: string, remote: string, state: string, queue: string): string =>
  `   7: ${local} ${remote} ${state} ${queue}:00000000 01:00000019 00000000     0 0 1136 2\n`;

/** What a little-endian machine prints. */
test('Send queues are those of connections that are longer than a number of bytes', () => {
  const text = [
    HEADER,
    row('0100007F:1F90', '0200A8C0:CF1C', '01', '003B0800'),
    row('0100007F:1F90', '0200A8C0:CF1D', '01', '00000800'), // short
    row('0100007F:1F90', '00000000:0000', '0A', '00FF0000'), // listens
    row(
      '00000000000000000000000001000000:1F90',
      'B80D0120000000000000000005000000:0050',
      '08',
      '00010000',
    ),
    row(
      '0000000000000000FFFF00000100007F:1F90',
      '0000000000000000FFFF0000010200C0:0051',
      '01',
      '00010001',
    ),
    '   8: 0100007F:1F90 torn',
  ].join('');
  expect([...parseSendQueues(text, 0x800)]).toEqual([
    ['8080 192.168.0.2 53020', 0x3b0800],
    ['8080 2001:db8::5 80', 0x10000],
    ['8080 192.0.2.1 81', 0x10001],
  ]);
});

test.each([
  ['an IPv4 address', '10.0.0.1', '10.0.0.1'],
  ['an IPv4 address in an IPv6 socket', '::ffff:10.0.0.1', '10.0.0.1'],
  ['a link-local address with its interface', 'fe80::1%eth0', 'fe80::1'],
])("A socket's key is found for %s", (_, remoteAddress, address) => {
  const socket = { localPort: 80, remoteAddress, remotePort: 9 } as Socket;
  expect(endsOf(socket)).toBe(`80 ${address} 9`);
});

test.skipIf(!existsSync('/proc/self/net/tcp')).each(['127.0.0.1', '::'])(
  'The kernel tells what a player at %s has not read, and when it has read',
  async (host) => {
    const server = createServer().listen(0, host);
    await once(server, 'listening');
    const accepted = once(server, 'connection');
    const player = connect((server.address() as AddressInfo).port, '127.0.0.1').pause();
    const [socket] = (await accepted) as [Socket];
    const queued = async () => (await readSendQueues(100_000)).get(endsOf(socket)) ?? 0;
    try {
      socket.write(Buffer.alloc(1_000_000));
      await vi.waitFor(async () => expect(await queued()).toBeGreaterThan(100_000));
      player.resume();
      await vi.waitFor(async () => expect(await queued()).toBe(0));
    } finally {
      player.destroy();
      socket.destroy();
      server.close();
    }
  },
);
