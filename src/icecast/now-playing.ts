/**
 * The title of what is played. It travels on a channel of its own, as `{"title", "from"}`, where
 * `from` is the number of the audio ADU from which it holds: the title changes with the music, not
 * with the network. A broadcaster may write anything there, so it is bounded and cleaned here.
 *
 * The notices of an encoder also say how it describes the stream, since players at every SCX are to
 * read that, and they bear its mark (ingest/encoder-mark.ts): an encoder that comes back at another
 * SCX, or after its SCX has died, finds its last title by that.
 *
 * Bounded: PENDING_MAX titles that still wait for their music.
 */
import { z } from 'zod';
import { plainText } from '../lib/plain-text.js';
import { DESCRIPTION_LENGTH_MAX, type StreamDescription } from './stream-description.js';

/** The longest title, in UTF-16 units. Guess: twice what fits an ICY block. */
const TITLE_LENGTH_MAX = 512;

/** The longest notice, in bytes: a title of that length with each character escaped. */
export const NOTICE_BYTES_MAX = 4096;

/** Titles sent ahead of their music. Guess. */
const PENDING_MAX = 8;

const text = z
  .string()
  .transform((value) => plainText(value, DESCRIPTION_LENGTH_MAX))
  .optional();

const encoderSchema = z.object({
  mark: z.string().regex(/^[0-9a-f]{16}$/),
  title: text,
  genre: text,
  text,
  url: text,
});

const noticeSchema = z.object({
  title: z.string(),
  from: z.number().int().nonnegative(),
  encoder: encoderSchema.optional().catch(undefined),
});

/** An encoder, as its notices tell other SCXs. */
export interface NoticedEncoder {
  /** 16 hexadecimal digits, the same for the same encoder. */
  readonly mark: string;
  readonly description: StreamDescription;
}

/** A title (null: no title), and the audio sequence number from which it holds. */
export interface Notice {
  readonly title: string | null;
  readonly from: number;
  /** Of a source that an encoder feeds. */
  readonly encoder?: NoticedEncoder | undefined;
}

function encoderIn(found: z.infer<typeof encoderSchema> | undefined): NoticedEncoder | undefined {
  if (found === undefined) return undefined;
  const { mark, ...description } = found;
  return { mark, description: { title: undefined, genre: undefined, ...description } };
}

/** Parses the payload of a now-playing ADU; undefined if it is malformed. */
export function parseNotice(payload: Uint8Array): Notice | undefined {
  if (payload.length > NOTICE_BYTES_MAX) return undefined;
  try {
    const parsed = noticeSchema.parse(JSON.parse(new TextDecoder().decode(payload)));
    const title = plainText(parsed.title, TITLE_LENGTH_MAX) ?? null;
    return { title, from: parsed.from, encoder: encoderIn(parsed.encoder) };
  } catch {
    return undefined;
  }
}

/** The payload of a now-playing ADU; a description for which it has no room is left out. */
export function printNotice({ title, from, encoder }: Notice): Uint8Array {
  const { mark, description } = encoder ?? {};
  const print = (more: object): Uint8Array =>
    Buffer.from(JSON.stringify({ title: title ?? '', from, ...more }));
  const whole = print(mark === undefined ? {} : { encoder: { mark, ...description } });
  return whole.length <= NOTICE_BYTES_MAX ? whole : print({ encoder: { mark } });
}

/** One source's titles. */
export interface NowPlaying {
  readonly title: string | null;
  /** The number of the audio from which it holds; 0 before the first. */
  readonly from: number;
  /** The encoder that feeds the source; undefined if it is another client. */
  readonly encoder: NoticedEncoder | undefined;
  onNotice(notice: Notice): void;
  /** The audio has reached this number. */
  onAudio(sequence: number): void;
}

/** Creates the titles of a source that has not sent any yet. */
export function createNowPlaying(): NowPlaying {
  let current: Notice = { title: null, from: 0 };
  let encoder: NoticedEncoder | undefined;
  let reached = -1;
  /** In order of arrival; of two that hold from the same number, the later one counts. */
  let pending: Notice[] = [];

  const settle = (): void => {
    const due = pending.filter((notice) => notice.from <= reached);
    if (due.length === 0) return;
    pending = pending.filter((notice) => notice.from > reached);
    current = due.reduce((last, notice) => (notice.from >= last.from ? notice : last));
  };

  return {
    get title() {
      return current.title;
    },
    get from() {
      return current.from;
    },
    get encoder() {
      return encoder;
    },
    onNotice: (notice) => {
      encoder = notice.encoder;
      pending = [...pending, notice].slice(-PENDING_MAX);
      settle();
    },
    onAudio: (sequence) => {
      reached = Math.max(reached, sequence);
      if (pending.length > 0) settle();
    },
  };
}
