/** What ss prints of connections, and what a real kernel shows of one. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { expect, test, vi } from 'vitest';
import {
  lookAtRoundTrips,
  parseRoundTrips,
  type RoundTripLook,
  readRoundTrips,
} from '../../../src/runtime/system/round-trips.js';

const line = (local: string, remote: string, more = 'minrtt:12.5') =>
  `0      0      ${local} ${remote} cubic wscale:7,7 rto:204 rtt:20.1/0.5 mss:1448 ${more} snd_wnd:65536   `;

test('Round trips are the shortest ones of connections that came to the ports from elsewhere', () => {
  const text = [
    line('192.0.2.1:8000', '198.51.100.7:40312'),
    line('[::ffff:192.0.2.1]:8000', '[::ffff:198.51.100.8]:40312', 'minrtt:3'),
    line('[2001:db8::1]:8100', '[2001:db8:2::7]:40312', 'minrtt:0.25'),
    line('[fe80::1]%eth0:8000', '[fe80::2%eth0]:5'),
    line('192.0.2.1:22', '198.51.100.9:40312'), // another port
    line('192.0.2.1:8000', '192.0.2.1:50000'), // this machine itself
    line('192.0.2.1:8000', '198.51.100.10:1', ''), // nothing measured
    '0 0 192.0.2.1:8000',
    'Netid State Recv-Q Send-Q minrtt:x',
  ].join('\n');
  expect(parseRoundTrips(text, new Set([8000, 8100]))).toEqual([
    { localPort: 8000, address: '198.51.100.7', rttMs: 12.5 },
    { localPort: 8000, address: '198.51.100.8', rttMs: 3 },
    { localPort: 8100, address: '2001:db8:2::7', rttMs: 0.25 },
    { localPort: 8000, address: 'fe80::2', rttMs: 12.5 },
  ]);
});

test('The kernel is asked, and shows no connection of this machine to itself', async () => {
  const server = createServer((socket) => socket.write('x')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const player = connect(port, '127.0.0.1');
  await once(player, 'data');
  const look = await readRoundTrips(new Set([port]));
  player.destroy();
  server.close();
  expect(look).toEqual({ isKnown: true, connections: [] });
});

test('Without the program nothing is known, and nothing fails', async () => {
  vi.stubEnv('PATH', '/nowhere');
  const look = await readRoundTrips(new Set([1]));
  vi.unstubAllEnvs();
  expect(look).toEqual({ isKnown: false, connections: [] });
});

test('Looks go on until they are ended, and none is made for no port', async () => {
  const looks: RoundTripLook[] = [];
  const asked: number[] = [];
  let ports = new Set<number>();
  let questions = 0;
  const none = { isKnown: true, connections: [] };
  const end = lookAtRoundTrips({
    ports: () => {
      questions++;
      return ports;
    },
    onLook: (look) => looks.push(look),
    everyMs: 1,
    read: async (of) => {
      asked.push(of.size);
      return none;
    },
  });
  await expect.poll(() => questions).toBeGreaterThan(2);
  expect(asked).toEqual([]);
  ports = new Set([1]);
  await expect.poll(() => looks.length).toBeGreaterThan(1);
  end();
});
