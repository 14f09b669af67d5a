/**
 * One node's part in one mesh: a machine of Gossamer with an identity and an address of its own, and
 * the sources that are announced in that mesh.
 */

import type { Rng } from '../../lib/rng.js';
import type { GossamerConfig } from '../core/config.js';
import { predictedDelayMs, UNKNOWN_COORDINATES } from '../core/coordinates.js';
import type { Address, Member, NodeId, Source, SourceId } from '../core/node.js';
import { createGossamer, type Gossamer } from '../gossamer.js';

/** A source as it is announced in a mesh. */
export interface AnnouncedSource {
  readonly source: Source;
  readonly isOurs: boolean;
}

export interface Participant {
  /** Tells a node's participants apart, the former ones included. */
  readonly mesh: number;
  readonly gossamer: Gossamer;
  readonly bornAt: number;
  /** Bounded as the machine's sources are. */
  readonly sources: Map<SourceId, AnnouncedSource>;
  /** The sources of which a frame has come that continues what the node has delivered. */
  readonly continued: Set<SourceId>;
}

export interface ParticipantOptions {
  readonly mesh: number;
  readonly self: Member;
  readonly config: GossamerConfig;
  readonly rng: Rng;
  /** Addresses in the mesh; none: a new mesh. */
  readonly entries: readonly Address[];
  readonly now: number;
}

/** Creates a participant that has not joined. */
export const createParticipant = (options: ParticipantOptions): Participant => {
  const { mesh, self, config, rng, entries, now } = options;
  const gossamer = createGossamer({ self, config, rng, locations: entries });
  return { mesh, gossamer, bornAt: now, sources: new Map(), continued: new Set() };
};

/** The members of the mesh, ourselves included, the oldest first. */
export function byAge({ gossamer }: Participant): Member[] {
  const members = gossamer.sightings().map(({ member }) => member);
  members.push(gossamer.self());
  return members.sort((a, b) => a.incarnation - b.incarnation || (a.id < b.id ? -1 : 1));
}

/** Whether the mesh has, as far as is known, a member with that id. */
export const hasMember = ({ gossamer }: Participant, id: NodeId): boolean =>
  gossamer.self().id === id || gossamer.sightings().some(({ member }) => member.id === id);

/** Whether every source that is heard in one mesh goes on in another one. */
export const goesOn = (before: Participant, after: Participant): boolean =>
  [...before.continued].every((id) => !before.sources.has(id) || after.continued.has(id));

/** Members to which the distances of all others are summed up: enough to tell who is central. Guess. */
const MEASURED_MAX = 16;

/**
 * The members of the mesh, the most central first: those with the smallest sum of predicted delays to
 * others. All members come to nearly the same order, without a message; those without coordinates are
 * last, and among equals the oldest are first.
 */
export function byCentrality(participant: Participant): Member[] {
  const { gossamer } = participant;
  const places = new Map(gossamer.sightings().map(({ member, place }) => [member.id, place]));
  places.set(gossamer.self().id, gossamer.place());
  const measured = [...places]
    .filter(([, { samples }]) => samples > 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .slice(0, MEASURED_MAX);
  const costOf = ({ id }: Member): number => {
    const own = places.get(id) ?? UNKNOWN_COORDINATES;
    if (own.samples === 0) return Number.MAX_VALUE;
    let sum = 0;
    for (const [other, place] of measured) if (other !== id) sum += predictedDelayMs(own, place);
    const others = measured.length - (measured.some(([other]) => other === id) ? 1 : 0);
    return others === 0 ? 0 : sum / others;
  };
  const ranked = byAge(participant).map((member) => ({ member, cost: costOf(member) }));
  return ranked.sort((a, b) => a.cost - b.cost).map(({ member }) => member);
}
