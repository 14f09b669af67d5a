/** Reading a socket up to a mark, for a protocol that has no other framing (shoutcast.ts). */
import type { Socket } from 'node:net';
import { createHeadBytes, type HeadEnd } from '../../lib/head/head-bytes.js';

/** The text up to the mark, one byte per character, and the bytes behind the mark. */
export interface Passage {
  readonly text: string;
  readonly rest: Buffer;
}

/** The limits of one passage. */
export interface PassageLimits {
  readonly bytesMax: number;
  readonly msMax: number;
}

const MARKS: Readonly<Record<HeadEnd, RegExp>> = {
  line: /\r?\n/,
  'empty line': /^\r?\n|\r?\n\r?\n/,
};

/** A few empty lines may precede a line, as they may precede a request (request-head.ts). */
const EMPTY_LINES = /^(?:\r?\n){0,4}/;

function split(received: Buffer, mark: HeadEnd, bytesMax: number): Passage | undefined {
  const all = received.toString('latin1', 0, bytesMax + 4); // 4: the longest mark
  const start = mark === 'line' ? (EMPTY_LINES.exec(all)?.[0].length ?? 0) : 0;
  const text = all.slice(start);
  const found = MARKS[mark].exec(text);
  if (found === null) return undefined;
  const rest = received.subarray(start + found.index + found[0].length);
  return { text: text.slice(0, found.index), rest };
}

/**
 * Reads up to the mark; `before` has been received already. Undefined if the mark does not come
 * within the limits. The socket is paused then.
 */
export function readToMark(
  socket: Socket,
  before: Buffer,
  mark: HeadEnd,
  { bytesMax, msMax }: PassageLimits,
): Promise<Passage | undefined> {
  return new Promise((resolve) => {
    const received = createHeadBytes(mark, [bytesMax + 1]);
    const settle = (passage: Passage | undefined): void => {
      clearTimeout(timer);
      socket.off('data', onData).off('close', onClose).pause();
      resolve(passage);
    };
    const onClose = (): void => settle(undefined);
    /** Takes bytes; whether that was all. */
    const take = (bytes: Buffer): boolean => {
      if (!received.add(bytes)) return false;
      const passage = split(received.all, mark, bytesMax);
      const isOver = passage !== undefined || received.all.length > bytesMax;
      if (isOver) settle(passage);
      return isOver;
    };
    const onData = (bytes: Buffer): void => void take(bytes);
    const timer = setTimeout(onClose, msMax);
    socket.on('data', onData).on('close', onClose);
    if (!take(before)) socket.resume();
  });
}
