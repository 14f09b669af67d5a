/**
 * A compact summary of what an SCX knows of others (Beyond §3.3). Random lists mostly contain what
 * the other SCX knows already. So two SCXs exchange digests of their facts, and then send what the
 * other one lacks. A fact is a member in one incarnation at about its present coordinates, or a
 * death.
 */
import type { Death, Sighting } from '../core/message.js';
import type { NodeId } from '../core/node.js';

/** Bytes of a digest at most: room for as many facts as a bounded view contains. Guess. */
export const DIGEST_BYTES_MAX = 512;

/** FNV-1a over a text and some numbers, 32 bits. */
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

/** Coordinates are news when they rest on eight times as many experiments. Measured: `simulate`. */
const ageOf = (samples: number): number => Math.floor((1 + Math.log2(Math.max(0.5, samples))) / 3);

/** Ids are hashes: half of one is more than enough for a fact of 32 bits. */
const halfOf = (id: NodeId): string => id.slice(16);

/** 32 bits that stand for a member, its incarnation, and the age of its coordinates. */
export const sightingFact = ({ member, place }: Sighting): number =>
  hashOf(halfOf(member.id), member.incarnation, ageOf(place.samples));

/** 32 bits that stand for a death. */
export const deathFact = ({ id, incarnation }: Death): number =>
  hashOf(halfOf(id), incarnation, -1);
