/**
 * `GET /recordings/CREATOR/SESSION@KEY/stretches?from=MS&to=MS`: what a cluster has recorded between two instants
 * (ms since 1970, both included), for clusters that were away then. With `&sound=1` the frames follow.
 *
 * The body has a line for each stretch (recording-files.ts), whose offsets count from the end of the lines, an empty
 * line, and the sound. Silence in place of something that was missing is left out. An answer may be shorter
 * than what was asked for. With `&challenge=` it is signed (http/signed-answer.ts): the signature is over
 * `signedPart`, a space and the SHA-256 of the body in base64url.
 */
import { refPath, type SessionIdentity } from '../../session/session-id.js';
import { parseIndex, printStretch, STRETCH_BYTES_MAX, type Stretch } from './recording-files.js';

/** A question of another cluster. */
export interface StretchesAsked {
  readonly from: number;
  readonly to: number;
  readonly withSound: boolean;
}

/** Lines in one answer: an hour and a half. */
export const STRETCHES_TOLD_MAX = 2000;
/** Bytes of sound in one answer, unless its first stretch has more. */
export const SOUND_TOLD_BYTES_MAX = 1024 * 1024;

/** A title has 1000 characters at most, which JSON may write as six each. */
const LINE_BYTES_MAX = 8192;
const LINES_BYTES_MAX = 512 * 1024;

/** The most that an answer has. */
export const ANSWER_BYTES_MAX = LINES_BYTES_MAX + SOUND_TOLD_BYTES_MAX + STRETCH_BYTES_MAX;

const queryOf = ({ from, to, withSound }: StretchesAsked): string =>
  `from=${from}&to=${to}${withSound ? '&sound=1' : ''}`;

/** The path and the query of a question, without a challenge. */
export const stretchesTarget = (session: SessionIdentity, asked: StretchesAsked): string =>
  `/recordings/${refPath(session)}/stretches?${queryOf(asked)}`;

/** What an answer is about. */
export const signedPart = ({ id }: SessionIdentity, asked: StretchesAsked): string =>
  `${id} ${queryOf(asked)}`;

/** As many of these as fit into an answer, one behind the other; of damaged ones none. */
export function toldStretches(all: readonly Stretch[], withSound: boolean): readonly Stretch[] {
  let [offset, lineBytes] = [0, 0];
  const told: Stretch[] = [];
  for (const one of all) {
    if (told.length >= STRETCHES_TOLD_MAX) break;
    if (withSound && told.length > 0 && offset + one.bytes > SOUND_TOLD_BYTES_MAX) break;
    const size = printStretch(one).length * 3;
    if (lineBytes + size > LINES_BYTES_MAX) break;
    if (size > LINE_BYTES_MAX * 3) continue;
    told.push({ ...one, offset });
    offset += one.bytes;
    lineBytes += size;
  }
  return told;
}

/** The lines of an answer, which the sound follows. */
export const printTold = (told: readonly Stretch[]): string =>
  `${told.map(printStretch).join('')}\n`;

/** A stretch, and its sound if it was asked for. */
export interface ToldStretch {
  readonly stretch: Stretch;
  readonly sound: Uint8Array;
}

const LINE_END = 10;

/** Reads an answer; what is malformed, or not there, is left out. */
export function parseTold(body: Uint8Array): readonly ToldStretch[] {
  const isEnd = (byte: number, index: number): boolean =>
    byte === LINE_END && (index === 0 || body[index - 1] === LINE_END);
  const end = body.findIndex(isEnd);
  if (end < 0) return [];
  const stretches = parseIndex(new TextDecoder().decode(body.subarray(0, end)));
  const sound = body.subarray(end + 1);
  return stretches.slice(0, STRETCHES_TOLD_MAX).map((stretch) => ({
    stretch,
    sound: sound.subarray(stretch.offset, stretch.offset + stretch.bytes),
  }));
}
