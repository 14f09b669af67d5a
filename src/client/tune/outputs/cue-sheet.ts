/**
 * The cue sheet of a recording: a text file beside it that says where each title begins, which players
 * and editors read. It is written as the recording grows, so that it is right up to the last title
 * whatever becomes of the process.
 */
import { plainText } from '../../../lib/plain-text.js';

/** Frames of a CD in a second: the unit of a cue sheet. */
const CD_FRAMES = 75;
/** A cue sheet has 99 tracks at most; more are read by most programs. */
const TEXT_LENGTH_MAX = 250;

const two = (value: number): string => `${value}`.padStart(2, '0');

/** `mm:ss:ff`; the minutes may have more than two digits. */
function indexOf(ms: number): string {
  const frames = Math.floor((ms * CD_FRAMES) / 1000);
  const seconds = Math.floor(frames / CD_FRAMES);
  return `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}:${two(frames % CD_FRAMES)}`;
}

/** Quotes cannot be escaped in a cue sheet. */
const quoted = (text: string): string =>
  `"${(plainText(text, TEXT_LENGTH_MAX) ?? '').replaceAll('"', "'")}"`;

/** The first lines; `file`: the recording's name without its folder. */
export const cueHead = (file: string): string => `FILE ${quoted(file)} MP3\n`;

const BETWEEN = ' - ';

/** The lines of a title, `Artist - Title`, that begins at `ms`; `number` counts from 1. */
export function cueTrack(number: number, title: string | null, ms: number): string {
  const at = (title ?? '').indexOf(BETWEEN, 1);
  const name = at < 1 ? '' : (title ?? '').slice(at + BETWEEN.length);
  const performer = name === '' ? undefined : (title ?? '').slice(0, at);
  const lines = [
    `  TRACK ${two(number)} AUDIO`,
    `    TITLE ${quoted(name || title || '')}`,
    ...(performer === undefined ? [] : [`    PERFORMER ${quoted(performer)}`]),
    `    INDEX 01 ${indexOf(ms)}`,
  ];
  return `${lines.join('\n')}\n`;
}
