/**
 * Attackers that want all connections of a front end, or all places of its encoders, from a few
 * addresses. Addresses are those of loopback, which counts like any other where no proxy is trusted.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { createEncoderLimit } from '../../src/cluster/ingest/encoder-limit.js';
import { afterTest } from '../after-test.js';
import { startFake } from '../cluster/fake-cluster.js';
import { startFed } from '../cluster/fake-scx.js';
import { until } from '../cluster/support.js';

/** Room for 45 connections or so, above three quarters of which everybody is told. */
const FILES_MAX = 160;

async function open(port: number, localAddress: string): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', localAddress });
  afterTest(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

/** The status line of the answer to a request of this address. */
async function statusFor(port: number, localAddress: string): Promise<string> {
  const socket = await open(port, localAddress);
  socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return bytes.toString().split('\r\n')[0] ?? '';
}

test('An address with very many connections is told so, and all others are served', async () => {
  const { cluster } = await startFake({ filesMax: FILES_MAX, trustedProxies: [] });
  const { port } = cluster;
  for (let n = 0; n < 12; n++) await open(port, '127.0.0.2');
  await until(async () => (await statusFor(port, '127.0.0.2')).includes(' 503 '));
  expect(await statusFor(port, '127.0.0.3')).toBe('HTTP/1.1 200 OK');
});

test('A trusted proxy has as many connections as its clients need', async () => {
  const { cluster } = await startFake({ filesMax: FILES_MAX, trustedProxies: ['127.0.0.2'] });
  for (let n = 0; n < 12; n++) await open(cluster.port, '127.0.0.2');
  expect(await statusFor(cluster.port, '127.0.0.2')).toBe('HTTP/1.1 200 OK');
});

test('An encoder reaches its SCX although one address holds all places with guesses', async () => {
  const { client, fed } = await startFed({ filesMax: FILES_MAX });
  const encoder = (address: string) =>
    client(`PUT /radio.example/night HTTP/1.1\r\nX-Forwarded-For: ${address}\r\n\r\n`);
  const guesses = [1, 2, 3].map(() => encoder('203.0.113.1'));
  await until(() => fed.length === 3);
  encoder('198.51.100.1');
  await until(() => fed.length === 4);
  await until(() => guesses.filter(({ socket }) => socket.readyState === 'closed').length === 1);
  expect((await encoder('203.0.113.1').head()).split('\r\n')[0]).toContain(' 403 Too many');
  expect(fed.filter(({ isEnded }) => !isEnded)).toHaveLength(3);
});

test('Encoders that guess passwords from a few addresses make room for one of another', () => {
  let now = 0;
  const limit = createEncoderLimit(64, () => now);
  const cut: string[] = [];
  const take = (address: string) => limit.take(address, () => void cut.push(address));
  const station = take('198.51.100.1');
  now = 12_000; // its password has been found right long ago
  for (let n = 0; n < 40; n++) take('203.0.113.1');
  for (let n = 0; n < 40; n++) take(`2001:db8::${n + 1}`);
  expect(cut).toEqual([]);
  for (let n = 0; n < 10; n++) expect(take(`198.51.100.${n + 2}`).ok).toBe(true);
  expect(cut).toHaveLength(10);
  expect(cut.filter((address) => address.startsWith('198.'))).toEqual([]);
  expect(station.ok).toBe(true);
});

test('Encoders that have been let in are not cut off, whoever comes', () => {
  let now = 0;
  const limit = createEncoderLimit(4, () => now);
  const cut: string[] = [];
  const take = (address: string) => limit.take(address, () => void cut.push(address));
  const places = [1, 2, 3, 4].map(() => take('203.0.113.1'));
  now = 12_000;
  expect(take('198.51.100.1').ok).toBe(false);
  const [first] = places;
  if (first?.ok) first.value();
  if (first?.ok) first.value(); // a place is given back once
  expect(take('198.51.100.1').ok).toBe(true);
  expect(take('198.51.100.2').ok).toBe(false);
  expect(cut).toEqual([]);
});

test('This machine, and whoever is behind a proxy on it, has half of the places', () => {
  const limit = createEncoderLimit(8, () => 0);
  const taken = Array.from({ length: 6 }, () => limit.take('127.0.0.1', () => undefined).ok);
  expect(taken).toEqual([true, true, true, true, false, false]);
  expect(limit.take('198.51.100.1', () => undefined).ok).toBe(true);
});
