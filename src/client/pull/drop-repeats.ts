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
 */
import type { TrackEvent } from '../track/track.js';

/** Drops the events of a connection that an earlier connection has brought. */
export interface RepeatFilter {
  /** A new connection begins. */
  onConnected(): void;
  /** Takes the next event of the connection; returns the events that are new, in order. */
  take(event: TrackEvent): readonly TrackEvent[];
}

/** Frames remembered. The burst of Icecast, 64 KiB, is 2600 frames at 8 kbit/s. */
const FRAMES_MAX = 3000;
/** Unknown frames and titles held back; more than an SCX silences. */
const HELD_MAX = 16;

type State =
  /** All events are new. */
  | { readonly kind: 'live' }
  /** A connection has begun, and no known frame has come yet. */
  | { readonly kind: 'unsure'; readonly held: TrackEvent[] }
  /** Known frames are dropped; the last title among them is kept. */
  | { readonly kind: 'repeating'; title: TrackEvent | undefined };

/** Creates a filter that remembers no frame yet. */
export function createRepeatFilter(): RepeatFilter {
  const recent = createRecentFrames();
  let state: State = { kind: 'live' };

  const pass = (events: readonly TrackEvent[]): readonly TrackEvent[] => {
    state = { kind: 'live' };
    for (const event of events) if (event.kind === 'frame') recent.add(event.bytes);
    return events;
  };

  const whileUnsure = (held: TrackEvent[], event: TrackEvent): readonly TrackEvent[] => {
    if (event.kind === 'frame' && recent.has(event.bytes)) {
      state = { kind: 'repeating', title: held.findLast(({ kind }) => kind === 'title') };
      return [];
    }
    held.push(event);
    return held.length > HELD_MAX ? pass(held) : [];
  };

  return {
    onConnected: () => {
      state = recent.isEmpty() ? { kind: 'live' } : { kind: 'unsure', held: [] };
    },
    take: (event) => {
      if (state.kind === 'live') return pass([event]);
      if (state.kind === 'unsure') return whileUnsure(state.held, event);
      if (event.kind === 'frame') {
        if (recent.has(event.bytes)) return [];
        return pass(state.title === undefined ? [event] : [state.title, event]);
      }
      state.title = event;
      return [];
    },
  };
}

/** Creates a store of the last FRAMES_MAX frames, by content. */
function createRecentFrames() {
  /** Keys, the oldest first. */
  const order: string[] = [];
  /** How many of the remembered frames have a key: silent frames are all alike. */
  const counts = new Map<string, number>();
  const keyOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

  const forget = (key: string): void => {
    const count = (counts.get(key) ?? 1) - 1;
    if (count === 0) counts.delete(key);
    else counts.set(key, count);
  };

  return {
    add: (bytes: Uint8Array): void => {
      const key = keyOf(bytes);
      order.push(key);
      counts.set(key, (counts.get(key) ?? 0) + 1);
      if (order.length > FRAMES_MAX) forget(order.shift() as string);
    },
    has: (bytes: Uint8Array): boolean => counts.has(keyOf(bytes)),
    isEmpty: (): boolean => order.length === 0,
  };
}
