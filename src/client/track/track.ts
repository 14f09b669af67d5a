/**
 * One recording as it is played: its frames and its titles. It is read in chunks, so a recording of
 * a day needs no more memory than one of a minute.
 *
 * The length of a file is known only at its end, so it is estimated, on the assumption that the
 * rest has the bit rate of the part that has been read. For a constant bit rate that is exact to a
 * frame.
 */
import { EXIT, UserError } from '../../lib/user-error.js';
import { createFormatProbe, type FormatProbe } from '../../mp3/frames/format-probe.js';
import {
  createFramer,
  FRAMER_LIMITS,
  type FramerEvent,
  type FramerLimits,
} from '../../mp3/frames/framer.js';
import { titleOf } from '../../mp3/tags/tag-title.js';
import type { TrackInput } from './track-input.js';

export type TrackEvent =
  /** The title of what follows; comes before the first frame, and with each tag in a stream. */
  | { readonly kind: 'title'; readonly title: string }
  | {
      readonly kind: 'frame';
      readonly bytes: Uint8Array;
      readonly durationMs: number;
      readonly bitrateKbps: number;
      /** The estimated length of the whole recording; undefined for a stream. */
      readonly lengthMs: number | undefined;
    };

/**
 * A file with more than this before its first frame, tags aside, is not MP3, so that a file of
 * another kind is rejected without being read whole.
 */
const JUNK_BYTES_MAX = 2 ** 20;

/** The same for a stream, where a mebibyte takes a minute to arrive. Guess: 4 s at 128 kbit/s. */
const STREAM_JUNK_BYTES_MAX = 65_536;

/**
 * The recording's events. Throws a UserError when it cannot be read, when its first 1 MiB (of a
 * stream: 64 KiB), tags aside, contain no frame, or when it contains none at all.
 */
export async function* readTrack(input: TrackInput): AsyncGenerator<TrackEvent> {
  const framer = createFramer(limitsOf(input));
  const state = startReading(input);
  for await (const chunk of input.chunks) {
    if (typeof chunk === 'string') yield* onTitle(state, chunk);
    else yield* take(state, chunk, framer.push(chunk));
  }
  yield* take(state, NOTHING, framer.end());
  if (!state.hasFrames) throw notMp3(state);
}

const NOTHING = new Uint8Array();

/** In a file, a tag of any length that ends before the file does is album art, and costs nothing. */
const limitsOf = ({ sizeBytes = 0 }: TrackInput): FramerLimits => ({
  ...FRAMER_LIMITS,
  tagBytesMax: Math.max(FRAMER_LIMITS.tagBytesMax, sizeBytes),
});

/** The state of reading a recording. */
interface State {
  readonly input: TrackInput;
  readonly meter: LengthMeter;
  readonly probe: FormatProbe;
  junkBytes: number;
  /** A title has been found. */
  isNamed: boolean;
  /** A frame has been found. */
  hasFrames: boolean;
}

const startReading = (input: TrackInput): State => ({
  input,
  meter: createLengthMeter(input.sizeBytes),
  probe: createFormatProbe(),
  junkBytes: 0,
  isNamed: false,
  hasFrames: false,
});

/** The events of the recording for what the framer has found in `bytes`. */
function take(state: State, bytes: Uint8Array, found: readonly FramerEvent[]): TrackEvent[] {
  if (!state.hasFrames) state.probe.look(bytes);
  state.meter.add(found, bytes.length);
  return found.flatMap((event) => onEvent(state, event));
}

function onEvent(state: State, event: FramerEvent): TrackEvent[] {
  switch (event.kind) {
    case 'frame':
      return onFrame(state, event);
    case 'tag':
      return onTitle(state, titleOf(event));
    case 'junk':
      onJunk(state, event.bytes);
      return [];
    case 'vbrTag':
      return [];
  }
}

function onFrame(state: State, event: FramerEvent & { kind: 'frame' }): TrackEvent[] {
  const { durationMs, bitrateKbps } = event.header;
  const { bytes } = event;
  const lengthMs = state.meter.lengthMs();
  const title = state.isNamed ? [] : onTitle(state, state.input.name);
  state.hasFrames = true;
  return [...title, { kind: 'frame', bytes, durationMs, bitrateKbps, lengthMs }];
}

function onTitle(state: State, title: string | undefined): TrackEvent[] {
  if (title === undefined) return [];
  state.isNamed = true;
  return [{ kind: 'title', title }];
}

function onJunk(state: State, bytes: number): void {
  const { sizeBytes } = state.input;
  const bytesMax = sizeBytes === undefined ? STREAM_JUNK_BYTES_MAX : JUNK_BYTES_MAX;
  state.junkBytes += bytes;
  if (!state.hasFrames && state.junkBytes > bytesMax) throw notMp3(state);
}

function notMp3({ input: { file, sizeBytes }, probe }: State): UserError {
  if (probe.bytes === 0) return nothingFrom(file, sizeBytes);
  const format = probe.format();
  const what = format === undefined ? 'holds no MP3' : `is ${format}, not MP3`;
  const advice =
    sizeBytes === undefined
      ? 'only MP3 can be broadcast; make the encoder send it, for example with ffmpeg -f mp3'
      : 'give files that end in .mp3 and play';
  return new UserError(EXIT.file, `${file} ${what}: ${advice}`);
}

/** Not a byte came: that says nothing about the format. */
function nothingFrom(file: string, sizeBytes: number | undefined): UserError {
  const what =
    sizeBytes === undefined
      ? `nothing came from ${file} before it ended: does the program that sends it run?`
      : `${file} is empty`;
  return new UserError(EXIT.file, what);
}

interface LengthMeter {
  /** Counts `bytes` of the recording, in which the framer has found `events`. */
  add(events: readonly FramerEvent[], bytes: number): void;
  /** The estimated length, ms; undefined if there is nothing to estimate it from. */
  lengthMs(): number | undefined;
}

/**
 * Creates an estimator of a recording's length. It uses the size, undefined for a stream, and the
 * frames that were read.
 */
function createLengthMeter(sizeBytes: number | undefined): LengthMeter {
  let readBytes = 0;
  let headBytes: number | undefined;
  let frameBytes = 0;
  let framesMs = 0;
  return {
    add: (events, bytes) => {
      readBytes += bytes;
      for (const event of events) {
        if (event.kind !== 'frame') continue;
        frameBytes += event.bytes.length;
        framesMs += event.header.durationMs;
      }
      if (frameBytes > 0) headBytes ??= readBytes - frameBytes;
    },
    lengthMs: () =>
      sizeBytes === undefined || headBytes === undefined || frameBytes === 0
        ? undefined
        : ((sizeBytes - headBytes) * framesMs) / frameBytes,
  };
}
