/**
 * What a listener hears while sources come and go: every frame with its source and the instant of
 * its arrival. Sources are told apart by their bit rates.
 */
import { createFramer, type FramerEvent } from '../../../src/mp3/frames/framer.js';

const FRAMES = 2000;

/**
 * An MP3 file of about 50 s: mono, silent, at 64 kbit/s and 48 kHz, or at 96 kbit/s and 44.1 kHz.
 */
export function silentFile(bitrateKbps: 64 | 96): Buffer {
  const [third, bytes] = bitrateKbps === 64 ? [0x54, 192] : [0x70, 313];
  const frame = Buffer.alloc(bytes);
  frame.set([0xff, 0xfb, third, 0xc4]);
  return Buffer.concat(Array<Buffer>(FRAMES).fill(frame));
}

/** One frame as it came. */
interface Arrival {
  readonly at: number;
  readonly bitrateKbps: number;
  readonly durationMs: number;
}

/** Frames of one source, without another one's between them. */
interface Passage {
  readonly bitrateKbps: number;
  readonly from: number;
}

export interface Hearing {
  passages(): readonly Passage[];
  /** The source that is heard now. */
  now(): number | undefined;
  /** The longest time without a byte since then, ms. */
  longestGapMs(since: number): number;
  /**
   * How much less audio came since then than is played in that time, ms: at its worst, and at the
   * last arrival. Listeners are written to once a second, so between two arrivals it grows by a
   * second and says nothing about what is missing.
   */
  shortfallMs(since: number): { readonly worst: number; readonly last: number };
  /** The audio that came since then, ms. */
  audioMs(since: number): number;
  /** Bytes that are no frame. */
  readonly junkBytes: number;
  readonly isClosed: boolean;
  stop(): void;
}

export const clock = (): number => performance.now();

function shortfall(arrivals: readonly Arrival[], since: number) {
  let played = 0;
  let worst = 0;
  let last = Number.POSITIVE_INFINITY;
  for (const { at, durationMs } of arrivals) {
    if (at < since) continue;
    worst = Math.max(worst, at - since - played);
    played += durationMs;
    last = Math.max(0, at - since - played);
  }
  return { worst: Math.max(worst, clock() - since - played), last };
}

/** Listens from now on. */
export function hear(url: string): Hearing {
  const controller = new AbortController();
  const framer = createFramer();
  const arrivals: Arrival[] = [];
  let junkBytes = 0;
  let isClosed = false;

  const note = (event: FramerEvent): void => {
    if (event.kind === 'junk') junkBytes += event.bytes;
    if (event.kind !== 'frame') return;
    const { bitrateKbps, durationMs } = event.header;
    arrivals.push({ at: clock(), bitrateKbps, durationMs });
  };

  const read = async (): Promise<void> => {
    const { body } = await fetch(url, { signal: controller.signal });
    for await (const chunk of body ?? []) framer.push(chunk).forEach(note);
  };
  const onOver = (): void => {
    isClosed = !controller.signal.aborted;
  };
  read().then(onOver, onOver);

  return {
    passages: () =>
      arrivals.flatMap(({ bitrateKbps, at }, index) =>
        arrivals[index - 1]?.bitrateKbps === bitrateKbps ? [] : [{ bitrateKbps, from: at }],
      ),
    now: () => arrivals.at(-1)?.bitrateKbps,
    longestGapMs: (since) => {
      const instants = [since, ...arrivals.map(({ at }) => at).filter((at) => at > since), clock()];
      return Math.max(...instants.slice(1).map((at, index) => at - (instants[index] ?? at)));
    },
    shortfallMs: (since) => shortfall(arrivals, since),
    audioMs: (since) =>
      arrivals.reduce((sum, { at, durationMs }) => (at < since ? sum : sum + durationMs), 0),
    get junkBytes() {
      return junkBytes;
    },
    get isClosed() {
      return isClosed;
    },
    stop: () => controller.abort(),
  };
}
