/**
 * Looks at an uploaded file while it arrives, piece by piece, and says as soon as possible why it
 * is refused: it is too large, or it is not MP3. At the end it may also be too short.
 */
import { FALLBACK_BYTES_MAX } from '../../api/publishing.js';
import { createFormatProbe } from '../../mp3/frames/format-probe.js';
import { createFramer, type FramerEvent } from '../../mp3/frames/framer.js';

/** A shorter file would be opened all the time, ms. Guess. */
const DURATION_MS_MIN = 1000;
/**
 * A file with more bytes than this outside frames and tags, and no frame, is not MP3; as in
 * `broadcast`.
 */
const JUNK_BYTES_MAX = 2 ** 20;

/** Why a file is refused. `notMp3`: what it is instead, if that is known. */
export type FileObjection =
  | { readonly kind: 'tooLarge' | 'tooShort' }
  | { readonly kind: 'notMp3'; readonly format: string | undefined };

export interface Inspection {
  /** Takes the next bytes; returns why the file is refused, if it is. */
  take(chunk: Uint8Array): FileObjection | undefined;
  /** The file is complete. */
  end(): FileObjection | undefined;
  readonly bytes: number;
}

/** Creates an inspection of one file, which is given its bytes in pieces. */
export function createInspection(): Inspection {
  const framer = createFramer();
  const probe = createFormatProbe();
  let junkBytes = 0;
  let playedMs = 0;

  const notMp3 = (): FileObjection => ({
    kind: 'notMp3',
    format: probe.bytes === 0 ? 'an empty file' : probe.format(),
  });

  const note = (events: readonly FramerEvent[]): void => {
    for (const event of events) {
      if (event.kind === 'frame') playedMs += event.header.durationMs;
      if (event.kind === 'junk') junkBytes += event.bytes;
    }
  };

  return {
    get bytes() {
      return probe.bytes;
    },
    take: (chunk) => {
      probe.look(chunk);
      if (probe.bytes > FALLBACK_BYTES_MAX) return { kind: 'tooLarge' };
      note(framer.push(chunk));
      return playedMs === 0 && junkBytes > JUNK_BYTES_MAX ? notMp3() : undefined;
    },
    end: () => {
      note(framer.end());
      if (playedMs === 0) return notMp3();
      return playedMs < DURATION_MS_MIN ? { kind: 'tooShort' } : undefined;
    },
  };
}
