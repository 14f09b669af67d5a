/**
 * One hop of a session of 128 kbit/s: what it costs to send its lots over TLS and over plain TCP,
 * both ends together. Each lot leaves in an iteration of the event loop of its own, as in an SCX.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { dialSecurely } from '../../../src/overlay/tls/dial.js';
import { createIdentity } from '../../../src/overlay/tls/identity.js';
import { drawSigningKey } from '../../../src/runtime/signing-key.js';
import { type Flags, numberOf, type Row, round } from '../benchmark.js';

/** A lot of 128 kbit/s: five frames of 26 ms, and what is signed. */
const LOT_BYTES = 5 * 418 + 130;
const LOTS_PER_SECOND = 1000 / 130;
/** An SCX receives a session once and forwards it to about three children. */
const HOPS = 3;

const listen = async (server: Server): Promise<number> => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
};

async function openPlain(onSocket: (socket: Socket) => void): Promise<[Server, Socket]> {
  const server = createServer({ noDelay: true }, onSocket);
  const socket = connect({ port: await listen(server), host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  return [server, socket];
}

async function openTls(onSocket: (socket: Socket) => void): Promise<[Server, Socket]> {
  const [one, other] = [createIdentity(drawSigningKey()), createIdentity(drawSigningKey())];
  const asked = { requestCert: true, rejectUnauthorized: false, noDelay: true };
  const server = createTlsServer({ ...one.options, ...asked }, onSocket);
  const tcp = connect({ port: await listen(server), host: '127.0.0.1', noDelay: true });
  const socket = dialSecurely(tcp, other.context);
  await once(socket, 'secureConnect');
  return [server, socket];
}

const cpuMicros = (since?: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(since);
  return user + system;
};

/** Processor time for each lot, both ends, us; and bytes on the wire for each. */
async function measure(open: typeof openPlain, lots: number) {
  const lot = Buffer.alloc(LOT_BYTES, 7);
  let received = 0;
  let wireBytes = 0;
  const ends: Socket[] = [];
  const [server, socket] = await open((end) => {
    ends.push(end);
    end.on('data', (chunk) => {
      received += chunk.length;
    });
  });
  const forward = async (count: number): Promise<void> => {
    const until = received + count * LOT_BYTES;
    for (let sent = 0; sent < count; sent++) {
      socket.write(lot);
      await new Promise((done) => setImmediate(done));
    }
    while (received < until) await new Promise((done) => setImmediate(done));
  };
  await forward(Math.ceil(lots / 4));
  const before = process.cpuUsage();
  await forward(lots);
  const micros = cpuMicros(before) / lots;
  wireBytes = ends[0]?.bytesRead ?? 0;
  socket.destroy();
  for (const end of ends) end.destroy();
  server.close();
  return { micros, wireBytes };
}

/** Rows of a hop without and with TLS. */
export async function measureForwarding(flags: Flags): Promise<Row[]> {
  const lots = numberOf(flags, 'lots');
  const plain = await measure(openPlain, lots);
  const tls = await measure(openTls, lots);
  const more = Math.max(0, tls.micros - plain.micros);
  return [
    { what: 'hop without TLS, CPU us per lot', value: round(plain.micros) },
    { what: 'hop with TLS, CPU us per lot', value: round(tls.micros) },
    { what: 'ratio', value: round(tls.micros / plain.micros, 2) },
    {
      what: `more of a core for a session of 128 kbit/s and ${HOPS} children, %`,
      value: round(((more * LOTS_PER_SECOND * HOPS) / 1e6) * 100, 3),
    },
  ];
}
