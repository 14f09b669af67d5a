/**
 * Titles inside the stream, as SHOUTcast introduced them: after every `icy-metaint` bytes of audio
 * follows a block, which is one byte with its length in units of 16, and text like
 * `StreamTitle='...';`. A player that asked for titles takes the blocks out again; so one byte too
 * many or too few is heard as noise.
 *
 * A block has the title that holds from the next audio byte on; it is empty while that is unchanged.
 */

/** Audio between two blocks, bytes: what all servers send, and players are tested with. */
export const ICY_INTERVAL_BYTES = 16_000;

/** The block of an unchanged title. */
const UNCHANGED: Uint8Array = Uint8Array.of(0);
const UNIT_BYTES = 16;
const TEXT_BYTES_MAX = 255 * UNIT_BYTES;

/** A title, from the audio byte `at` on; null: no title. */
export interface TitleMark {
  readonly at: number;
  readonly title: string | null;
}

/** Audio, and the titles that hold in it, in the order of `at`; the first mark is at 0. */
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

/** The position of one listener's stream between two blocks. */
export interface IcyPosition {
  /** Audio before the next block, bytes. */
  left: number;
  /** The title in the last block that was not empty. */
  told: string | null;
}

/** The position at the beginning of a stream. */
export const icyStart = (): IcyPosition => ({ left: ICY_INTERVAL_BYTES, told: null });

function titleAt(titles: readonly TitleMark[], at: number): string | null {
  let title: string | null = null;
  for (const mark of titles) if (mark.at <= at) title = mark.title;
  return title;
}

/**
 * Inserts the blocks into the next audio of a listener's stream, and advances its position. The parts
 * are views of the audio, so a listener has no audio of its own. `block` may cache what it makes.
 */
export function insertTitles(
  position: IcyPosition,
  { bytes, titles }: TitledAudio,
  block: (title: string | null) => Uint8Array,
): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let at = 0;
  // A block at the very end is left for the next call: the title that follows is not known yet.
  while (bytes.length - at > position.left) {
    if (position.left > 0) parts.push(bytes.subarray(at, at + position.left));
    at += position.left;
    const title = titleAt(titles, at);
    parts.push(title === position.told ? UNCHANGED : block(title));
    position.told = title;
    position.left = ICY_INTERVAL_BYTES;
  }
  position.left -= bytes.length - at;
  parts.push(at === 0 ? bytes : bytes.subarray(at));
  return parts;
}
