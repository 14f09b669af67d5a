/**
 * What a source client may send. Its ADUs go to every SCX of the session, so they are checked at
 * the headGate: they bear the source's own name, their numbers grow, their channel is announced, audio
 * is exactly one MP3 frame, and it comes about as fast as it is played.
 *
 * The clock of a broadcaster is not ours: audio may come a little faster for ever (DRAIN), and much
 * faster for a while, as after a broken connection.
 */
import type { Adu, NodeId, SourceId } from '../../gossamer/core/node.js';
import { AUDIO_CHANNEL } from '../../session/channels.js';
import { NOTICE_BYTES_MAX } from '../sound/now-playing.js';
import { frameOf } from '../sound/on-air.js';

/** What becomes of an ADU. */
type Verdict =
  | { readonly kind: 'publish'; readonly adu: Adu }
  | { readonly kind: 'drop' }
  /** The client is to be closed. */
  | { readonly kind: 'close'; readonly reason: string };

/** Checks the ADUs of one connection, one after the other. */
export type AduAdmission = (adu: Adu, now: number) => Verdict;

/** Audio that may come ahead of its time, ms. Guess: as much as the ring keeps. */
const AHEAD_MS_MAX = 30_000;
/** How fast audio may come in the long run, in ms per ms. Guess: far beyond any clock's error. */
const DRAIN = 1.05;
/** All other channels together: bytes at once, and bytes per ms. Guess: a title each 100 ms. */
const ASIDE_BYTES_MAX = 65_536;
const ASIDE_BYTES_PER_MS = 4;

const DROP: Verdict = { kind: 'drop' };

/** A bucket that leaks: `add` says whether it would run over. */
function createBucket(size: number, leakPerMs: number, startedAt: number) {
  let level = 0;
  let at = startedAt;
  return {
    add: (amount: number, now: number): boolean => {
      const left = Math.max(0, level - (now - at) * leakPerMs);
      at = now;
      level = left + amount > size ? left : left + amount;
      return left + amount <= size;
    },
  };
}

/** The checks for one source client that is attached to the SCX `self`. */
export function createAduAdmission(
  source: SourceId,
  self: NodeId,
  channels: readonly number[],
  now: number,
): AduAdmission {
  const audio = createBucket(AHEAD_MS_MAX, DRAIN, now);
  const aside = createBucket(ASIDE_BYTES_MAX, ASIDE_BYTES_PER_MS, now);
  /** Bounded by the session's channels. */
  const last = new Map<number, number>();

  const rate = (adu: Adu, at: number): Verdict | undefined => {
    if (adu.channel !== AUDIO_CHANNEL) {
      const fits = adu.payload.length <= NOTICE_BYTES_MAX && aside.add(adu.payload.length, at);
      return fits ? undefined : DROP;
    }
    const frame = frameOf(adu);
    if (frame === undefined) return DROP;
    if (audio.add(frame.durationMs, at)) return undefined;
    return { kind: 'close', reason: 'the audio comes faster than it can be played' };
  };

  return (adu, at) => {
    const isNext = adu.sequence > (last.get(adu.channel) ?? -1);
    if (adu.source !== source || !channels.includes(adu.channel) || !isNext) return DROP;
    const refused = rate(adu, at);
    if (refused !== undefined) return refused;
    last.set(adu.channel, adu.sequence);
    return { kind: 'publish', adu: { ...adu, source, sourceScx: self } };
  };
}
