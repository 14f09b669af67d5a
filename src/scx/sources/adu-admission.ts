/**
 * The ADUs that a source client may send. They go to every SCX of the session, so they are checked
 * first: they bear the client's own source id, their numbers grow, their channel is announced, audio
 * is exactly one MP3 frame, and it comes about as fast as it is played. Other channels than those of the
 * radio may carry anything, at the rate that the announcement lets them have.
 *
 * A broadcaster's clock differs from ours: audio may come a little faster for ever (DRAIN), and much
 * faster for a while, as after a broken connection.
 *
 * The channels of renditions are those of the rates that are announced now. Each of their ADUs is an MP3 frame as
 * well, and they come as fast as the sound.
 *
 * Bounded: a number for each channel of the session.
 */
import type { Adu, SourceId } from '../../gossamer/core/node.js';
import { NOTICE_BYTES_MAX } from '../../icecast/now-playing.js';
import { AUDIO_CHANNEL, DEFAULT_RATE_KBPS, isOwnChannel } from '../../session/channels.js';
import { type RenditionKbps, renditionOfChannel } from '../../session/renditions.js';
import { frameOf } from '../sound/on-air.js';
import { createLeakyBucket, type LeakyBucket } from './leaky-bucket.js';
import type { RatedChannel, SessionChannels } from './session-channels.js';

/** The decision about an ADU. */
type Verdict =
  | { readonly kind: 'publish'; readonly adu: Adu }
  | { readonly kind: 'drop' }
  /** The client is to be closed. */
  | { readonly kind: 'close'; readonly reason: string };

/** Checks the ADUs of one connection, in their order. */
export type AduAdmission = (adu: Adu, now: number) => Verdict;

/** Audio that may come ahead of its time, ms. Guess: as much as the ring keeps. */
const AHEAD_MS_MAX = 30_000;
/** How fast audio may come in the long run, in ms per ms. Guess: far beyond any clock's error. */
const DRAIN = 1.05;
/** Titles: bytes at once, and bytes per ms. Guess: a title each 100 ms. */
const ASIDE_BYTES_MAX = 65_536;
const ASIDE_BYTES_PER_MS = 4;

/** Of any other channel, besides what comes at its rate: the largest ADU, and this long ahead, ms. Guess. */
const CHANNEL_BYTES_MAX = 65_536;
const CHANNEL_AHEAD_MS = 5000;

const DROP: Verdict = { kind: 'drop' };
const TOO_FAST: Verdict = {
  kind: 'close',
  reason: 'the audio comes faster than it can be played',
};

const unannounced = ({ channel }: Adu): Verdict => ({
  kind: 'close',
  reason: `the announcement has no channel ${channel}`,
});

/** Adds an amount unless the bucket would run over; false if it would. */
function fits(bucket: LeakyBucket, size: number, amount: number, now: number): boolean {
  if (bucket.level(now) + amount > size) return false;
  bucket.add(amount, now);
  return true;
}

/** Creates the check of the rate of a channel that the radio gives no meaning: undefined is fine. */
function createRateCheck({ id, rateKbps = DEFAULT_RATE_KBPS }: RatedChannel, startedAt: number) {
  const bytesPerMs = rateKbps / 8;
  const bucket = createLeakyBucket(DRAIN * bytesPerMs, startedAt);
  const size = CHANNEL_BYTES_MAX + CHANNEL_AHEAD_MS * bytesPerMs;
  const reason = `channel ${id} may carry ${rateKbps} kbit/s, as the announcement says`;
  return (bytes: number, now: number): Verdict | undefined =>
    fits(bucket, size, bytes, now) ? undefined : { kind: 'close', reason };
}

/** Creates the checks for one source client. */
export function createAduAdmission(
  source: SourceId,
  channels: Pick<SessionChannels, 'all' | 'has'>,
  startedAt: number,
  renditions: () => readonly RenditionKbps[] = () => [],
): AduAdmission {
  const audio = createLeakyBucket(DRAIN, startedAt);
  const aside = createLeakyBucket(ASIDE_BYTES_PER_MS, startedAt);
  const rates = new Map<number, ReturnType<typeof createRateCheck>>();
  const last = new Map<number, number>();
  /** Bounded: the rates that there are. */
  const made = new Map<RenditionKbps, LeakyBucket>();

  const isRendition = (kbps: RenditionKbps, adu: Adu, now: number): boolean => {
    const frame = renditions().includes(kbps) ? frameOf(adu) : undefined;
    const bucket = made.get(kbps) ?? createLeakyBucket(DRAIN, startedAt);
    made.set(kbps, bucket);
    return frame !== undefined && fits(bucket, AHEAD_MS_MAX, frame.durationMs, now);
  };

  /** The session may get a channel while the client is connected; its rate stays until it connects again. */
  const rateOf = (channel: number) => {
    const announced = channels.all().find(({ id }) => id === channel);
    const rate = rates.get(channel) ?? (announced && createRateCheck(announced, startedAt));
    if (rate !== undefined) rates.set(channel, rate);
    return rate;
  };

  const refusalOf = (adu: Adu, now: number): Verdict | undefined => {
    const { length } = adu.payload;
    const rendition = renditionOfChannel(adu.channel);
    if (rendition !== undefined) return isRendition(rendition, adu, now) ? undefined : DROP;
    if (!isOwnChannel(adu.channel)) return rateOf(adu.channel)?.(length, now);
    if (adu.channel !== AUDIO_CHANNEL) {
      const isFine = length <= NOTICE_BYTES_MAX && fits(aside, ASIDE_BYTES_MAX, length, now);
      return isFine ? undefined : DROP;
    }
    const frame = frameOf(adu);
    if (frame === undefined) return DROP;
    return fits(audio, AHEAD_MS_MAX, frame.durationMs, now) ? undefined : TOO_FAST;
  };

  return (adu, now) => {
    const isNext = adu.sequence > (last.get(adu.channel) ?? -1);
    const isRendered = renditionOfChannel(adu.channel) !== undefined;
    const isAnnounced = isRendered || channels.has(adu.channel);
    if (!isAnnounced && !isOwnChannel(adu.channel)) return unannounced(adu);
    if (adu.source !== source || !isAnnounced || !isNext) return DROP;
    const refusal = refusalOf(adu, now);
    if (refusal !== undefined) return refusal;
    last.set(adu.channel, adu.sequence);
    return { kind: 'publish', adu };
  };
}
