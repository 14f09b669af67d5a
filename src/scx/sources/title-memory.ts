/**
 * The last title of each encoder in the session, by its mark (ingest/encoder-mark.ts). An encoder
 * tells a title when it changes, and not when it connects again. So the title must outlive the
 * connection, this process (the front end keeps what the lease carries for the next SCX) and this
 * cluster (every SCX reads the titles of all encoders).
 *
 * Bounded: ENCODER_TITLES_MAX encoders; the one whose title is oldest is dropped first.
 */
import { ENCODER_TITLES_MAX, type EncoderTitles } from '../../api/encoder-titles.js';
import type { Adu } from '../../gossamer/core/node.js';
import { parseNotice } from '../../icecast/now-playing.js';
import { createBoundedMap } from '../../lib/bounds/bounded-map.js';
import { TITLE_CHANNEL } from '../../session/channels.js';

/** The titles of encoders. */
export interface TitleMemory {
  /** Takes an ADU of any source. */
  onAdu(adu: Pick<Adu, 'channel' | 'payload'>): void;
  /** The last title of an encoder; undefined: none. */
  titleOf(mark: string): string | undefined;
  all(): EncoderTitles;
}

/** Creates a memory of what an earlier process remembered. */
export function createTitleMemory(former: EncoderTitles): TitleMemory {
  const titles = createBoundedMap<string, string>(ENCODER_TITLES_MAX);
  for (const { mark, title } of former) titles.set(mark, title);
  return {
    onAdu: ({ channel, payload }) => {
      const notice = channel === TITLE_CHANNEL ? parseNotice(payload) : undefined;
      if (notice?.encoder === undefined) return;
      const { mark } = notice.encoder;
      if (notice.title === null) titles.delete(mark);
      else titles.set(mark, notice.title);
    },
    titleOf: (mark) => titles.get(mark),
    all: () => [...titles.entries()].map(([mark, title]) => ({ mark, title })),
  };
}
