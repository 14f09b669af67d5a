/**
 * Who connects to a stream again gets a burst: seconds of audio, most of which was heard already.
 * Played again it would be an echo for all listeners. So the last frames are remembered, and
 * what a new connection repeats of them is left out.
 *
 * The first frames of a connection may not be as they were (an SCX silences those that a decoder
 * cannot read, mp3/lead-in.ts). So a few unknown frames are held until it is clear whether known
 * ones follow.
 */
import type { TrackEvent } from '../track/track.js';

/** Removes from each connection what an earlier one brought. */
export interface Resume {
  /** A new connection begins. */
  onConnected(): void;
  /** The events that go on. */
  take(event: TrackEvent): readonly TrackEvent[];
}

/** Remembered: 64 KiB, the burst of Icecast, is 2600 frames at 8 kbit/s. */
const FRAMES_MAX = 3000;
/** More than what may be silenced. */
const HELD_MAX = 16;

type State =
  | { readonly kind: 'live' }
  /** No known frame was met yet. */
  | { readonly kind: 'unsure'; readonly held: TrackEvent[] }
  /** Known frames go by; the last title is kept. */
  | { readonly kind: 'repeating'; title: TrackEvent | undefined };

/** A memory of nothing. */
export function createResume(): Resume {
  const recent = createMemory();
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

/** The last frames, by content. */
function createMemory() {
  const order: string[] = [];
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
