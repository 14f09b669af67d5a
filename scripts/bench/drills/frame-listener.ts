/**
 * One listener of a drill. It checks every frame, by all its bytes and by its number, and keeps the
 * instant at which each came: what counts for a player is how much later than before the drill a
 * frame comes.
 */
import { createFramer, type FramerEvent } from '../../../src/mp3/frames/framer.js';
import { quantile } from '../machine/quantile.js';
import { getStream } from '../players/get-stream.js';
import { FRAME_MS, LOOP_FRAMES, numberOf } from '../players/numbered-audio.js';

/** The time before the mark in which the usual lateness is measured, ms. */
const USUAL_MS = 3000;

/** What it has heard since the last mark. */
export interface Heard {
  readonly frames: number;
  /** Frames of the broadcast that never came, and those that came again. */
  readonly missing: number;
  readonly repeated: number;
  /** Bytes that are no frame of the broadcast. */
  readonly foreign: number;
  /** Times that the server closed the connection. */
  readonly closed: number;
  /**
   * How much later than usual a frame came at most, ms: this much of its buffer a player has used.
   * The usual lateness is the median before the mark. A frame that is awaited counts until now.
   */
  readonly stallMs: number;
  /** The last frame's number, and when it came, ms. */
  readonly last: number | undefined;
  readonly lastAt: number;
}

export interface FrameListener {
  /** The index of its cluster. */
  readonly site: number;
  /** Starts its counts again. */
  mark(): void;
  heard(): Heard;
  readonly isClosed: boolean;
  /** Listens again after it was closed. */
  again(): void;
  stop(): void;
}

interface Arrival {
  /** How many frames of real time after the first one. */
  readonly due: number;
  readonly at: number;
}

const NOTHING = { frames: 0, missing: 0, repeated: 0, foreign: 0, closed: 0 };

const latenessMs = ({ due, at }: Arrival): number => at - due * FRAME_MS;

/** Listens from now on. `urlOf`: where, each time. */
export function createFrameListener(urlOf: () => string, site: number): FrameListener {
  let counts = { ...NOTHING };
  let isClosed = false;
  /** Since the mark, and for USUAL_MS before it. Bounded because every drill marks. */
  let arrivals: Arrival[] = [];
  let markedAt = performance.now();
  let last: number | undefined;
  let due = 0;
  let hangUp = (): void => undefined;

  const takeNumber = (number: number): void => {
    const step = last === undefined ? 1 : (number - last + LOOP_FRAMES) % LOOP_FRAMES;
    if (step === 0 || step > LOOP_FRAMES / 2) {
      counts.repeated++;
      return;
    }
    counts.frames++;
    counts.missing += step - 1;
    last = number;
    due += step;
    arrivals.push({ due, at: performance.now() });
  };

  const take = (event: FramerEvent): void => {
    if (event.kind === 'junk') counts.foreign += event.bytes;
    if (event.kind !== 'frame') return;
    const number = numberOf(event.bytes);
    if (number === undefined) counts.foreign += event.bytes.length;
    else takeNumber(number);
  };

  const onOver = (): void => {
    if (!isClosed) counts.closed++;
    isClosed = true;
  };

  const listen = (): void => {
    const framer = createFramer();
    isClosed = false;
    last = undefined;
    arrivals = [];
    const onAudio = (chunk: Buffer): void => framer.push(chunk).forEach(take);
    hangUp = getStream(urlOf(), { onAudio, onOver });
  };

  const stallMs = (): number => {
    const isBefore = ({ at }: Arrival): boolean => at <= markedAt;
    const usual = quantile(arrivals.filter(isBefore).map(latenessMs), 0.5);
    const since = arrivals.filter((arrival) => !isBefore(arrival));
    const awaited = { due: due + 1, at: performance.now() };
    return Math.max(0, ...[...since, awaited].map((one) => latenessMs(one) - usual));
  };

  listen();
  return {
    site,
    mark: () => {
      markedAt = performance.now();
      arrivals = arrivals.filter(({ at }) => at > markedAt - USUAL_MS);
      counts = { ...NOTHING };
    },
    heard: () => ({
      ...counts,
      stallMs: stallMs(),
      last,
      lastAt: arrivals.at(-1)?.at ?? Number.NEGATIVE_INFINITY,
    }),
    get isClosed() {
      return isClosed;
    },
    again: () => {
      hangUp();
      listen();
    },
    stop: () => hangUp(),
  };
}
