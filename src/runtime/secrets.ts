/**
 * Secrets: how they are drawn, remembered and compared. All of them are drawn, never chosen, from
 * more than 100 random bits, so a plain hash protects them where they are stored.
 *
 * Source passwords, admin tokens and webhook secrets are copied by hand, and encoders put them into
 * URLs and headers. So they use no characters that look alike or that mean something there, and
 * stay below the 60 characters that some tools take.
 */
import { createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Without i, l, o, 0 and 1: 4.95 bits each. */
const CHARACTERS = 'abcdefghjkmnpqrstuvwxyz23456789';

const GROUPS = 4;
const GROUP_LENGTH = 6;

const drawGroup = (): string =>
  Array.from({ length: GROUP_LENGTH }, () => CHARACTERS[randomInt(CHARACTERS.length)]).join('');

/** A secret that people copy: 118 random bits, like `k3nd8w-...-...-...`. */
export const drawPassword = (): string => Array.from({ length: GROUPS }, drawGroup).join('-');

/** A secret that people copy, derived from another one: the same for the same purpose and secret. */
export function derivePassword(purpose: string, secret: string): string {
  let number = BigInt(`0x${digest(`scattercast ${purpose} 1\n${secret}`).toString('hex')}`);
  const next = (): string => {
    const index = Number(number % BigInt(CHARACTERS.length));
    number /= BigInt(CHARACTERS.length);
    return CHARACTERS[index] as string;
  };
  const group = (): string => Array.from({ length: GROUP_LENGTH }, next).join('');
  return Array.from({ length: GROUPS }, group).join('-');
}

/** A secret between processes: 256 random bits, 43 characters of base64url. */
export const drawToken = (): string => randomBytes(32).toString('base64url');

/** An id that is not drawn twice: 64 random bits, 16 hexadecimal digits (sources, flows of datagrams). */
export const drawId = (): string => randomBytes(8).toString('hex');

/** The stored form of a drawn secret: `sha256:` and 43 characters of base64url. */
export const hashSecret = (secret: string): string =>
  `sha256:${digest(secret).toString('base64url')}`;

/**
 * Whether a text is the secret. It takes the same time wherever they differ, and whatever their
 * lengths, because their hashes are compared.
 */
export const isSameSecret = (given: string, secret: string): boolean =>
  timingSafeEqual(digest(given), digest(secret));

/** Whether a text is the secret that `hashSecret` remembered; takes the same time wherever they differ. */
export const hasHash = (given: string, hash: string): boolean =>
  isSameSecret(hashSecret(given), hash);
