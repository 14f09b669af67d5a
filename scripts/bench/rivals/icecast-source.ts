/**
 * An encoder that sends frames to an Icecast mount in real time, in a loop. When its connection
 * breaks it connects again and sends what would have played meanwhile. Most encoders lose that:
 * this one favours Icecast.
 */
import { connect, type Socket } from 'node:net';
import { parseFrameHeader } from '../../../src/mp3/frames/frame-header.js';
import { PASSWORD } from './icecast-server.js';

export interface IcecastSourceOptions {
  readonly port: number;
  readonly path: string;
  /** All of the same length, bytes. */
  readonly frames: readonly Uint8Array[];
}

export interface IcecastSource {
  /** Whether it is connected and was accepted. */
  readonly isOnAir: boolean;
  stop(): void;
}

/** Interval between two sends, ms: about one frame each. */
const TICK_MS = 25;
/** From a failure to the next attempt, ms. */
const AGAIN_MS = 500;
/** Audio that is kept while the server is away, at most, ms. */
const WAITING_MS_MAX = 10_000;

const requestFor = (path: string): string => {
  const key = Buffer.from(`source:${PASSWORD}`).toString('base64');
  const headers = ['Content-Type: audio/mpeg', `Authorization: Basic ${key}`, 'ice-name: bench'];
  return [`SOURCE ${path} HTTP/1.0`, ...headers, '', ''].join('\r\n');
};

/** Connects as soon as it can; where it is refused it tries again. */
export function startIcecastSource({ port, path, frames }: IcecastSourceOptions): IcecastSource {
  const [first = new Uint8Array()] = frames;
  const frameMs = parseFrameHeader(first, 0)?.durationMs ?? Number.NaN;
  const startedAt = performance.now();
  let socket: Socket;
  let isOnAir = false;
  let next = 0;
  let again: NodeJS.Timeout | undefined;

  const open = (): void => {
    socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.on('close', () => {
      isOnAir = false;
      again = setTimeout(open, AGAIN_MS);
    });
    socket.on('data', (answer) => {
      isOnAir ||= answer.includes(' 200 ');
    });
    socket.write(requestFor(path));
  };

  const sendDue = (): void => {
    const due = Math.floor((performance.now() - startedAt) / frameMs);
    next = Math.max(next, due - Math.floor(WAITING_MS_MAX / frameMs));
    if (!isOnAir) return;
    for (; next < due; next++) socket.write(frames[next % frames.length] ?? first);
  };

  open();
  const timer = setInterval(sendDue, TICK_MS);
  return {
    get isOnAir() {
      return isOnAir;
    },
    stop: () => {
      clearInterval(timer);
      socket.removeAllListeners('close').destroy();
      clearTimeout(again);
    },
  };
}
