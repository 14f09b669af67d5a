/**
 * One recording as it is played: its frames, and what it is called. Read piece by piece, so that
 * a file of a day costs no more memory than one of a minute.
 *
 * The length of a file is not known before its end, so it is estimated: what is not played yet
 * is taken to be like what was. For a constant bit rate that is exact to a frame.
 */
import { EXIT, UserError } from '../lib/user-error.js';
import { createFramer, type FramerEvent } from '../mp3/framer.js';
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

const noMp3 = (file: string): UserError =>
  new UserError(EXIT.file, `${file} holds no MP3: give files that end in .mp3 and play`);

/** "Artist - Title", as players show it; undefined when the tag tells neither. */
function titleOf(tag: { readonly title?: string; readonly artist?: string }) {
  const parts = [tag.artist, tag.title].filter((part) => part !== undefined && part !== '');
  return parts.length === 0 ? undefined : parts.join(' - ');
}

/**
 * The recording's events. Throws a UserError when it cannot be read, has no frame in its first
 * 1 MiB (tags aside), or none at all.
 */
export async function* readTrack(input: TrackInput): AsyncGenerator<TrackEvent> {
  const framer = createFramer();
  const reading = createReading(input);
  for await (const chunk of input.chunks) {
    yield* reading.take(framer.push(chunk), chunk.length);
  }
  yield* reading.take(framer.end(), 0);
  if (!reading.started) throw noMp3(input.file);
}

/** What is known of a recording that is being read. */
function createReading(input: TrackInput) {
  const meter = createLengthMeter(input.sizeBytes);
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
        if (!started && junkBytes > JUNK_BYTES_MAX) throw noMp3(input.file);
        return [];
      case 'vbrTag':
        return [];
    }
  };

  return {
    take: (events: readonly FramerEvent[], readBytes: number): TrackEvent[] => {
      meter.add(events, readBytes);
      return events.flatMap(onEvent);
    },
    get started() {
      return started;
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
