/** What the doctor says about ports, with real sockets where a process must be found. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { parseListening } from '../../../src/cli/doctor/listening-ports.js';
import {
  checkFrontEndPorts,
  checkScxPorts,
  type Held,
  heldPorts,
  openingFails,
} from '../../../src/cli/doctor/port-check.js';

const line = (port: string, state: string, inode: number): string =>
  `   0: 0100007F:${port} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000` +
  `   104        0 ${inode} 1 0000000000000000 100 0 0 10 0\n`;
const TABLE = `  sl ...\n${line('1F40', '0A', 4242)}${line('1F41', '01', 4243)}`;

test('Only sockets that listen are read from the table of the kernel', () => {
  expect(parseListening(`${TABLE} malformed\n`)).toEqual([
    { port: 8000, user: 104, inode: '4242' },
  ]);
});

async function listening(): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  return { server, port: typeof address === 'object' ? (address?.port ?? 0) : 0 };
}

test('The process that has a port is found', async () => {
  const { port } = await listening();
  const [held] = (await heldPorts(new Set([port]))) ?? [];
  expect(held).toMatchObject({ port, user: process.getuid?.(), holder: { pid: process.pid } });
});

test('A port that is in use, or not of this machine, cannot be opened', async () => {
  const { port, server } = await listening();
  expect(await openingFails('127.0.0.1', port)).toBe('EADDRINUSE');
  expect(await openingFails('192.0.2.77', 0)).toBe('EADDRNOTAVAIL');
  server.close();
  await once(server, 'close');
  expect(await openingFails('127.0.0.1', port)).toBeUndefined();
});

const NGINX: Held = {
  port: 8000,
  user: 0,
  holder: { pid: 77, command: ['/usr/sbin/nginx', '-g'] },
};
const OURS: Held = {
  ...{ port: 8000, user: 104 },
  holder: { pid: 78, command: ['node', '/usr/lib/scattercast/dist/cli/main.js', 'cluster'] },
};
const SYSTEMD: Held = { port: 8000, user: 0, holder: { pid: 1, command: ['/sbin/init'] } };
const frontEnd = { host: '::', port: 8000, held: [], failures: [], frontEnd: undefined };

test('Ports that are free, and those that the cluster or systemd has, are good', () => {
  for (const held of [[], [OURS], [SYSTEMD], undefined]) {
    expect(checkFrontEndPorts({ ...frontEnd, held })).toMatchObject({ state: 'good' });
  }
  // A front end that was started as `node .` is known by its process.
  expect(checkFrontEndPorts({ ...frontEnd, held: [NGINX], frontEnd: 77 }).state).toBe('good');
});

test('A program that has the port of the front end is named', () => {
  const { state, says } = checkFrontEndPorts({ ...frontEnd, held: [NGINX] });
  expect(state).toBe('problem');
  expect(says).toContain('Port 8000 is held by nginx (process 77)');
  const hidden = checkFrontEndPorts({ ...frontEnd, held: [{ ...NGINX, holder: undefined }] });
  expect(hidden.says).toContain('a process of user 0');
});

test.each([
  ['EACCES', 80, 'CAP_NET_BIND_SERVICE'],
  ['EADDRNOTAVAIL', 8000, 'no address of this machine'],
  ['EADDRINUSE', 8000, 'is in use'],
  ['EACCES', 8000, 'permission denied'],
])('%s at port %i is explained: %s', (code, port, why) => {
  const found = checkFrontEndPorts({ ...frontEnd, port, failures: [{ port, code }] });
  expect(found).toMatchObject({ state: 'problem' });
  expect(found.says).toContain(why);
});

const outgoing = { taken: '32768\t60999\n', leftOut: '\n' };
const scx = { range: { first: 8100, last: 8227 }, held: [], frontEnd: undefined, outgoing };

test('Ports of SCXs are good unless another program has one', () => {
  expect(checkScxPorts(scx).state).toBe('good');
  expect(checkScxPorts({ ...scx, held: [{ ...OURS, port: 8100 }] }).state).toBe('good');
  const held = [8101, 8102].map((port) => ({ ...NGINX, port }));
  const found = checkScxPorts({ ...scx, held });
  expect(found.state).toBe('warning');
  expect(found.says).toContain(
    'Port 8101 of --scx-ports is held by nginx (process 77), and 1 more',
  );
});

test('Ports that the system may give to outgoing connections are a risk', () => {
  const high = { ...scx, range: { first: 40_000, last: 40_127 } };
  const found = checkScxPorts(high);
  expect(found.state).toBe('warning');
  expect(found.says).toContain('ip_local_reserved_ports=40000-40127');
  const leftOut = { ...outgoing, leftOut: '9000,40000-40127\n' };
  expect(checkScxPorts({ ...high, outgoing: leftOut }).state).toBe('good');
  expect(checkScxPorts({ ...high, outgoing: { taken: '', leftOut: '' } }).state).toBe('good');
});

test('Any free ports cannot be opened in a firewall; what cannot be seen is unknown', () => {
  expect(checkScxPorts({ ...scx, range: 'any' }).state).toBe('warning');
  expect(checkScxPorts({ ...scx, held: undefined }).state).toBe('unknown');
});
