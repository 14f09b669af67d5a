/**
 * Strangers at an overlay port that ask and never read. The memory of the SCX is compared with that
 * before the attack, and with its bound: what it may hold unread, and garbage that has not been
 * collected.
 */
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Address, SourceId } from '../../../src/gossamer/core/node.js';
import { splitHostPort } from '../../../src/lib/host-port.js';
import { OVERLAY_LIMITS } from '../../../src/overlay/sockets/limits.js';
import { dialSecurely } from '../../../src/overlay/tls/dial.js';
import { createIdentity } from '../../../src/overlay/tls/identity.js';
import { drawSigningKey } from '../../../src/runtime/signing-key.js';
import { encodeDataMessage, encodeHello } from '../../../src/wire/encoder.js';
import { WIRE_VERSION } from '../../../src/wire/hello.js';
import { start } from '../../../test/e2e/support/processes.js';
import { type Row, round } from '../benchmark.js';
import { loadAverage, privateBytes } from '../machine/process-metrics.js';

/** What each stranger sends, bytes. */
const SENT = 35e6;
const LOOK_MS = 50;
/** Garbage, and what a busy Node process needs more than an idle one. */
const HEAP_BYTES = 100e6;

/** A stranger that subscribes again and again, to what does not exist, and reads nothing. */
function ask(address: Address): { socket: Socket; done: Promise<void> } {
  const { id, context } = createIdentity(drawSigningKey());
  const socket = dialSecurely(connect(splitHostPort(address)), context);
  socket.write(
    encodeHello({
      ...{ version: WIRE_VERSION, session: 'scattercast://bench.example/abuse', id, address },
      ...{ incarnation: 1, rendezvous: false, purpose: 'data', channel: 1 },
    }),
  );
  const source = '00000000000000aa' as SourceId;
  const frame = encodeDataMessage({ kind: 'subscribe', source, channel: 1, from: null });
  const frames = Buffer.concat(Array.from({ length: Math.ceil(SENT / frame.length) }, () => frame));
  const done = new Promise<void>((over) => {
    socket.on('error', () => over());
    socket.on('close', () => over());
    socket.write(frames, () => over());
  });
  return { socket, done };
}

/** The rows of one stranger, and of many at once. */
export async function attackOverlay(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const strangers of [1, 20]) rows.push(await endure(strangers));
  return rows;
}

async function endure(strangers: number): Promise<Row> {
  const file = join(import.meta.dirname, 'overlay-victim.ts');
  const victim = start(process.execPath, [...process.execArgv, file]);
  const [address] = await victim.line(/^127\.0\.0\.1:\d+$/m);
  const idle = privateBytes(victim.pid);
  let peak = idle;
  const look = (): void => {
    peak = Math.max(peak, privateBytes(victim.pid));
  };
  const watch = setInterval(look, LOOK_MS);
  const began = performance.now();
  const all = Array.from({ length: strangers }, () => ask(address as Address));
  await Promise.all(all.map(({ done }) => done));
  await pause(1000);
  look();
  clearInterval(watch);
  const seconds = (performance.now() - began) / 1000;
  for (const { socket } of all) socket.destroy();
  victim.child.kill('SIGKILL');
  await victim.exited;
  const bound = Math.min(OVERLAY_LIMITS.unreadTotalMax, strangers * OVERLAY_LIMITS.unreadMax);
  return {
    attack: `overlay: ${strangers} that read no answer`,
    seconds: round(seconds),
    'memory peak MB': round((peak - idle) / 1e6),
    'memory bound MB': round((bound + HEAP_BYTES) / 1e6),
    loadavg: loadAverage(),
  };
}
