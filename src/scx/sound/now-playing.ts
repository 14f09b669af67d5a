/**
 * The title of what is played. It travels on a channel of its own, as `{"title", "from"}`, where
 * `from` is the number of the audio ADU from which it holds: the title changes with the music, not
 * with the network. A broadcaster may write anything there, so it is bounded and cleaned here.
 *
 * Bounded: PENDING_MAX titles that still wait for their music.
 */
import { z } from 'zod';
import { plainText } from '../../lib/plain-text.js';

/** The longest title, in UTF-16 units. Guess: twice what fits an ICY block. */
const TITLE_LENGTH_MAX = 512;

/** The longest notice, in bytes: a title of that length with each character escaped. */
export const NOTICE_BYTES_MAX = 4096;

/** Titles sent ahead of their music. Guess. */
const PENDING_MAX = 8;

const noticeSchema = z.object({
  title: z.string(),
  from: z.number().int().nonnegative(),
});

/** A title (null: no title), and the audio sequence number from which it holds. */
export interface Notice {
  readonly title: string | null;
  readonly from: number;
}

/** Parses the payload of a now-playing ADU; undefined if it is malformed. */
export function parseNotice(payload: Uint8Array): Notice | undefined {
  if (payload.length > NOTICE_BYTES_MAX) return undefined;
  try {
    const { title, from } = noticeSchema.parse(JSON.parse(new TextDecoder().decode(payload)));
    return { title: plainText(title, TITLE_LENGTH_MAX) ?? null, from };
  } catch {
    return undefined;
  }
}

/** One source's titles. */
export interface NowPlaying {
  readonly title: string | null;
  onNotice(notice: Notice): void;
  /** The audio has reached this number. */
  onAudio(sequence: number): void;
}

/** Creates the titles of a source that has not sent any yet. */
export function createNowPlaying(): NowPlaying {
  let title: string | null = null;
  let reached = -1;
  /** In order of arrival; of two that hold from the same number, the later one counts. */
  let pending: Notice[] = [];

  const settle = (): void => {
    const due = pending.filter((notice) => notice.from <= reached);
    if (due.length === 0) return;
    pending = pending.filter((notice) => notice.from > reached);
    title = due.reduce((last, notice) => (notice.from >= last.from ? notice : last)).title;
  };

  return {
    get title() {
      return title;
    },
    onNotice: (notice) => {
      pending = [...pending, notice].slice(-PENDING_MAX);
      settle();
    },
    onAudio: (sequence) => {
      reached = Math.max(reached, sequence);
      if (pending.length > 0) settle();
    },
  };
}
