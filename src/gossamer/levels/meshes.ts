/**
 * The machines of one node: one for each mesh that it takes part in. The machine of one mesh may have
 * an input for another one; it waits until the first has ended its step.
 */
import { assert } from '../../lib/assert.js';
import type { Rng } from '../../lib/rng.js';
import type { Effect, Input } from '../core/effects.js';
import type { Address, Member } from '../core/node.js';
import type { Side } from './bridge.js';
import type { LevelsConfig } from './level-config.js';
import { createParticipant, type Participant } from './participant.js';

export interface MeshesOptions {
  readonly config: LevelsConfig;
  readonly rng: Rng;
  /** A new identity, with an address in a mesh. */
  newMember(mesh: number, now: number): Member;
  onEntered(participant: Participant): void;
  onExited(participant: Participant): void;
  onEffect(participant: Participant, effect: Effect): void;
}

export interface Meshes {
  /** The mesh of our neighbourhood, that of the next one during a move, and the upper mesh. */
  lower: Participant | undefined;
  nextLower: Participant | undefined;
  upper: Participant | undefined;
  /** Joins a mesh over these addresses in it; without any it is a new mesh. */
  enter(side: Side, entries: readonly Address[], now: number): Participant;
  /** Leaves a mesh; its machine goes on for a while, until its children have other parents. */
  exit(participant: Participant | undefined): void;
  feed(participant: Participant | undefined, input: Input): void;
  get(mesh: number): Participant | undefined;
  /** Runs the machines that are due. */
  tick(now: number): void;
  /** Hands out the inputs that wait. */
  drain(now: number): void;
  deadline(): number;
  /** Members known in all meshes. */
  membersKnown(): number;
}

/** Creates a node in no mesh. */
export function createMeshes(options: MeshesOptions): Meshes {
  const { config, rng, newMember, onEntered, onExited, onEffect } = options;
  /** By number. Bounded: three, and those that are being left. */
  const participants = new Map<number, Participant>();
  /** Bounded: empty at the end of each step. */
  const inbox: { participant: Participant; input: Input }[] = [];
  let count = 0;

  const feed = (participant: Participant | undefined, input: Input): void => {
    if (participant !== undefined) inbox.push({ participant, input });
  };

  const perform = (participant: Participant, effects: readonly Effect[]): void => {
    for (const effect of effects) {
      onEffect(participant, effect);
      if (effect.kind !== 'notify' || effect.event.kind !== 'left') continue;
      participants.delete(participant.mesh);
      onExited(participant);
    }
  };

  return {
    ...{ lower: undefined, nextLower: undefined, upper: undefined, feed },
    enter: (side, entries, now) => {
      const mesh = ++count;
      const self = newMember(mesh, now);
      const random = rng.fork(`mesh ${mesh}`);
      const own = { mesh, self, entries, now, config: config[side], rng: random };
      const participant = createParticipant(own);
      participants.set(mesh, participant);
      onEntered(participant);
      feed(participant, { kind: 'join' });
      return participant;
    },
    exit: (participant) => feed(participant, { kind: 'leave' }),
    get: (mesh) => participants.get(mesh),
    tick: (now) => {
      for (const participant of [...participants.values()]) {
        const { gossamer } = participant;
        if (gossamer.deadline() <= now) perform(participant, gossamer.tick(now));
      }
    },
    drain: (now) => {
      for (let steps = 0; inbox.length > 0; steps++) {
        assert(steps < STEPS_MAX, 'the meshes of a node feed each other for ever');
        const { participant, input } = inbox.shift() as (typeof inbox)[number];
        perform(participant, participant.gossamer.handle(input, now));
      }
    },
    deadline: () => {
      let earliest = Number.POSITIVE_INFINITY;
      for (const { gossamer } of participants.values()) {
        earliest = Math.min(earliest, gossamer.deadline());
      }
      return earliest;
    },
    membersKnown: () => {
      let known = 0;
      for (const { gossamer } of participants.values()) known += gossamer.membersKnown();
      return known;
    },
  };
}

/** Inputs of one step at most: all frames that a cache holds, for some sources. */
const STEPS_MAX = 100_000;
