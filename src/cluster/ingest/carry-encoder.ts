/**
 * Carries what an encoder sends to its session's SCX, and goes on with the next SCX when that one has
 * died or is leaving: the encoder's connection is held here, so it notices nothing. Meanwhile its bytes
 * wait in its socket, which slows it down as a slow network does.
 *
 * The next SCX is sent the encoder's request anew, and then what comes from now on: it finds the next frame
 * by itself. An SCX that objects says so in an answer (api/header-fields.ts: CARRIED_FIELD), and then the
 * encoder's connection ends as well.
 *
 * Bounded: one connection to an SCX for each encoder; GIVE_UP_MS without one.
 */
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { CARRIED_FIELD } from '../../api/header-fields.js';
import { readRequestHead } from '../../http/server/request-head.js';
import { createSourceBody } from '../../icecast/source-body.js';
import { readScxAnswers, type ScxAnswers } from './scx-answers.js';

export interface CarriedEncoder {
  readonly socket: Socket;
  /** The head of its request, and all that was read behind it. */
  readonly raw: Uint8Array;
  /** Whether it is sent what the SCX answers; false if it has been answered already. */
  readonly isAnswered: boolean;
  /** Connects to the session's SCX of that moment; undefined: there is none yet. */
  dial(): Promise<Socket | undefined>;
}

/** An SCX that does not read the last bytes, or an encoder the answer, within this is cut off, ms. Guess. */
const LINGER_MS = 5000;
/** Without an SCX for so long, encoders are let go, ms. Guess: they wait longer for their own servers. */
const GIVE_UP_MS = 30_000;
const AGAIN_MS = 250;
/** An SCX that keeps the stream for so long is well, ms. Guess. */
const WELL_MS = 10_000;

/** Fields that describe a framing which is removed here, or an answer that was given. */
const FIRST_TIME_ONLY = /^(transfer-encoding|content-length|expect):/i;

/** Ends a connection after what is still on its way. */
function endSoon(socket: Socket): void {
  socket.destroySoon();
  const cutting = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(cutting));
}

/** The request, for the first SCX and for those after it, and what has come behind it. */
function readRequest(raw: Uint8Array) {
  const read = readRequestHead(raw);
  if (read.kind !== 'head') throw new Error('the request of an encoder is written by ourselves');
  const { head } = read;
  const text = Buffer.from(raw.subarray(0, head.bytes)).toString('latin1');
  const lines = text.trimEnd().split(/\r?\n/);
  const headOf = (kept: readonly string[]): Buffer =>
    Buffer.from([...kept, `${CARRIED_FIELD}: yes`, '', ''].join('\r\n'), 'latin1');
  const [line = '', ...fields] = lines;
  return {
    head,
    first: headOf(lines),
    again: headOf([line, ...fields.filter((field) => !FIRST_TIME_ONLY.test(field))]),
    rest: raw.subarray(head.bytes),
  };
}

/** Carries until the encoder's connection has ended. `upstream`: the first connection to an SCX. */
export function carryEncoder(encoder: CarriedEncoder, upstream: Socket): void {
  const { socket, isAnswered } = encoder;
  const { head, first, again, rest } = readRequest(encoder.raw);
  const body = createSourceBody(head);
  let present: Socket | undefined;
  let isFirst = true;
  let hasEnded = false; // the encoder has sent all
  let lostAt = performance.now();

  const take = (bytes: Uint8Array): void => {
    const parts = body.push(bytes);
    const sent = isFirst ? [bytes] : parts;
    const hasRoom = sent.map((part) => present?.write(part) === true).every(Boolean);
    if (!hasRoom) socket.pause();
    if (!isFirst && body.state !== 'open') present?.end();
  };

  const end = (): void => {
    if (!socket.destroyed) endSoon(socket);
  };

  const findNext = async (): Promise<void> => {
    while (!socket.destroyed && performance.now() - lostAt < GIVE_UP_MS) {
      await pause(AGAIN_MS);
      const next = await encoder.dial();
      if (next !== undefined && !socket.destroyed) return connect(next);
      next?.destroy();
    }
    end();
  };

  const onLost = (answers: ScxAnswers, since: number): void => {
    present = undefined;
    if (socket.destroyed) return;
    const verdict = hasEnded ? 'over' : answers.verdict();
    if (verdict === 'over' || (verdict === 'leaving' && isFirst)) {
      const isUntold = isAnswered && !isFirst && head.method === 'PUT';
      if (isUntold) socket.write(answers.last(), 'latin1');
      return end();
    }
    if (performance.now() - since > WELL_MS) lostAt = performance.now();
    isFirst = false;
    socket.pause();
    void findNext();
  };

  /** The stream goes on at the SCX behind this connection. */
  const connect = (to: Socket): void => {
    const since = performance.now();
    const answers = readScxAnswers(head.method);
    present = to;
    to.on('error', () => undefined); // its close follows
    to.on('drain', () => void socket.resume());
    to.on('data', (bytes: Buffer) => {
      if (answers.take(bytes) && isAnswered && isFirst) socket.write(bytes);
    });
    if (to.closed) return onLost(answers, since);
    to.once('close', () => onLost(answers, since));
    to.write(isFirst ? first : again);
    socket.resume();
    if (isFirst) take(rest); // which may find no room
  };

  socket.on('error', () => undefined);
  connect(upstream);
  socket.on('data', take);
  socket.once('end', () => {
    hasEnded = true;
    present?.end();
  });
  if (socket.closed) upstream.destroy();
  else socket.once('close', () => present !== undefined && endSoon(present));
}
