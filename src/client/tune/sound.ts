/**
 * Turns received ADUs into sound: MP3 frames with the title that holds, in the order in which they are
 * played. Where a stream begins, where another source is put on the air and where frames are missing, the
 * frames that no decoder could decode alone are silenced (mp3/frames/lead-in.ts).
 *
 * Bounded: the titles of SOURCES_MAX sources.
 */
import type { SourceId } from '../../gossamer/core/node.js';
import { createNowPlaying, type NowPlaying, parseNotice } from '../../icecast/now-playing.js';
import { createBoundedMap } from '../../lib/bounds/bounded-map.js';
import { parseFrameHeader } from '../../mp3/frames/frame-header.js';
import { createLeadIn } from '../../mp3/frames/lead-in.js';
import { AUDIO_CHANNEL, TITLE_CHANNEL } from '../../session/channels.js';
import type { SoundFrame } from './outputs/output.js';
import type { ReceivedAdu } from './reception.js';

/** Takes an ADU; returns the frame in it, if it is one of sound. */
export type Sound = (received: ReceivedAdu) => SoundFrame | undefined;

const SOURCES_MAX = 64;

/** Creates sound of which nothing has been heard. */
export function createSound(): Sound {
  const titles = createBoundedMap<SourceId, NowPlaying>(SOURCES_MAX);
  let leadIn = createLeadIn();

  const titlesOf = (source: SourceId): NowPlaying => {
    const known = titles.use(source) ?? createNowPlaying();
    titles.set(source, known);
    return known;
  };

  return ({ adu, continues }) => {
    const { channel, source, sequence, payload } = adu;
    if (channel === TITLE_CHANNEL) {
      const notice = parseNotice(payload);
      if (notice !== undefined) titlesOf(source).onNotice(notice);
    }
    if (channel !== AUDIO_CHANNEL) return undefined;
    const header = parseFrameHeader(payload, 0);
    if (header?.frameBytes !== payload.length) return undefined;
    if (!continues) leadIn = createLeadIn();
    const playing = titlesOf(source);
    playing.onAudio(sequence);
    return { bytes: leadIn(payload), durationMs: header.durationMs, title: playing.title };
  };
}
