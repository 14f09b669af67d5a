/**
 * A source client's way into the session, for as long as it broadcasts. SCXs come and go (a
 * machine is restarted, a cluster is updated), so the link attaches again each time: the same
 * source, the next epoch, and numbers that go on. What the lost SCX may not have passed on is sent
 * once more (adu-window.ts), so listeners elsewhere miss nothing.
 *
 * Whole clusters die, too. So the link knows several, and goes on to the next, round and round, when
 * one does not take it back. It stays where it is taken: nobody hears the difference.
 *
 * While there is no SCX the broadcast waits rather than throws frames away: `room` resolves
 * only when less than two seconds wait to be sent.
 */

import type { Attachment } from '../../api/attach.js';
import type { SourceId } from '../../gossamer/core/node.js';
import { UserError } from '../../lib/user-error.js';
import { attach } from '../cluster/attach.js';
import { findAnnouncement } from '../cluster/cluster-api.js';
import { pauseBeforeAttempt, unlessAborted } from '../pause.js';
import { type AduWindow, createAduWindow, type OwnAdu } from './adu-window.js';
import { openSourceConnection, type SourceConnection } from './source-connection.js';

/** What a link tells of itself. */
export type LinkEvent =
  | { readonly kind: 'attached'; readonly scx: string; readonly address: string }
  | { readonly kind: 'alive'; readonly listeners: number; readonly scxListeners: number }
  | { readonly kind: 'lost'; readonly reason: string }
  /** Attempts to attach again fail, for a new reason; more will follow. */
  | { readonly kind: 'failed'; readonly reason: string }
  /** The next attempts go to the next cluster of the list. */
  | { readonly kind: 'moved'; readonly cluster: string }
  /** No further attempt makes sense: the link has ended. */
  | { readonly kind: 'refused'; readonly error: UserError };

export interface LinkOptions {
  /** `http://HOST:PORT` of each front end that will do; the first that answers is used. */
  readonly clusters: readonly string[];
  /** The announcement's URL, or the session's name, which each cluster knows where to find. */
  readonly announcement: string;
  /** Where to attach, if that is known: then no cluster is asked. */
  readonly attachment?: Attachment;
  readonly source: SourceId;
  /** 0 to 255; the highest that is live is played. */
  readonly priority: number;
  /** The session's source password, if it has one. */
  readonly password?: string | undefined;
  readonly onEvent: (event: LinkEvent) => void;
}

/** A link that is attached, or tries to be. */
export interface SourceLink {
  /** Sends an ADU in its order, now or when there is an SCX again; 0 ms for a notice. */
  publish(adu: OwnAdu, durationMs: number): void;
  /** Resolves when the next ADU may come. */
  room(): Promise<void>;
  /**
   * Flushes, says AM_LEAVING and ends. Resolves with how many ms of audio could not be sent
   * within `timeoutMs`.
   */
  finish(timeoutMs: number): Promise<number>;
}

/** Sent audio that is kept to be sent again. The number. */
const KEEP_MS = 2000;

/** Audio that may wait to be sent. */
const UNSENT_MS_MAX = 2000;

/** A connection that held so long was a good one: the next loss starts at the shortest delay. */
const STEADY_MS = 10_000;

/** Failures at one cluster before the next one's turn. Guess: one may be bad luck. */
const ATTEMPTS_EACH = 2;

/**
 * Attaches for the first time, at the first cluster that takes us. Rejects with a UserError when
 * none does.
 */
export async function openSourceLink(options: LinkOptions): Promise<SourceLink> {
  const link = createLink(options);
  await link.attachFirst();
  void link.keepAttached();
  return link;
}

interface Link extends SourceLink {
  attachFirst(): Promise<void>;
  keepAttached(): Promise<void>;
}

function createLink(options: LinkOptions): Link {
  const { clusters, source, priority, password, onEvent } = options;
  const window = createAduWindow(KEEP_MS);
  const ending = new AbortController();
  const gate = createGate();
  let connection: SourceConnection | undefined;
  let current = 0;
  let failures = 0;
  let epoch = 0;
  let toldReason = '';

  const pump = (): void => {
    while (connection?.writable === true && sendNext(window, connection));
    gate.open();
  };

  const findScx = async (signal: AbortSignal): Promise<Attachment> => {
    const cluster = clusters[current] as string;
    const announcement = await findAnnouncement(cluster, options.announcement);
    return attach({ cluster, announcement, role: 'source', signal });
  };

  const attachOnce = async (): Promise<void> => {
    const { signal } = ending;
    const attachment = options.attachment ?? (await findScx(signal));
    epoch++;
    connection = await openSourceConnection({
      attachment,
      source: { id: source, priority, epoch },
      password,
      onAlive: (alive) => onEvent({ kind: 'alive', ...alive }),
      onDrain: pump,
      signal,
    });
    onEvent({ kind: 'attached', scx: connection.scx, address: attachment.scx.overlayAddress });
    toldReason = '';
    failures = 0;
    window.rewind();
    pump();
  };

  const attachFirst = async (): Promise<void> => {
    for (;;) {
      try {
        return await attachOnce();
      } catch (error) {
        if (!(error instanceof UserError) || error.isFinal) throw error;
        if (current + 1 === clusters.length) throw error;
        onFailed(error.message);
        moveOn();
      }
    }
  };

  const moveOn = (): void => {
    failures = 0;
    current = (current + 1) % clusters.length;
    if (clusters.length > 1) onEvent({ kind: 'moved', cluster: clusters[current] as string });
  };

  const onFailed = (reason: string): void => {
    if (ending.signal.aborted || reason === toldReason) return;
    toldReason = reason;
    onEvent({ kind: 'failed', reason });
  };

  const becomeRefused = (error: UserError): void => {
    ending.abort();
    gate.open();
    onEvent({ kind: 'refused', error });
  };

  const tryAgain = async (attempt: number): Promise<void> => {
    const round = Math.floor(attempt / clusters.length);
    await pauseBeforeAttempt(round, ending.signal);
    if (ending.signal.aborted) return;
    try {
      await attachOnce();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      if (error.isFinal) return becomeRefused(error);
      onFailed(error.message);
      if (++failures >= ATTEMPTS_EACH) moveOn();
    }
  };

  const keepAttached = async (): Promise<void> => {
    let attempt = 0;
    while (!ending.signal.aborted) {
      const since = performance.now();
      if (connection === undefined) {
        await tryAgain(attempt++);
        continue;
      }
      const reason = await connection.closed;
      connection = undefined;
      if (performance.now() - since > STEADY_MS) attempt = 0;
      if (!ending.signal.aborted) onEvent({ kind: 'lost', reason });
    }
  };

  const flushed = async (signal: AbortSignal): Promise<void> => {
    const done = (): boolean => window.unsentMs === 0 && connection?.writable === true;
    const isOver = (): boolean => signal.aborted || ending.signal.aborted;
    while (!done() && !isOver()) await unlessAborted(gate.wait(), signal);
  };

  return {
    attachFirst,
    keepAttached,
    publish: (adu, durationMs) => {
      window.add(adu, durationMs);
      pump();
    },
    room: async () => {
      while (window.unsentMs >= UNSENT_MS_MAX && !ending.signal.aborted) await gate.wait();
    },
    finish: async (timeoutMs) => {
      const signal = AbortSignal.timeout(timeoutMs);
      await flushed(signal);
      const lostMs = window.unsentMs;
      ending.abort();
      connection?.leave();
      if (connection !== undefined) await unlessAborted(connection.closed, signal);
      connection?.destroy('we leave');
      gate.open();
      return lostMs;
    },
  };
}

/** Sends one ADU under the SCX's name; false when there is none. */
function sendNext(window: AduWindow, connection: SourceConnection): boolean {
  const adu = window.take();
  if (adu !== undefined) connection.send(adu);
  return adu !== undefined;
}

/** Wakes all who wait, each time it opens. */
function createGate() {
  let waiting: (() => void)[] = [];
  return {
    wait: (): Promise<void> => new Promise((resolve) => waiting.push(resolve)),
    open: (): void => {
      const woken = waiting;
      waiting = [];
      for (const resolve of woken) resolve();
    },
  };
}
