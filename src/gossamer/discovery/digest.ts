/**
 * What an SCX knows of others, in short (Beyond §3.3): instead of random lists, of which most is known
 * to the other already, two SCXs exchange digests of what they know, and then send what the other
 * lacks. A fact is a member in one incarnation at about its present place, or a death.
 */
import type { Death, Sighting } from '../core/message.js';

/** Bytes of a digest at most: as many facts fit without crowding. Guess: a bounded view. */
export const DIGEST_BYTES_MAX = 512;

/** FNV-1a over a text and two numbers, 32 bits. */
function hashOf(text: string, ...numbers: readonly number[]): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  for (const number of numbers) {
    hash = Math.imul(hash ^ number, 0x01000193);
    hash = Math.imul(hash ^ (number / 0x1_0000_0000), 0x01000193);
  }
  return hash >>> 0;
}

/** A place is news when four times as many experiments have shaped it. Measured: `simulate`. */
const ageOf = (samples: number): number => Math.floor(Math.log2(1 + samples) / 2);

export const sightingFact = ({ member, place }: Sighting): number =>
  hashOf(member.id, member.incarnation, ageOf(place.samples));

export const deathFact = ({ id, incarnation }: Death): number => hashOf(id, incarnation, -1);
