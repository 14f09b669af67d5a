/**
 * One rendition at one SCX. Each frame that is played waits here until there is the frame of the lower rate that
 * stands for it, and that one goes into the ring of the rendition. It comes from one of two places:
 *
 *   channel   the source sends it (transcode/rendition-maker.ts), over the tree of the rendition's channel
 *   here      a thread of this SCX makes it (transcode/transcoder.ts)
 *
 * The channel is waited for. When it brings nothing for `lateMs`, because an SCX on the way or the source
 * does not know renditions, or a thread has ended there, a thread here goes on with the very frame that is
 * missing. When the channel has been steady for `steadyMs` it takes over again, at the first frame that it has: what the
 * thread has made meanwhile waits for it. At each change the first frame stands alone (mp3/frames/whole-frame.ts), as the
 * encoder before had other bytes in its reservoir. So no number is missing or comes twice.
 *
 * Bounded: what waits is what came within `lateMs`, or what the transcoder keeps.
 */

import { wholeFrame } from '../../mp3/frames/whole-frame.js';
import type { RenditionKbps } from '../../session/renditions.js';
import { PRIMERS, type Transcoder, type TranscoderOptions } from '../../transcode/transcoder.js';
import type { AudioRing } from '../sound/audio-ring.js';
import type { PlayedFrame } from '../sound/chunk.js';
import type { TakenFrames } from './taken-frames.js';

/** Where the frames come from; `opening`: the channel is waited for, and nothing has come yet. */
type Origin = 'opening' | 'channel' | 'here';

export interface Rendition {
  readonly ring: AudioRing;
  readonly origin: Origin;
  /** The frame is played next. */
  append(frame: PlayedFrame): void;
  /** Frames have come over the channel. */
  onTaken(): void;
  /** See AudioRing.retitle. */
  retitle(from: number, before: string | null, title: string | null): void;
  /** Looks what is late, and cuts the ring. */
  cut(now: number): void;
  close(): void;
}

/** What was played before the rendition begins. */
interface History {
  readonly primers: readonly PlayedFrame[];
  readonly frames: readonly PlayedFrame[];
  /** The number of the first frame in all rings. */
  readonly first: number;
}

export interface RenditionOptions {
  readonly kbps: RenditionKbps;
  /** Empty. */
  readonly ring: AudioRing;
  readonly history: History;
  /** Frames that its first listeners need, ms: it may begin without those before. */
  readonly needMs: number;
  readonly taken: TakenFrames;
  /** Default: that of production. */
  readonly patience?: Patience | undefined;
  open(options: TranscoderOptions<PlayedFrame>): Transcoder<PlayedFrame>;
  /** Frames are in the ring, which were made here or not. */
  onFrames(frames: readonly PlayedFrame[], madeHere: boolean): void;
  /** A thread was lost, and with it so many frames, mostly none. */
  onLost(frames: number): void;
  readonly log: TranscoderOptions<PlayedFrame>['log'];
  now(): number;
}

/** A frame that is played, and waits for its rendition. */
interface Waiting {
  frame: PlayedFrame;
  readonly at: number;
  /** What the thread has made of it. */
  made?: PlayedFrame;
}

/** How long the channel is waited for, ms. */
export interface Patience {
  /** For the first frames: a thread starts at the source, and makes some seconds. */
  readonly openingMs: number;
  /** For any other frame. */
  readonly lateMs: number;
  /** A channel that has brought all frames for so long is relied on again. */
  readonly steadyMs: number;
}

/** Guesses: players wait longer for the first sound, and a burst is longer than the others. */
const PATIENCE: Patience = { openingMs: 2500, lateMs: 1500, steadyMs: 3000 };
/** How far a steady channel may be behind, frames. Guess: a second and a half. */
const BEHIND_MAX = 60;
/** How long a change back to the channel may take, ms. Guess: what listeners have in reserve. */
const RETURNING_MS = 1000;

const durationOf = (waiting: readonly Waiting[]): number =>
  waiting.reduce((sum, { frame }) => sum + frame.durationMs, 0);

/** Creates a rendition that waits for its channel. */
export function createRendition(options: RenditionOptions): Rendition {
  const { kbps, ring, history, taken, needMs, log, now } = options;
  const { openingMs, lateMs, steadyMs } = options.patience ?? PATIENCE;
  let origin: Origin = 'opening';
  let waiting: Waiting[] = history.frames.map((frame) => ({ frame, at: now() }));
  /** The last frames that are in the ring, as they were played. */
  let past: readonly PlayedFrame[] = history.primers;
  /** The last frame in the ring, if it came over the channel. */
  let lastTaken: PlayedFrame | undefined;
  let transcoder: Transcoder<PlayedFrame> | undefined;
  /** Played frames that the thread was not given yet. */
  let ungiven: PlayedFrame[] = [];
  /** Since when the channel is to take over from the thread. */
  let returningSince: number | undefined;
  /** It is not tried before: the channel was steady, and did not take over. */
  let returnAt = Number.NEGATIVE_INFINITY;
  ring.restore({ frames: [], first: history.first, ageMs: 0 }, now());

  const put = (played: PlayedFrame, bytes: Uint8Array, startsStream: boolean): PlayedFrame => {
    const frame = { ...played, bytes, startsStream };
    ring.append(frame, now());
    past = [...past, played].slice(-PRIMERS);
    waiting.shift();
    return frame;
  };

  /** A frame of the channel: the first behind others is to stand alone. */
  const putTaken = (frame: PlayedFrame, bytes: Uint8Array): PlayedFrame => {
    const { source, sequence } = frame;
    const follows = lastTaken?.source === source && lastTaken?.sequence === sequence - 1;
    lastTaken = frame;
    if (follows) return put(frame, bytes, frame.startsStream);
    const whole = wholeFrame(bytes, taken.reservoir(source, sequence));
    return put(frame, whole ?? bytes, frame.startsStream || whole === undefined);
  };

  const takenOf = ({ source, sequence }: PlayedFrame) => taken.get(source, sequence);

  const putAllTaken = (): void => {
    const frames: PlayedFrame[] = [];
    for (let head = waiting[0]; head !== undefined; head = waiting[0]) {
      const bytes = takenOf(head.frame);
      if (bytes === undefined) break;
      frames.push(putTaken(head.frame, bytes));
    }
    if (frames.length > 0) options.onFrames(frames, false);
  };

  const putAllMade = (): void => {
    const frames: PlayedFrame[] = [];
    for (let head = waiting[0]; head?.made !== undefined; head = waiting[0]) {
      lastTaken = undefined;
      frames.push(put(head.frame, head.made.bytes, head.made.startsStream));
    }
    if (frames.length > 0) options.onFrames(frames, true);
  };

  const onMade = (frames: readonly PlayedFrame[]): void => {
    const unmade = waiting.filter(({ made }) => made === undefined);
    for (const [index, made] of frames.entries()) Object.assign(unmade[index] ?? {}, { made });
    if (returningSince === undefined) putAllMade();
  };

  const onLost = (count: number): void => {
    const lost = new Set(waiting.filter(({ made }) => made === undefined).slice(0, count));
    waiting = waiting.filter((one) => !lost.has(one));
    options.onLost(count);
  };

  const becomeHere = (): void => {
    origin = 'here';
    returningSince = undefined;
    log.warn({ kbps }, 'A rendition does not come from its source in time, and is made here.');
    const frames = waiting.map(({ frame }) => frame);
    transcoder = options.open({ kbps, primers: past, log, onFrames: onMade, onLost });
    transcoder.push(frames);
  };

  const becomeTaken = (): void => {
    origin = 'channel';
    returningSince = undefined;
    transcoder?.close();
    transcoder = undefined;
    ungiven = [];
    const at = now();
    waiting = waiting.map(({ frame }) => ({ frame, at }));
    putAllTaken();
  };

  /** Whether the channel has what is played now, without a hole. */
  const isNear = (): boolean => {
    const newest = waiting.at(-1)?.frame ?? past.at(-1);
    const run = taken.run(newest?.source);
    return newest !== undefined && run !== undefined && run.last >= newest.sequence - BEHIND_MAX;
  };

  /** Begins when the channel has enough of the past; what it has not is left out. */
  const openIfDue = (): void => {
    const head = waiting[0];
    if (head === undefined) return;
    const start = isNear() ? waiting.findIndex(({ frame }) => takenOf(frame) !== undefined) : -1;
    const rest = waiting.slice(start);
    if (start === 0 || (start > 0 && durationOf(rest) >= needMs)) {
      ring.restore({ frames: [], first: history.first + start, ageMs: 0 }, now());
      waiting = rest;
      return becomeTaken();
    }
    if (now() - head.at > openingMs) becomeHere();
  };

  const isSteady = (): boolean => {
    const run = taken.run((waiting.at(-1)?.frame ?? past.at(-1))?.source);
    return isNear() && run !== undefined && now() - run.since >= steadyMs && now() >= returnAt;
  };

  /** The channel takes over from the thread, at the first frame that it has. */
  const returnIfDue = (): void => {
    if (returningSince === undefined && isSteady()) returningSince = now();
    if (returningSince === undefined) return;
    const head = waiting[0];
    if (head === undefined || takenOf(head.frame) !== undefined) return becomeTaken();
    if (now() - returningSince <= RETURNING_MS) return;
    returningSince = undefined;
    returnAt = now() + steadyMs;
    putAllMade();
  };

  const look = (): void => {
    if (origin === 'opening') openIfDue();
    if (origin === 'channel') putAllTaken();
    const head = waiting[0];
    if (origin === 'channel' && head !== undefined && now() - head.at > lateMs) becomeHere();
    if (origin === 'here') returnIfDue();
  };

  const give = (): void => {
    if (ungiven.length > 0) transcoder?.push(ungiven);
    ungiven = [];
  };

  return {
    ring,
    get origin() {
      return origin;
    },
    append: (frame) => {
      waiting.push({ frame, at: now() });
      if (origin === 'here') ungiven.push(frame);
    },
    onTaken: look,
    retitle: (from, before, title) => {
      for (const one of waiting) {
        if (one.frame.sequence >= from && one.frame.title === before) {
          one.frame = { ...one.frame, title };
        }
      }
      ring.retitle(now(), from, before, title);
    },
    cut: (at) => {
      give();
      look();
      ring.cut(at);
    },
    close: () => transcoder?.close(),
  };
}
