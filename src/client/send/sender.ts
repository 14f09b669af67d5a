/**
 * Sends ADUs on a channel of a session that is neither sound nor titles (§2.1: "multiple independent data
 * streams"). It is a source of its own, with a source key of the session, so it may be at another place
 * than the broadcaster, at another cluster, and come and go. It keeps to the rate that the announcement
 * lets the channel have, so that no SCX refuses it.
 */
import { EXIT, UserError } from '../../lib/user-error.js';
import { steadyTimeMs } from '../../runtime/steady-time.js';
import { DEFAULT_RATE_KBPS } from '../../session/channels.js';
import type { LinkEvent } from '../broadcast/attaching.js';
import type { Destination } from '../broadcast/destination.js';
import { createCredentials } from '../broadcast/source-credentials.js';
import { openSourceLink, type SourceLink } from '../broadcast/source-link.js';
import { findAnnouncement } from '../cluster/cluster-api.js';
import { openTrustedSession } from '../cluster/trusted-session.js';
import { pause, unlessAborted } from '../pause.js';

export interface SendOptions extends Omit<Destination, 'priority'> {
  readonly channel: number;
  readonly pieces: AsyncGenerator<Uint8Array>;
  /** The time between two pieces, ms. */
  readonly everyMs: number;
  /** Stays after the last piece, so that those who come later get it. */
  readonly holds: boolean;
  onEvent(event: LinkEvent): void;
  /** Ends it in order. */
  readonly signal: AbortSignal;
}

/** What may be sent ahead of the rate, ms: less than SCXs allow. */
const AHEAD_MS_MAX = 2000;
/** A new source is known in the whole session within this time; what it sent then arrives, ms. Guess. */
const SETTLE_MS = 3000;
/** Time to send the rest when it is stopped, and at its end, ms. */
const STOP_FLUSH_MS_MAX = 1500;
const END_FLUSH_MS_MAX = 15_000;

/** Of a source that never sends sound: none is preferred to it, and it to none. */
const PRIORITY = 0;

/** The rate of the channel at the first cluster that answers, kbit/s. Rejects with a UserError. */
async function rateOf({ clusters, announcement, channel }: SendOptions): Promise<number> {
  for (const [index, cluster] of clusters.entries()) {
    try {
      const url = await findAnnouncement(cluster, announcement);
      const { channels } = (await openTrustedSession(announcement, url)).announcement;
      const found = channels.find(({ id }) => id === channel);
      if (found !== undefined) return found.rateKbps ?? DEFAULT_RATE_KBPS;
      const has = channels.map(({ id }) => id).join(', ');
      const advice = 'announce it again with --channel';
      const what = `the announcement has the channels ${has}, and not ${channel}: ${advice}`;
      throw new UserError(EXIT.refused, what, true);
    } catch (error) {
      const isLast = index === clusters.length - 1;
      if (isLast || !(error instanceof UserError) || error.isFinal) throw error;
    }
  }
  throw new UserError(EXIT.usage, 'no cluster is given');
}

/** Sends each piece when it is due; resolves with their number. */
async function sendAll(
  options: SendOptions,
  link: SourceLink,
  rateKbps: number,
  stop: AbortSignal,
) {
  const { channel, pieces, everyMs } = options;
  let dueAt = performance.now();
  let sequence = 0;
  for (;;) {
    const next = await unlessAborted(pieces.next(), stop);
    if (next === undefined || next.done) return sequence;
    if (sequence > 0) await pause(everyMs, stop);
    await unlessAborted(link.room(), stop);
    await pause(dueAt - performance.now() - AHEAD_MS_MAX, stop);
    if (stop.aborted) return sequence;
    const durationMs = (next.value.length * 8) / rateKbps;
    dueAt = Math.max(dueAt, performance.now()) + durationMs;
    const adu = { channel, sequence: sequence++, timestampMs: steadyTimeMs(), payload: next.value };
    link.publish(adu, durationMs);
  }
}

/**
 * Sends all pieces; resolves with their number. Rejects with a UserError when it cannot begin, when it may
 * not go on, and when a piece cannot be read.
 */
export async function send(options: SendOptions): Promise<number> {
  const { signal, onEvent, pieces, holds } = options;
  const rateKbps = await rateOf(options);
  const refused = new AbortController();
  const stop = AbortSignal.any([signal, refused.signal]);
  const destination = { ...options, priority: PRIORITY };
  const opening = openSourceLink({
    ...destination,
    credentials: createCredentials(destination),
    onEvent: (event) => {
      if (event.kind === 'refused') refused.abort(event.error);
      else onEvent(event);
    },
  });
  const link = await unlessAborted(opening, stop);
  if (link === undefined) {
    opening.then((late) => late.finish(0)).catch(() => undefined);
    refused.signal.throwIfAborted();
    return 0;
  }
  let sent = 0;
  try {
    sent = await sendAll(options, link, rateKbps, stop);
    if (sent > 0) await pause(holds ? 2 ** 31 - 1 : SETTLE_MS, stop);
  } finally {
    pieces.return(undefined).catch(() => undefined); // Not awaited: its input may never arrive.
    await link.finish(stop.aborted ? STOP_FLUSH_MS_MAX : END_FLUSH_MS_MAX);
  }
  refused.signal.throwIfAborted();
  return sent;
}
