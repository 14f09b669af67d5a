/**
 * Asks another cluster for what it has recorded (api/recordings/stretches-answer.ts). Only clusters that the front
 * end trusts with listeners are asked, as what was played cannot be proven any more: recordings do not keep
 * the signatures of the frames. So each answer must be signed with the cluster's key, and hold what it says:
 * frames of MP3, as many as the name of each stretch states and as long.
 *
 * Bounded: the bytes and the time of an answer; no redirect is followed.
 */
import { createHash, randomBytes } from 'node:crypto';
import {
  ANSWER_BYTES_MAX,
  parseTold,
  type StretchesAsked,
  signedPart,
  stretchesTarget,
  type ToldStretch,
} from '../../api/recordings/stretches-answer.js';
import { guardedFetchBytes } from '../../http/client/guarded-fetch.js';
import { isSignedAnswer, SIGNATURE_FIELD } from '../../http/signed-answer.js';
import { plainText } from '../../lib/plain-text.js';
import { parseFrameHeader } from '../../mp3/frames/frame-header.js';
import type { PublicKey } from '../../session/public-key.js';
import type { SessionIdentity } from '../../session/session-id.js';

/** A cluster that may have what is missing. */
export interface OtherCluster {
  readonly url: string;
  readonly key: PublicKey;
}

/** Asks; undefined: it has not answered, or not properly. Never rejects. */
export type AskStretches = (
  cluster: OtherCluster,
  asked: StretchesAsked,
) => Promise<{ readonly told: readonly ToldStretch[]; readonly bytes: number } | undefined>;

const TIMEOUT_MS = 15_000;
const TITLE_LENGTH_MAX = 1000;
/** Lengths are rounded, ms. */
const ROUNDED_MS = 1;

/** How long the frames last, ms, if there are so many and nothing else; undefined: there are not. */
function lengthOf(sound: Uint8Array, count: number): number | undefined {
  let [offset, durationMs] = [0, 0];
  for (let frame = 0; frame < count; frame++) {
    const header = parseFrameHeader(sound, offset);
    if (header === undefined) return undefined;
    offset += header.frameBytes;
    durationMs += header.durationMs;
  }
  return offset === sound.length ? durationMs : undefined;
}

/** Whether the sound is what the stretch says. */
const isSound = ({ stretch, sound }: ToldStretch): boolean => {
  const lengthMs = lengthOf(sound, stretch.count) ?? Number.NaN;
  return stretch.count > 0 && Math.abs(lengthMs - stretch.durationMs) <= ROUNDED_MS;
};

const titled = ({ stretch, sound }: ToldStretch): ToldStretch => {
  const title = plainText(stretch.title ?? '', TITLE_LENGTH_MAX) ?? null;
  return { stretch: { ...stretch, title }, sound };
};

/** Creates the questions about a session. */
export function createAskStretches(
  session: SessionIdentity,
  allowPrivate: boolean,
  timeoutMs = TIMEOUT_MS,
): AskStretches {
  return async ({ url, key }, asked) => {
    const challenge = randomBytes(12).toString('base64url');
    const limits = { allowPrivate, bytesMax: ANSWER_BYTES_MAX, timeoutMs, redirectsMax: 0 };
    const target = `${stretchesTarget(session, asked)}&challenge=${challenge}`;
    const fetched = await guardedFetchBytes(`${url}${target}`, limits).catch(() => undefined);
    if (fetched === undefined) return undefined;
    const digest = createHash('sha256').update(fetched.body).digest('base64url');
    const body = `${signedPart(session, asked)} ${digest}`;
    const signature = fetched.headers[SIGNATURE_FIELD.toLowerCase()];
    if (!isSignedAnswer(key, 'recording', challenge, { body, signature })) return undefined;
    const told = parseTold(fetched.body).map(titled);
    const isRight = !asked.withSound || told.every(isSound);
    return isRight ? { told, bytes: fetched.body.length } : undefined;
  };
}
