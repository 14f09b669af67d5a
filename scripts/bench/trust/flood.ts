/**
 * A flood of TLS handshakes at an overlay port, from one address and from many. The budget of
 * handshakes bounds what it costs the SCX, which runs in a process of its own.
 */
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { splitHostPort } from '../../../src/lib/host-port.js';
import { dialSecurely } from '../../../src/overlay/tls/dial.js';
import { createAnonymousContext } from '../../../src/overlay/tls/identity.js';
import { start } from '../../../test/e2e/support/processes.js';
import { type Flags, numberOf, type Row, round } from '../benchmark.js';
import { cpuSeconds } from '../machine/process-metrics.js';

/** Connections of the flood that are open at a time. */
const WIDTH = 16;
/** For the tokens of the last flood to grow back, and for the SCX to come to rest, ms. */
const REST_MS = 3000;

interface Outcome {
  readonly secured: number;
  readonly refused: number;
  readonly seconds: number;
}

/** Opens connections and closes them as soon as they are secure. */
async function flood(address: string, from: (at: number) => string, ms: number): Promise<Outcome> {
  const counts = { secured: 0, refused: 0 };
  const secureContext = createAnonymousContext();
  const begun = performance.now();
  const isOver = (): boolean => performance.now() - begun > ms;
  let at = 0;
  const once = (): Promise<void> =>
    new Promise((done) => {
      const tcp = connect({ ...splitHostPort(address), localAddress: from(at++) });
      const socket = dialSecurely(tcp, secureContext);
      let isSecure = false;
      socket.on('secureConnect', () => {
        isSecure = true;
        socket.destroy();
      });
      socket.on('error', () => undefined);
      socket.on('close', () => {
        counts[isSecure ? 'secured' : 'refused']++;
        done();
      });
    });
  const keepOn = async (): Promise<void> => {
    while (!isOver()) await once();
  };
  await Promise.all(Array.from({ length: WIDTH }, keepOn));
  return { ...counts, seconds: (performance.now() - begun) / 1000 };
}

const addressAt = (at: number): string =>
  `127.0.${1 + (Math.floor(at / 250) % 200)}.${1 + (at % 250)}`;

/** A row for a flood from one address, and one for a flood from as many as there are connections. */
export async function measureFlood(flags: Flags): Promise<Row[]> {
  const ms = 1000 * numberOf(flags, 'seconds');
  const file = join(import.meta.dirname, '../load/overlay-victim.ts');
  const victim = start(process.execPath, [...process.execArgv, file]);
  const [address = ''] = await victim.line(/^127\.0\.0\.1:\d+$/m);
  const rows: Row[] = [];
  const sources = { 'one address': () => '127.0.0.9', 'many addresses': addressAt };
  for (const [name, from] of Object.entries(sources)) {
    await pause(REST_MS);
    const before = cpuSeconds(victim.pid);
    const { secured, refused, seconds } = await flood(address, from, ms);
    const cpu = cpuSeconds(victim.pid) - before;
    rows.push(
      { what: `flood from ${name}: handshakes/s`, value: round(secured / seconds) },
      { what: `flood from ${name}: refused/s`, value: round(refused / seconds) },
      { what: `flood from ${name}: of a core, %`, value: round((100 * cpu) / seconds) },
    );
  }
  victim.child.kill('SIGKILL');
  await victim.exited;
  return rows;
}
