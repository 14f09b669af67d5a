/**
 * The renditions of what this SCX plays: the same frames at lower bit rates, under the same numbers. Each one has a
 * ring of its own, from which its listeners are served as all others are from theirs.
 *
 * A rendition costs a thread, so it is made only while somebody hears it. It begins with the last seconds of
 * what was played, so that its first listener gets a burst as well.
 *
 * Frames count alike in all rings, so that a listener that goes on in another process goes on with the
 * same frame.
 *
 * Bounded: RENDITIONS_MAX rates, and those that were offered before while they have listeners.
 */
import type { Logger } from 'pino';
import type { RenditionKbps } from '../../session/renditions.js';
import type { AudioRing } from '../sound/audio-ring.js';
import type { PlayedFrame } from '../sound/chunk.js';
import {
  createTranscoder,
  PRIMERS,
  type Transcoder,
  type TranscoderOptions,
} from './transcoder.js';

/** One that is being made. */
interface Rendition {
  readonly ring: AudioRing;
  readonly transcoder: Transcoder;
  /** What was played since the last cut. */
  pending: PlayedFrame[];
  /** The instant at which it last had a listener. */
  heardAt: number;
}

/** Counters for `GET /metrics`. */
interface RenditionCounters {
  frames: number;
  bytes: number;
  /** Threads that ended by themselves, or hung. */
  threadsLost: number;
  /** Frames that could not be made. */
  framesLost: number;
}

export interface Renditions {
  /** The rates that are offered, the highest first. */
  readonly rates: readonly RenditionKbps[];
  /** The announcement offers these rates now. */
  set(rates: readonly RenditionKbps[]): void;
  /** Those that are being made. */
  readonly active: readonly RenditionKbps[];
  /** The ring of one, which is made from now on. */
  ringOf(kbps: RenditionKbps): AudioRing;
  /** The frame is played next. */
  append(frame: PlayedFrame): void;
  /** See AudioRing.retitle. */
  retitle(from: number, before: string | null, title: string | null): void;
  /** Cuts all rings. */
  cut(now: number): void;
  /** Ends those that nobody hears; `listeners`: how many hear each one, or wait for it. */
  endUnheard(now: number, listeners: ReadonlyMap<RenditionKbps, number>): void;
  /** Ends all. */
  close(): void;
  readonly counters: Readonly<RenditionCounters>;
}

export interface RenditionsOptions {
  /** What is played. */
  readonly ring: AudioRing;
  createRing(): AudioRing;
  /** What a rendition begins with, ms: the burst, and what a listener may be behind. */
  readonly historyMs: number;
  /** Audio older than this is none to begin with: the session is off the air, ms. */
  readonly staleMs: number;
  /** A rendition has new frames. */
  onFrames(): void;
  readonly log: Pick<Logger, 'warn' | 'info'>;
  now(): number;
  /** Default: the real one. */
  readonly open?: (options: TranscoderOptions) => Transcoder;
}

/** A rendition without listeners is made for this long, because players come back, ms. Guess. */
const LINGER_MS = 10_000;

/** What was played last, and the number of its first frame. */
function historyOf({ ring, historyMs, staleMs, now }: RenditionsOptions) {
  const { frames, first, ageMs } = ring.contents(now());
  let start = frames.length;
  if (ageMs <= staleMs) {
    for (let total = 0; start > 0 && total < historyMs; start--) {
      total += frames[start - 1]?.durationMs ?? 0;
    }
  }
  const primers = frames.slice(Math.max(0, start - PRIMERS), start);
  return { primers, frames: frames.slice(start), first: first + start };
}

/** Creates the renditions of a ring; none is offered yet. */
export function createRenditions(options: RenditionsOptions): Renditions {
  const { log, now, open = createTranscoder } = options;
  const active = new Map<RenditionKbps, Rendition>();
  const counters = { frames: 0, bytes: 0, threadsLost: 0, framesLost: 0 };
  let rates: readonly RenditionKbps[] = [];

  const begin = (kbps: RenditionKbps): Rendition => {
    const { primers, frames, first } = historyOf(options);
    const ring = options.createRing();
    ring.restore({ frames: [], first, ageMs: 0 }, now());
    const transcoder = open({
      ...{ kbps, primers, log },
      onFrames: (made) => {
        for (const frame of made) {
          ring.append(frame, now());
          counters.bytes += frame.bytes.length;
        }
        counters.frames += made.length;
        options.onFrames();
      },
      onLost: (count) => {
        counters.threadsLost++;
        counters.framesLost += count;
      },
    });
    transcoder.push(frames);
    log.info({ kbps }, 'A rendition is being made.');
    return { ring, transcoder, pending: [], heardAt: now() };
  };

  const end = (kbps: RenditionKbps, { transcoder }: Rendition): void => {
    active.delete(kbps);
    transcoder.close();
    log.info({ kbps }, 'A rendition is no longer made, as nobody hears it.');
  };

  const flush = (rendition: Rendition): void => {
    rendition.transcoder.push(rendition.pending);
    rendition.pending = [];
  };

  return {
    get rates() {
      return rates;
    },
    set: (offered) => {
      rates = offered;
    },
    get active() {
      return [...active.keys()];
    },
    ringOf: (kbps) => {
      const rendition = active.get(kbps) ?? begin(kbps);
      rendition.heardAt = now();
      active.set(kbps, rendition);
      return rendition.ring;
    },
    append: (frame) => {
      for (const { pending } of active.values()) pending.push(frame);
    },
    retitle: (from, before, title) => {
      for (const rendition of active.values()) {
        flush(rendition);
        rendition.transcoder.retitle(from, before, title);
        rendition.ring.retitle(now(), from, before, title);
      }
    },
    cut: (at) => {
      for (const rendition of active.values()) {
        flush(rendition);
        rendition.ring.cut(at);
      }
    },
    endUnheard: (at, listeners) => {
      for (const [kbps, rendition] of active) {
        if (listeners.has(kbps)) rendition.heardAt = at;
        else if (at - rendition.heardAt > LINGER_MS) end(kbps, rendition);
      }
    },
    close: () => {
      for (const { transcoder } of active.values()) transcoder.close();
      active.clear();
    },
    counters,
  };
}
