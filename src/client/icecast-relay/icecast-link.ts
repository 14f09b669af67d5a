/**
 * A mount of an Icecast server, for as long as we feed it. It is connected to when there is
 * something to send, because Icecast closes a source that is silent for ten seconds. While the server
 * is away the last QUEUE_MS_MAX of audio wait; what is older is lost, and told.
 */

import { UserError } from '../../lib/user-error.js';
import { pauseBeforeAttempt, unlessAborted } from '../pause.js';
import { type IcecastSource, openIcecastSource } from './icecast-source.js';
import type { IcecastTarget } from './icecast-target.js';
import { sendTitle } from './icecast-title.js';

export interface IcecastLinkOptions {
  readonly target: IcecastTarget;
  /** The `ice-*` headers; asked for at each connection. */
  headers(): Readonly<Record<string, string>>;
  readonly onConnected: () => void;
  /** One sentence about what went wrong and was dealt with. */
  readonly tell: (text: string) => void;
}

export interface IcecastLink {
  /** Sends a frame now or soon. Throws a UserError when the first connection has failed. */
  publish(frame: Uint8Array, durationMs: number): void;
  /** What is playing from now on. */
  title(text: string): void;
  /** Sends what waits, if it can, and ends. */
  finish(timeoutMs: number): Promise<void>;
}

/** Guess: half of a listener's buffer there. */
const QUEUE_MS_MAX = 10_000;
/** A connection that held so long was a good one: the next loss starts at the shortest delay. */
const STEADY_MS = 10_000;

/** A link that has sent nothing yet. */
export function createIcecastLink(options: IcecastLinkOptions): IcecastLink {
  const { target, tell, onConnected } = options;
  const ending = new AbortController();
  const queue = createQueue();
  const titles = createTitles(target, tell, ending.signal);
  let source: IcecastSource | undefined;
  let problem: UserError | undefined;
  let running = false;
  let over = false;
  let connectedOnce = false;
  let told = '';

  const flush = (): void => {
    for (let next = queue.take(); next !== undefined; next = queue.take()) source?.send(next);
  };

  const connect = async (): Promise<void> => {
    const { signal } = ending;
    source = await openIcecastSource({ target, headers: options.headers(), signal });
    connectedOnce = true;
    told = '';
    onConnected();
    const lostMs = queue.settleLoss();
    if (lostMs > 0) tell(`${(lostMs / 1000).toFixed(1)} s were not sent to ${target.label}`);
    flush();
    titles.onConnected();
  };

  const onFailed = (error: unknown): void => {
    if (!(error instanceof UserError)) throw error;
    if (!connectedOnce) problem = error;
    else if (error.message !== told && !over) tell(`${error.message}; trying again`);
    told = error.message;
  };

  /** From the first frame to the end, or the loss of a connection while nothing waits. */
  const run = async (): Promise<void> => {
    running = true;
    let attempt = 0;
    while (!over && problem === undefined) {
      const since = performance.now();
      await connect().catch(onFailed);
      const reason = await source?.closed;
      source = undefined;
      titles.onLost();
      if (performance.now() - since > STEADY_MS) attempt = 0;
      if (reason !== undefined && !over) {
        tell(`the connection to ${target.label} is lost (${reason}); connecting again`);
      }
      await pauseBeforeAttempt(attempt++, ending.signal);
      if (queue.isEmpty()) break;
    }
    running = false;
  };

  return {
    publish: (frame, durationMs) => {
      if (problem !== undefined) throw problem;
      queue.add(frame, durationMs);
      if (source !== undefined) flush();
      else if (!running) void run();
    },
    title: titles.tell,
    finish: async (timeoutMs) => {
      over = true;
      const last = source;
      last?.end();
      if (last !== undefined) await unlessAborted(last.closed, AbortSignal.timeout(timeoutMs));
      ending.abort();
    },
  };
}

/** Frames that wait; the oldest go when there are too many. */
function createQueue() {
  const waiting: { readonly frame: Uint8Array; readonly durationMs: number }[] = [];
  let waitingMs = 0;
  let lostMs = 0;
  const shift = () => {
    const first = waiting.shift();
    waitingMs = waiting.length === 0 ? 0 : waitingMs - (first?.durationMs ?? 0);
    return first;
  };
  return {
    add: (frame: Uint8Array, durationMs: number): void => {
      waiting.push({ frame, durationMs });
      waitingMs += durationMs;
      while (waitingMs > QUEUE_MS_MAX) lostMs += shift()?.durationMs ?? 0;
    },
    take: (): Uint8Array | undefined => shift()?.frame,
    isEmpty: (): boolean => waiting.length === 0,
    /** What was lost since the last call, ms. */
    settleLoss: (): number => {
      const loss = lostMs;
      lostMs = 0;
      return loss;
    },
  };
}

/** The last title, told once to each connection; one request at a time. */
function createTitles(target: IcecastTarget, tell: (text: string) => void, signal: AbortSignal) {
  let title: string | undefined;
  let sent: string | undefined;
  let connected = false;
  let busy = false;
  let failed = false;

  const update = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    while (connected && title !== undefined && title !== sent && !signal.aborted) {
      sent = title;
      const reason = await sendTitle(target, title, signal);
      if (reason !== undefined && !failed) tell(`${target.label} does not take titles (${reason})`);
      failed = reason !== undefined;
    }
    busy = false;
  };

  return {
    tell: (text: string): void => {
      title = text;
      void update();
    },
    onConnected: (): void => {
      connected = true;
      sent = undefined;
      void update();
    },
    onLost: (): void => {
      connected = false;
    },
  };
}
