/**
 * Titles inside the stream, as SHOUTcast invented it: after each `icy-metaint` bytes of audio comes
 * a block, which is one byte with its length in units of 16, and text like `StreamTitle='...';`.
 * A player that asked for it takes the blocks out again; so one byte too many or too few is noise.
 *
 * A block tells the title that holds from the audio byte behind it on, and only when that is news.
 */

/** Audio between two blocks, bytes; what all servers send, so no player stumbles. 1 s at 128 kbit/s. */
export const ICY_INTERVAL_BYTES = 16_000;

/** "Nothing new." */
const NO_NEWS: Uint8Array = Uint8Array.of(0);
const UNIT_BYTES = 16;
const TEXT_BYTES_MAX = 255 * UNIT_BYTES;

/** A title, from the audio byte `at` on; null: there is none. */
export interface TitleMark {
  readonly at: number;
  readonly title: string | null;
}

/** Some bytes of audio, and the titles that hold in it: the first mark is at 0, and they grow. */
export interface TitledAudio {
  readonly bytes: Uint8Array;
  readonly titles: readonly TitleMark[];
}

/** Cuts UTF-8 where a character ends. */
function cutText(text: Buffer, bytesMax: number): Buffer {
  let end = Math.min(text.length, bytesMax);
  while (end < text.length && end > 0 && ((text[end] ?? 0) & 0xc0) === 0x80) end--;
  return text.subarray(0, end);
}

/** The block of a title. `';` would end it early, so such an apostrophe becomes a typographic one. */
export function icyBlock(title: string | null): Uint8Array {
  const open = Buffer.from("StreamTitle='");
  const close = Buffer.from("';");
  const safe = Buffer.from((title ?? '').replaceAll("';", '\u2019;'));
  const text = cutText(safe, TEXT_BYTES_MAX - open.length - close.length);
  const units = Math.ceil((open.length + text.length + close.length) / UNIT_BYTES);
  return Buffer.concat([Uint8Array.of(units), open, text, close], 1 + units * UNIT_BYTES);
}

/** Where one listener's stream is between two blocks. */
export interface IcyPosition {
  /** Audio until the next block, bytes. */
  left: number;
  /** The title that it was told last. */
  told: string | null;
}

/** The beginning of a stream. */
export const icyStart = (): IcyPosition => ({ left: ICY_INTERVAL_BYTES, told: null });

function titleAt(titles: readonly TitleMark[], at: number): string | null {
  let title: string | null = null;
  for (const mark of titles) if (mark.at <= at) title = mark.title;
  return title;
}

/**
 * Puts the blocks into the next piece of a listener's stream, and moves its place. The parts are
 * views of the piece, so a listener has no audio of its own. `block` may remember what it made.
 */
export function insertTitles(
  place: IcyPosition,
  { bytes, titles }: TitledAudio,
  block: (title: string | null) => Uint8Array,
): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let at = 0;
  // A block that would be the last thing waits: the title behind it is not known yet.
  while (bytes.length - at > place.left) {
    if (place.left > 0) parts.push(bytes.subarray(at, at + place.left));
    at += place.left;
    const title = titleAt(titles, at);
    parts.push(title === place.told ? NO_NEWS : block(title));
    place.told = title;
    place.left = ICY_INTERVAL_BYTES;
  }
  place.left -= bytes.length - at;
  parts.push(at === 0 ? bytes : bytes.subarray(at));
  return parts;
}
