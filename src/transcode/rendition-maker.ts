/**
 * Makes the renditions of one source where its sound is signed, which is the only place of the session where they
 * have to be made: each frame gets the number of the one that it stands for, and is sent on the channel of
 * its rate. Only the rates that somebody wants are made.
 *
 * A rendition begins with the last seconds that were sent, so that whoever wants it first has a burst
 * as well. What was made is kept for as long: at another SCX, as after a broken connection, it is sent again, and
 * SCXs drop by number what they have.
 *
 * Bounded: KEPT_MS of the sound and of each of the rates, RENDITIONS_MAX of them. A rate that nobody wants any more
 * lasts LINGER_MS, so that those who come and go start no thread each time.
 */
import type { Logger } from 'pino';
import { parseFrameHeader } from '../mp3/frames/frame-header.js';
import { RENDITIONS_MAX, type RenditionKbps } from '../session/renditions.js';
import {
  createTranscoder,
  PRIMERS,
  type SoundFrame,
  type Transcoder,
  type TranscoderOptions,
} from './transcoder.js';

/** A frame as a source sends it. */
export interface SourceFrame {
  readonly sequence: number;
  /** The source's clock, ms since 1970. */
  readonly timestampMs: number;
  readonly payload: Uint8Array;
}

/** A frame that is sent, or was. */
interface OwnFrame extends SoundFrame {
  readonly timestampMs: number;
}

/** Counters for `GET /metrics`. */
export interface TranscodingCounters {
  frames: number;
  bytes: number;
  /** Threads that ended by themselves, or hung. */
  threadsLost: number;
  /** Frames that could not be made. */
  framesLost: number;
}

export interface RenditionMaker {
  /** These rates are wanted, and no others. */
  want(rates: readonly RenditionKbps[]): void;
  /** The source has sent these frames, in their order; those that it had sent before are left out. */
  take(frames: readonly SourceFrame[]): void;
  /** Sends what was made and is not sent yet, as far as it is taken. */
  pump(): void;
  /** Another SCX takes what is made: it has nothing, and wants nothing yet. */
  onMoved(): void;
  /** The rates that are made. */
  readonly active: readonly RenditionKbps[];
  close(): void;
}

export interface RenditionMakerOptions {
  /** Sends frames of a rate; false: not now, and `pump` follows. */
  send(kbps: RenditionKbps, frames: readonly SourceFrame[]): boolean;
  readonly log: Pick<Logger, 'warn' | 'info'>;
  /** Default: nobody reads them. */
  readonly counters?: TranscodingCounters;
  /** A monotonic clock, ms. Default: the real one. */
  now?(): number;
  /** Default: the real one. */
  open?(options: TranscoderOptions<OwnFrame>): Pick<Transcoder<OwnFrame>, 'push' | 'close'>;
}

/** One rate that is made. */
interface Making {
  readonly transcoder: Pick<Transcoder<OwnFrame>, 'push' | 'close'>;
  /** What was made last. */
  kept: readonly OwnFrame[];
  /** The number of the next frame that is to be sent. */
  next: number;
  isWanted: boolean;
  /** When it was wanted last. */
  wantedAt: number;
}

/** Of the sound and of each rate: what lists of HLS have, and a burst. */
const KEPT_MS = 15_000;
/** Frames that are handed over together: a second of them. Guess. */
const SENT_AT_ONCE = 40;
/** Guess: players and SCXs come back within that time. */
const LINGER_MS = 10_000;

const sourceFrame = ({ sequence, timestampMs, bytes: payload }: OwnFrame): SourceFrame => ({
  ...{ sequence, timestampMs, payload },
});

export const noTranscoding = (): TranscodingCounters => ({
  ...{ frames: 0, bytes: 0, threadsLost: 0, framesLost: 0 },
});

/** The last frames, of `KEPT_MS` together. */
function lastOf(frames: readonly OwnFrame[]): readonly OwnFrame[] {
  let start = frames.length;
  for (let total = 0; start > 0 && total < KEPT_MS; start--) {
    total += frames[start - 1]?.durationMs ?? 0;
  }
  return start === 0 ? frames : frames.slice(start);
}

/** Creates a maker; no rate is wanted. */
export function createRenditionMaker(options: RenditionMakerOptions): RenditionMaker {
  const { send, log, counters = noTranscoding(), now = () => performance.now() } = options;
  const { open = createTranscoder<OwnFrame> } = options;
  const active = new Map<RenditionKbps, Making>();
  let history: readonly OwnFrame[] = [];
  let lingering: NodeJS.Timeout | undefined;

  /** In pieces, so that a slow line carries the sound itself in between. */
  const pumpOne = (kbps: RenditionKbps, making: Making): void => {
    while (making.isWanted) {
      const unsent = making.kept.filter(({ sequence }) => sequence >= making.next);
      const frames = unsent.slice(0, SENT_AT_ONCE);
      const last = frames.at(-1);
      if (last === undefined || !send(kbps, frames.map(sourceFrame))) return;
      making.next = last.sequence + 1;
    }
  };

  const onMade = (kbps: RenditionKbps, frames: readonly OwnFrame[]): void => {
    const making = active.get(kbps);
    if (making === undefined) return;
    making.kept = lastOf([...making.kept, ...frames]);
    counters.frames += frames.length;
    for (const { bytes } of frames) counters.bytes += bytes.length;
    pumpOne(kbps, making);
  };

  const begin = (kbps: RenditionKbps): void => {
    const frames = lastOf(history);
    const primers = history.slice(0, -frames.length || undefined).slice(-PRIMERS);
    const transcoder = open({
      ...{ kbps, primers, log },
      onFrames: (made) => onMade(kbps, made),
      onLost: (count) => {
        counters.threadsLost++;
        counters.framesLost += count;
      },
    });
    active.set(kbps, { transcoder, kept: [], next: 0, isWanted: true, wantedAt: now() });
    transcoder.push(frames);
    log.info({ kbps }, 'A rendition is being made for the session.');
  };

  const end = (kbps: RenditionKbps, { transcoder }: Making): void => {
    active.delete(kbps);
    transcoder.close();
    log.info({ kbps }, 'A rendition is no longer made, as nobody wants it.');
  };

  const endUnwanted = (): void => {
    for (const [kbps, making] of active) {
      if (making.isWanted) making.wantedAt = now();
      else if (now() - making.wantedAt > LINGER_MS) end(kbps, making);
    }
  };

  /** A source that has ended sends nothing that would be an occasion to look. */
  const look = (): void => {
    clearTimeout(lingering);
    endUnwanted();
    if (active.size > 0) lingering = setTimeout(look, LINGER_MS).unref();
  };

  /** The frame behind the one with number `last`; undefined: it is none, or was sent before. */
  const ownFrame = (frame: SourceFrame, last: number | undefined): OwnFrame | undefined => {
    const { sequence, timestampMs, payload: bytes } = frame;
    const header = parseFrameHeader(bytes, 0);
    if (header?.frameBytes !== bytes.length || (last ?? -1) >= sequence) return undefined;
    const startsStream = last === undefined || last + 1 !== sequence;
    return { bytes, sequence, timestampMs, startsStream, durationMs: header.durationMs };
  };

  const keep = (frames: readonly OwnFrame[]): void => {
    const all = [...history, ...frames];
    history = all.slice(-(lastOf(all).length + PRIMERS));
  };

  return {
    want: (rates) => {
      for (const [kbps, making] of active) making.isWanted = rates.includes(kbps);
      for (const kbps of rates) {
        if (!active.has(kbps) && active.size < RENDITIONS_MAX) begin(kbps);
      }
      look();
      for (const [kbps, making] of active) pumpOne(kbps, making);
    },
    take: (frames) => {
      const own: OwnFrame[] = [];
      for (const frame of frames) {
        const one = ownFrame(frame, (own.at(-1) ?? history.at(-1))?.sequence);
        if (one !== undefined) own.push(one);
      }
      keep(own);
      endUnwanted();
      for (const { transcoder } of active.values()) transcoder.push(own);
    },
    pump: () => {
      for (const [kbps, making] of active) pumpOne(kbps, making);
    },
    onMoved: () => {
      for (const making of active.values()) Object.assign(making, { next: 0, isWanted: false });
    },
    get active() {
      return [...active.keys()];
    },
    close: () => {
      clearTimeout(lingering);
      for (const { transcoder } of active.values()) transcoder.close();
      active.clear();
    },
  };
}
