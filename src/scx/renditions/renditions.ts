/**
 * The renditions of what this SCX plays: the same frames at lower bit rates, under the same numbers. Each one has a
 * ring of its own, from which its listeners are served as all others are from theirs. A rendition is taken
 * from its source, over the tree of its channel, and made here only when that brings nothing (rendition.ts).
 *
 * It costs a subscription and, at the source, a thread, so there is one only while somebody hears it. It begins with
 * the last seconds of what was played, so that its first listener gets a burst as well.
 *
 * Frames count alike in all rings, so that a listener that goes on in another process goes on with the
 * same frame.
 *
 * Bounded: RENDITIONS_MAX rates, and those that were offered before while they have listeners.
 */
import type { Logger } from 'pino';
import type { Adu } from '../../gossamer/core/node.js';
import { type RenditionKbps, renditionOfChannel } from '../../session/renditions.js';
import { noTranscoding, type TranscodingCounters } from '../../transcode/rendition-maker.js';
import {
  createTranscoder,
  PRIMERS,
  type Transcoder,
  type TranscoderOptions,
} from '../../transcode/transcoder.js';
import type { AudioRing } from '../sound/audio-ring.js';
import type { PlayedFrame } from '../sound/chunk.js';
import { createRendition, type Patience, type Rendition } from './rendition.js';
import { createTakenFrames, type TakenFrames } from './taken-frames.js';

/** One that is heard. */
interface Active {
  readonly rendition: Rendition;
  readonly taken: TakenFrames;
  /** The instant at which it last had a listener. */
  heardAt: number;
}

/** Counters for `GET /metrics`: of what was made here, and of what came from sources. */
interface RenditionCounters extends TranscodingCounters {
  framesTaken: number;
  /** How often a thread here had to go on where the channel brought nothing. */
  takenOver: number;
}

export interface Renditions {
  /** The rates that are offered, the highest first. */
  readonly rates: readonly RenditionKbps[];
  /** The announcement offers these rates now. */
  set(rates: readonly RenditionKbps[]): void;
  /** Those that are heard. */
  readonly active: readonly RenditionKbps[];
  /** Those of them that are made here. */
  readonly here: readonly RenditionKbps[];
  /** The ring of one, which is taken or made from now on. */
  ringOf(kbps: RenditionKbps): AudioRing;
  /** The frame is played next. */
  append(frame: PlayedFrame): void;
  /** Takes an ADU of any channel. */
  handleAdu(adu: Adu): void;
  /** See AudioRing.retitle. */
  retitle(from: number, before: string | null, title: string | null): void;
  /** Cuts all rings. */
  cut(now: number): void;
  /** Ends those that nobody hears; `listeners`: how many hear each one, or wait for it. */
  endUnheard(now: number, listeners: ReadonlyMap<RenditionKbps, number>): void;
  /** Called when other rates are offered, or heard; replaces what was called before. */
  onNeeds(callback: () => void): void;
  /** Ends all. */
  close(): void;
  readonly counters: RenditionCounters;
}

export interface RenditionsOptions {
  /** What is played. */
  readonly ring: AudioRing;
  createRing(): AudioRing;
  /** What a rendition begins with, ms: the burst, and what a listener may be behind. */
  readonly historyMs: number;
  /** What it needs of that at least, ms. Default: all. */
  readonly needMs?: number;
  /** Audio older than this is none to begin with: the session is off the air, ms. */
  readonly staleMs: number;
  /** Default: that of production. */
  readonly patience?: Patience | undefined;
  /** A rendition has new frames. */
  onFrames(): void;
  readonly log: Pick<Logger, 'warn' | 'info'>;
  now(): number;
  /** Default: the real one. */
  readonly open?: (options: TranscoderOptions<PlayedFrame>) => Transcoder<PlayedFrame>;
}

/** A rendition without listeners lasts for this long, because players come back, ms. Guess. */
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
  const { log, now, open = createTranscoder<PlayedFrame> } = options;
  const active = new Map<RenditionKbps, Active>();
  const counters = { ...noTranscoding(), framesTaken: 0, takenOver: 0 };
  let rates: readonly RenditionKbps[] = [];
  let tellNeeds = (): void => undefined;

  const onFrames = (frames: readonly PlayedFrame[], madeHere: boolean): void => {
    if (madeHere) {
      counters.frames += frames.length;
      for (const { bytes } of frames) counters.bytes += bytes.length;
    } else counters.framesTaken += frames.length;
    options.onFrames();
  };

  const begin = (kbps: RenditionKbps): Active => {
    const taken = createTakenFrames();
    const rendition = createRendition({
      ...{ kbps, taken, log, now, onFrames, patience: options.patience },
      ...{ ring: options.createRing(), history: historyOf(options) },
      needMs: options.needMs ?? options.historyMs,
      open: (given) => {
        counters.takenOver++;
        return open(given);
      },
      onLost: (count) => {
        counters.threadsLost++;
        counters.framesLost += count;
      },
    });
    const begun = { rendition, taken, heardAt: now() };
    active.set(kbps, begun);
    log.info({ kbps }, 'A rendition is heard.');
    tellNeeds();
    return begun;
  };

  const end = (kbps: RenditionKbps, { rendition }: Active): void => {
    active.delete(kbps);
    rendition.close();
    log.info({ kbps }, 'Nobody hears a rendition any more.');
    tellNeeds();
  };

  return {
    get rates() {
      return rates;
    },
    set: (offered) => {
      if (offered.join() === rates.join()) return;
      rates = offered;
      tellNeeds();
    },
    get active() {
      return [...active.keys()];
    },
    get here() {
      return [...active].filter(([, one]) => one.rendition.origin === 'here').map(([kbps]) => kbps);
    },
    ringOf: (kbps) => {
      const one = active.get(kbps) ?? begin(kbps);
      one.heardAt = now();
      return one.rendition.ring;
    },
    append: (frame) => {
      for (const { rendition } of active.values()) rendition.append(frame);
    },
    handleAdu: (adu) => {
      const kbps = renditionOfChannel(adu.channel);
      const one = kbps && active.get(kbps);
      if (one?.taken.add(adu, now())) one.rendition.onTaken();
    },
    retitle: (from, before, title) => {
      for (const { rendition } of active.values()) rendition.retitle(from, before, title);
    },
    cut: (at) => {
      for (const { rendition } of active.values()) rendition.cut(at);
    },
    endUnheard: (at, listeners) => {
      for (const [kbps, one] of active) {
        if (listeners.has(kbps)) one.heardAt = at;
        else if (at - one.heardAt > LINGER_MS) end(kbps, one);
      }
    },
    onNeeds: (callback) => {
      tellNeeds = callback;
    },
    close: () => {
      for (const { rendition } of active.values()) rendition.close();
      active.clear();
    },
    counters,
  };
}
