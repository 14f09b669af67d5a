/**
 * Two levels of Gossamer (§7): "SCXs in the local area participate in a local Gossamer protocol
 * independent of the rest of the session. A small number of representative SCXs from the local area
 * also participate in a higher level Gossamer protocol with other SCXs across the entire Internet."
 *
 * This machine is one node. It composes machines of gossamer.ts, which are the same at both levels
 * and know nothing of levels: one in the mesh of its neighbourhood, one in the upper mesh while it
 * is a representative, and for a moment a second one while it changes neighbourhoods. Each has an
 * identity and an address of its own, as if it were a process of its own. The rules are in
 * docs/levels.md; every file:
 *
 *   level-config.ts    the constants
 *   level-messages.ts  what nodes say to each other besides Gossamer's messages
 *   meshes.ts          the machines of the node
 *   participant.ts     one of them
 *   residence.ts       the neighbourhood that the node is in, and whether it represents it
 *   choice.ts          which neighbourhood to be in
 *   search.ts          looks for the nearest neighbourhoods
 *   offers.ts          what is told to those that look, and what was learned
 *   bridge.ts          carries sources and frames from mesh to mesh
 *   delivery.ts        the frames of all meshes as one stream
 */
import { unreachable } from '../../lib/assert.js';
import type { Machine } from '../../lib/machine.js';
import type { Rng } from '../../lib/rng.js';
import type { Effect, GossamerEvent, Input } from '../core/effects.js';
import type { Address, Adu, Member, NodeId, Source, SourceId } from '../core/node.js';
import { asAttached, type Bridge, createBridge, type Side } from './bridge.js';
import { createDelivery } from './delivery.js';
import type { LevelsConfig } from './level-config.js';
import type { LevelMessage } from './level-messages.js';
import { createMeshes, type Meshes } from './meshes.js';
import { createOffers } from './offers.js';
import { byAge, type Participant } from './participant.js';
import { createResidence } from './residence.js';
import { createSearch } from './search.js';

export type LevelsInput =
  | Extract<Input, { kind: 'join' | 'leave' | 'announceSource' | 'withdrawSource' | 'publish' }>
  /** An input of the machine in one mesh. */
  | { readonly kind: 'inMesh'; readonly mesh: number; readonly input: Input }
  | { readonly kind: 'levelReceived'; readonly from: Address; readonly message: LevelMessage };

export type LevelsEffect =
  /** The node takes part in a mesh: its address there is to be opened, or closed. */
  | { readonly kind: 'entered' | 'exited'; readonly participant: Participant }
  /** An effect of the machine in one mesh. */
  | { readonly kind: 'inMesh'; readonly mesh: number; readonly effect: Effect }
  | { readonly kind: 'levelSend'; readonly to: Address; readonly message: LevelMessage }
  | { readonly kind: 'deliver'; readonly adu: Adu };

export interface LevelsOptions {
  readonly config: LevelsConfig;
  readonly rng: Rng;
  /** Where the node receives level messages. */
  readonly home: Address;
  /** The homes of the session's rendezvous points. */
  readonly rendezvous: readonly Address[];
  /** A new identity, with an address in a mesh. */
  newMember(mesh: number, now: number): Member;
  /** The home of the node that has an address in some mesh. */
  homeOf(address: Address): Address;
}

/** What checkers see of a node. */
export interface LevelsView {
  readonly isRepresentative: boolean;
  /** The oldest member of the neighbourhood, and its members. */
  readonly oldest: NodeId | undefined;
  readonly members: number;
  /** Members known in all meshes. */
  readonly membersKnown: number;
  /** Changes of neighbourhoods. */
  readonly moves: number;
}

export interface Levels extends Machine<LevelsInput, LevelsEffect> {
  view(): LevelsView;
}

/** Frames of our own that wait for a neighbourhood at most: some seconds. */
const EARLY_MAX = 512;

/** Creates the sources of the node itself, which are announced in each neighbourhood. */
function createOwnSources(meshes: Meshes) {
  const sources = new Map<SourceId, Source>();
  /** Frames that wait for a neighbourhood. Bounded by EARLY_MAX. */
  const early: Input[] = [];
  const feedLowers = (input: Input): void => {
    for (const mesh of [meshes.lower, meshes.nextLower]) meshes.feed(mesh, input);
  };
  return {
    get: (id: SourceId): Source | undefined => sources.get(id),
    announceIn: (participant: Participant): void => {
      for (const source of sources.values()) {
        meshes.feed(participant, { kind: 'announceSource', source });
      }
    },
    publishEarlyIn: (participant: Participant): void => {
      for (const input of early.splice(0)) meshes.feed(participant, input);
    },
    announce: (source: Source): void => {
      sources.set(source.id, source);
      feedLowers({ kind: 'announceSource', source });
    },
    withdraw: (source: SourceId): void => {
      sources.delete(source);
      feedLowers({ kind: 'withdrawSource', source });
    },
    publish: (adu: Adu): void => {
      const input = { kind: 'publish', adu } as const;
      if (meshes.lower === undefined && early.length < EARLY_MAX) early.push(input);
      feedLowers(input);
    },
  };
}

/** Which of the two meshes a participant is in, if it is in one that the bridge joins. */
function sideOf({ lower, upper }: Meshes, participant: Participant): Side | undefined {
  if (participant === lower) return 'lower';
  return participant === upper ? 'upper' : undefined;
}

/** What the machine of one mesh tells of sources. */
function onEvent(
  meshes: Meshes,
  bridge: Bridge,
  participant: Participant,
  event: GossamerEvent,
): void {
  const side = sideOf(meshes, participant);
  if (event.kind === 'sourceUp') {
    const isOurs = event.scx === participant.gossamer.self().id;
    const announced = { source: event.source, isOurs };
    participant.sources.set(event.source.id, announced);
    if (side !== undefined) bridge.learn(side, [announced]);
  } else if (event.kind === 'sourceDown') {
    participant.sources.delete(event.source);
    if (side !== undefined) bridge.onSourceDown(side, event.source);
  }
}

/** Creates the parts of a node, and connects them. */
function createParts(options: LevelsOptions, emit: (effect: LevelsEffect) => void) {
  const { config, rng, home, rendezvous } = options;
  const delivery = createDelivery();

  const onDelivered = (participant: Participant, adu: Adu): void => {
    if (delivery.isWithin(adu)) participant.continued.add(adu.source);
    for (const ready of delivery.accept(adu, participant === meshes.lower)) {
      emit({ kind: 'deliver', adu: ready });
    }
    const side = sideOf(meshes, participant);
    if (side !== undefined) bridge.onDelivered(side, adu);
  };

  const meshes = createMeshes({
    ...{ config, rng, newMember: options.newMember },
    onEntered: (participant) => emit({ kind: 'entered', participant }),
    onExited: (participant) => emit({ kind: 'exited', participant }),
    onEffect: (participant, effect) => {
      if (effect.kind === 'deliver') return onDelivered(participant, effect.adu);
      emit({ kind: 'inMesh', mesh: participant.mesh, effect });
      if (effect.kind === 'notify') onEvent(meshes, bridge, participant, effect.event);
    },
  });
  const own = createOwnSources(meshes);
  const bridge = createBridge((side, input) => meshes.feed(meshes[side], input), own.get);
  const offers = createOffers({ config, rng, meshes, homeOf: options.homeOf });
  const residence = createResidence({
    ...{ config, rng, home, rendezvous, meshes, bridge, offers },
    search: (now) => search.begin([...offers.homes(), ...rendezvous], now),
    onEntered: own.announceIn,
    onSettled: own.publishEarlyIn,
  });
  const search = createSearch({
    ...{ rng, home, onDone: residence.onSearched },
    send: (to, message) => emit({ kind: 'levelSend', to, message }),
  });
  return { meshes, own, offers, residence, search };
}

/** Creates the machine of one node. It does nothing before `join`. */
export function createLevels(options: LevelsOptions): Levels {
  let effects: LevelsEffect[] = [];
  const emit = (effect: LevelsEffect): void => void effects.push(effect);
  const { meshes, own, offers, residence, search } = createParts(options, emit);

  const onLevelMessage = (from: Address, message: LevelMessage, now: number): void => {
    if (message.kind === 'offer') return search.onOffer(from, message.nonce, message.offer, now);
    if (meshes.lower === undefined) return;
    const offer = offers.answer(meshes.lower, now);
    emit({ kind: 'levelSend', to: from, message: { kind: 'offer', nonce: message.nonce, offer } });
  };

  const handle = (input: LevelsInput, now: number): void => {
    switch (input.kind) {
      case 'join':
        return search.begin(options.rendezvous, now);
      case 'leave':
        residence.stop();
        return [meshes.lower, meshes.nextLower, meshes.upper].forEach(meshes.exit);
      case 'announceSource':
        return own.announce(asAttached(input.source));
      case 'withdrawSource':
        return own.withdraw(input.source);
      case 'publish':
        return own.publish(input.adu);
      case 'levelReceived':
        return onLevelMessage(input.from, input.message, now);
      case 'inMesh':
        return meshes.feed(meshes.get(input.mesh), input.input);
      default:
        return unreachable(input);
    }
  };

  const takeEffects = (now: number): LevelsEffect[] => {
    meshes.drain(now);
    const taken = effects;
    effects = [];
    return taken;
  };

  return {
    handle: (input, now) => {
      handle(input, now);
      return takeEffects(now);
    },
    tick: (now) => {
      meshes.tick(now);
      search.tick(now);
      residence.tick(now);
      return takeEffects(now);
    },
    deadline: () => Math.min(meshes.deadline(), search.roundEndsAt(), residence.deadline()),
    view: () => {
      const { lower, upper } = meshes;
      return {
        isRepresentative: upper !== undefined,
        oldest: lower && byAge(lower)[0]?.id,
        members: lower === undefined ? 0 : lower.gossamer.membersKnown() + 1,
        membersKnown: meshes.membersKnown(),
        moves: residence.moves(),
      };
    },
  };
}
