/**
 * Leaves out what a stream repeats when it is connected to again.
 *
 * A server begins every connection with a burst: seconds of audio, most of which came over the
 * connection before. Broadcast again, it would be an echo for all listeners. So the last frames are
 * remembered by content, and frames of a new connection are dropped while they are known.
 *
 * The first frames of a connection may differ from the remembered ones: an SCX silences those that a
 * decoder cannot play without the frames before them (mp3/frames/lead-in.ts). So a few unknown
 * frames are held back until it is clear whether known ones follow.
 *
 * A server that plays the same file again repeats frames, too, and these must be heard. A burst is
 * the end of what was sent, and comes as fast as the network allows. So only as much is remembered
 * as servers send in a burst, and nothing is dropped when the burst must have come.
 */
import type { TrackEvent } from '../track/track.js';

type Frame = Extract<TrackEvent, { kind: 'frame' }>;

/** Drops the events of a connection that an earlier connection has brought. */
export interface RepeatFilter {
  /** A new connection begins. */
  onConnected(): void;
  /** Takes the next event of the connection; returns the events that are new, in order. */
  take(event: TrackEvent): readonly TrackEvent[];
}

/** The burst of Icecast, bytes. */
const BURST_BYTES_MAX = 65_536;
/** The longest burst of an SCX, ms. */
const BURST_MS_MAX = 30_000;
/** From the first frame of a connection to the end of its burst, ms. Guess: on a slow link. */
const BURST_ARRIVES_MS = 5000;
/** Unknown frames and titles held back; more than an SCX silences. */
const HELD_MAX = 16;

type State =
  /** All events are new. */
  | { readonly kind: 'live' }
  /** A connection has begun, and no known frame has come yet. */
  | { readonly kind: 'unsure'; readonly held: TrackEvent[] }
  /** Known frames are dropped; the last title among them is kept. */
  | { readonly kind: 'repeating'; title: TrackEvent | undefined };

/** Creates a filter that remembers no frame yet. `now`: a monotonic clock, ms. */
export function createRepeatFilter(now: () => number = () => performance.now()): RepeatFilter {
  const recent = createRecentFrames();
  let state: State = { kind: 'live' };
  /** The instant of the connection's first event; undefined: none has come. */
  let begunAt: number | undefined;

  const isRepeat = ({ bytes }: Frame): boolean => {
    begunAt ??= now();
    return recent.has(bytes) && now() - begunAt <= BURST_ARRIVES_MS;
  };

  const pass = (events: readonly TrackEvent[]): readonly TrackEvent[] => {
    state = { kind: 'live' };
    for (const event of events) if (event.kind === 'frame') recent.add(event);
    return events;
  };

  const whileUnsure = (held: TrackEvent[], event: TrackEvent): readonly TrackEvent[] => {
    if (event.kind === 'frame' && isRepeat(event)) {
      state = { kind: 'repeating', title: held.findLast(({ kind }) => kind === 'title') };
      return [];
    }
    held.push(event);
    return held.length > HELD_MAX ? pass(held) : [];
  };

  return {
    onConnected: () => {
      begunAt = undefined;
      state = recent.isEmpty() ? { kind: 'live' } : { kind: 'unsure', held: [] };
    },
    take: (event) => {
      if (state.kind === 'live') return pass([event]);
      if (state.kind === 'unsure') return whileUnsure(state.held, event);
      if (event.kind === 'frame') {
        if (isRepeat(event)) return [];
        return pass(state.title === undefined ? [event] : [state.title, event]);
      }
      state.title = event;
      return [];
    },
  };
}

/** Creates a store of the last frames, as many as the longest burst has, by content. */
function createRecentFrames() {
  /** The oldest first. */
  const order: { readonly key: string; readonly durationMs: number }[] = [];
  let [bytesKept, msKept] = [0, 0];
  /** How many of the remembered frames have a key: silent frames are all alike. */
  const counts = new Map<string, number>();
  const keyOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

  const forget = (key: string): void => {
    const count = (counts.get(key) ?? 1) - 1;
    if (count === 0) counts.delete(key);
    else counts.set(key, count);
  };

  return {
    add: ({ bytes, durationMs }: Frame): void => {
      const key = keyOf(bytes);
      order.push({ key, durationMs });
      counts.set(key, (counts.get(key) ?? 0) + 1);
      bytesKept += key.length;
      msKept += durationMs;
      while (bytesKept > BURST_BYTES_MAX && msKept > BURST_MS_MAX) {
        const oldest = order.shift() as (typeof order)[number];
        forget(oldest.key);
        bytesKept -= oldest.key.length;
        msKept -= oldest.durationMs;
      }
    },
    has: (bytes: Uint8Array): boolean => counts.has(keyOf(bytes)),
    isEmpty: (): boolean => order.length === 0,
  };
}
