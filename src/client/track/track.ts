/**
 * One recording as it is played: its frames, and what it is called. Read piece by piece, so that
 * a file of a day costs no more memory than one of a minute.
 *
 * The length of a file is not known before its end, so it is estimated: what is not played yet
 * is taken to be like what was. For a constant bit rate that is exact to a frame.
 */
import { EXIT, UserError } from '../../lib/user-error.js';
import { FORMAT_BYTES, foreignFormat } from '../../mp3/frames/foreign-format.js';
import { createFramer, type FramerEvent } from '../../mp3/frames/framer.js';
import { titleOf } from '../../mp3/tags/tag-title.js';
import type { TrackInput } from './track-input.js';

export type TrackEvent =
  /** What follows is called so; comes before the first frame, and with each tag in a stream. */
  | { readonly kind: 'title'; readonly title: string }
  | {
      readonly kind: 'frame';
      readonly bytes: Uint8Array;
      readonly durationMs: number;
      readonly bitrateKbps: number;
      /** The estimated length of the whole recording; undefined for a stream. */
      readonly lengthMs: number | undefined;
    };

/** A file of which so much is no frame and no tag is no MP3. The number. */
const JUNK_BYTES_MAX = 2 ** 20;

/** The same of a stream, where a megabyte takes a minute to come. Guess: 4 s at 128 kbit/s. */
const STREAM_JUNK_BYTES_MAX = 65_536;

function noMp3({ file, sizeBytes }: TrackInput, format: string | undefined): UserError {
  const what = format === undefined ? 'holds no MP3' : `is ${format}, not MP3`;
  const advice =
    sizeBytes === undefined
      ? 'only MP3 can be broadcast; an encoder is told so with, for example, ffmpeg -f mp3'
      : 'give files that end in .mp3 and play';
  return new UserError(EXIT.file, `${file} ${what}: ${advice}`);
}

/**
 * The recording's events. Throws a UserError when it cannot be read, has no frame in its first
 * 1 MiB (of a stream 64 KiB; tags aside), or none at all.
 */
export async function* readTrack(input: TrackInput): AsyncGenerator<TrackEvent> {
  const framer = createFramer();
  const reading = createReading(input);
  for await (const chunk of input.chunks) {
    if (typeof chunk === 'string') yield* reading.name(chunk);
    else yield* reading.take(chunk, framer.push(chunk));
  }
  yield* reading.take(NOTHING, framer.end());
  reading.end();
}

const NOTHING = new Uint8Array();

/** What is known of a recording that is being read. */
function createReading(input: TrackInput) {
  const meter = createLengthMeter(input.sizeBytes);
  const junkBytesMax = input.sizeBytes === undefined ? STREAM_JUNK_BYTES_MAX : JUNK_BYTES_MAX;
  let head: Uint8Array = NOTHING;
  let junkBytes = 0;
  let named = false;
  let started = false;

  const onFrame = (event: FramerEvent & { kind: 'frame' }): TrackEvent[] => {
    const { durationMs, bitrateKbps } = event.header;
    const { bytes } = event;
    const lengthMs = meter.lengthMs();
    const unnamed: TrackEvent[] = named ? [] : [{ kind: 'title', title: input.name }];
    named = true;
    started = true;
    return [...unnamed, { kind: 'frame', bytes, durationMs, bitrateKbps, lengthMs }];
  };

  const onTag = (title: string | undefined): TrackEvent[] => {
    if (title === undefined) return [];
    named = true;
    return [{ kind: 'title', title }];
  };

  const onEvent = (event: FramerEvent): TrackEvent[] => {
    switch (event.kind) {
      case 'frame':
        return onFrame(event);
      case 'tag':
        return onTag(titleOf(event));
      case 'junk':
        junkBytes += event.bytes;
        if (!started && junkBytes > junkBytesMax) throw noMp3(input, foreignFormat(head));
        return [];
      case 'vbrTag':
        return [];
    }
  };

  return {
    take: (bytes: Uint8Array, events: readonly FramerEvent[]): TrackEvent[] => {
      if (head.length < FORMAT_BYTES) head = Buffer.concat([head, bytes.subarray(0, FORMAT_BYTES)]);
      meter.add(events, bytes.length);
      return events.flatMap(onEvent);
    },
    name: onTag,
    end: (): void => {
      if (!started) throw noMp3(input, foreignFormat(head));
    },
  };
}

/** Estimates the length of a recording from its size and from what was read so far. */
function createLengthMeter(sizeBytes: number | undefined) {
  let readBytes = 0;
  let headBytes: number | undefined;
  let frameBytes = 0;
  let framesMs = 0;
  return {
    add: (events: readonly FramerEvent[], bytes: number): void => {
      readBytes += bytes;
      for (const event of events) {
        if (event.kind !== 'frame') continue;
        frameBytes += event.bytes.length;
        framesMs += event.header.durationMs;
      }
      if (frameBytes > 0) headBytes ??= readBytes - frameBytes;
    },
    lengthMs: (): number | undefined =>
      sizeBytes === undefined || headBytes === undefined || frameBytes === 0
        ? undefined
        : ((sizeBytes - headBytes) * framesMs) / frameBytes,
  };
}
