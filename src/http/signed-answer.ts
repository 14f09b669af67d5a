/**
 * Answers that a cluster signs with its key, so that who asks knows whose they are, wherever the request
 * went. The asker chooses the challenge, so that no answer can be repeated to it.
 */
import { Buffer } from 'node:buffer';
import type { z } from 'zod';
import { type SigningContext, type SigningKey, verifierOf } from '../runtime/signing-key.js';
import type { PublicKey } from '../session/public-key.js';

/** The header with the signature, in base64url. */
export const SIGNATURE_FIELD = 'Scattercast-Signature';

/** What a challenge may look like. */
export const CHALLENGE = /^[\w-]{0,64}$/;

const textOf = (challenge: string, body: string): Buffer => Buffer.from(`${challenge}\n${body}`);

/** The signature of an answer. */
export const signAnswer = (
  key: SigningKey,
  context: SigningContext,
  challenge: string,
  body: string,
): string => Buffer.from(key.sign(context, textOf(challenge, body))).toString('base64url');

/** Whether the holder of the key has given this answer to the challenge; false without a signature. */
export const isSignedAnswer = (
  key: PublicKey,
  context: SigningContext,
  challenge: string,
  { body, signature }: { readonly body: string; readonly signature: unknown },
): boolean =>
  typeof signature === 'string' &&
  verifierOf(key)(context, textOf(challenge, body), Buffer.from(signature, 'base64url'));

/**
 * What an answer says, as the schema reads it; undefined if the holder of the key has not given it to the
 * challenge, or if it is malformed.
 */
export function readSignedAnswer<Told>(
  key: PublicKey,
  context: SigningContext,
  challenge: string,
  answer: { readonly body: string; readonly signature: unknown },
  schema: z.ZodType<Told>,
): Told | undefined {
  if (!isSignedAnswer(key, context, challenge, answer)) return undefined;
  try {
    return schema.parse(JSON.parse(answer.body));
  } catch {
    return undefined;
  }
}
