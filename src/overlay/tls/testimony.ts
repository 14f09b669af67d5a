/**
 * What is passed on about an SCX (§3.5): that it leaves or is alive after all, and the heartbeat
 * that it generates. Only itself can know, so it signs, and everybody who passes it on passes the
 * signature on. Without one such a message is a fault of the neighbour that sent it. Reports of
 * failures are not signed: the one who has failed cannot.
 *
 * Each message is verified once, however many neighbours bring it, and each connection has a rate:
 * what exceeds it is not heard, as strangers can sign as many messages as they draw keys. Neither is
 * what was signed long ago: else the recorded heartbeats of a generator that has died would bring it
 * back to life for newcomers.
 */
import type { Message, Notice } from '../../gossamer/core/message.js';
import type { NodeId } from '../../gossamer/core/node.js';
import { createBoundedMap } from '../../lib/bounds/bounded-map.js';
import type { TokenBucket } from '../../lib/bounds/token-bucket.js';
import { type SigningKey, verifierOf } from '../../runtime/signing-key.js';
import { CLOCKS_MS_MAX } from '../../runtime/steady-time.js';
import type { PublicKey } from '../../session/public-key.js';
import { encodeMessage, encodeSigned } from '../../wire/encoder.js';
import type { SignedMessage, Testimony } from '../../wire/message-codec.js';
import { nodeIdOf } from './node-id.js';

type Verdict = 'true' | 'forged' | 'unheard';

export interface Testimonies {
  /** The frame of a message; undefined: it would need the signature of another SCX. */
  encode(message: Message): Uint8Array | undefined;
  /** Whether the subject has signed it; `rate`: that of the connection. */
  verdictOn(signed: SignedMessage, rate: TokenBucket): Verdict;
}

/** Signatures that are remembered: more than there are notices on their way at a time. */
const KNOWN_MAX = 2048;

/** Whether a message must be signed by its subject. */
export const needsSignature = (message: Message): message is Testimony =>
  message.kind === 'heartbeat' || (message.kind === 'notice' && message.notice.what !== 'failed');

const subjectOf = (message: Testimony): NodeId =>
  message.kind === 'heartbeat' ? message.generator : message.notice.about.id;

const noticeText = ({ what, about, atMs, reporter }: Notice): readonly unknown[] => {
  const { id, address, incarnation, rendezvous } = about;
  return [what, id, address, incarnation, rendezvous, atMs, reporter];
};

const contextOf = ({ kind }: Testimony) => (kind === 'heartbeat' ? 'heartbeat' : 'leave');

const isSame = (one: SignedMessage, other: SignedMessage): boolean =>
  one.timeMs === other.timeMs && Buffer.compare(one.signature, other.signature) === 0;

const signedText = (text: string, timeMs: number): Buffer => Buffer.from(`${timeMs}\n${text}`);

const keyOf = ({ key }: SignedMessage): PublicKey =>
  Buffer.from(key).toString('base64url') as PublicKey;

/**
 * Creates the testimonies of one SCX in a session; none is known.
 * @param now ms since 1970
 */
export function createTestimonies(
  session: string,
  own: SigningKey,
  now: () => number,
): Testimonies {
  const ownId = nodeIdOf(own.publicKey);
  /** Those that are true, by what is signed. */
  const known = createBoundedMap<string, SignedMessage>(KNOWN_MAX);

  const textOf = (message: Testimony): string =>
    JSON.stringify(
      message.kind === 'heartbeat'
        ? [session, message.generator, message.sequence]
        : [session, ...noticeText(message.notice)],
    );

  const signOwn = (message: Testimony, text: string): SignedMessage => {
    const key = Buffer.from(own.publicKey, 'base64url');
    const timeMs = now();
    const signature = own.sign(contextOf(message), signedText(text, timeMs));
    const signed = { key, timeMs, signature, message };
    known.set(text, signed);
    return signed;
  };

  return {
    encode: (message) => {
      if (!needsSignature(message)) return encodeMessage(message);
      const text = textOf(message);
      const before = known.get(text);
      if (before !== undefined) return encodeSigned(before);
      return subjectOf(message) === ownId ? encodeSigned(signOwn(message, text)) : undefined;
    },
    verdictOn: (signed, rate) => {
      const { message, timeMs, signature } = signed;
      const key = keyOf(signed);
      if (!needsSignature(message) || nodeIdOf(key) !== subjectOf(message)) return 'forged';
      if (Math.abs(now() - timeMs) > CLOCKS_MS_MAX) return 'unheard';
      const text = textOf(message);
      const before = known.get(text);
      if (before !== undefined && isSame(before, signed)) return 'true';
      if (!rate.take(performance.now())) return 'unheard';
      if (!verifierOf(key)(contextOf(message), signedText(text, timeMs), signature))
        return 'forged';
      known.set(text, signed);
      return 'true';
    },
  };
}
