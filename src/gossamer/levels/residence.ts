/**
 * The neighbourhood that a node is in, and whether it represents it. A node that moves joins the next
 * mesh before it leaves the present one (make before break, as parents change in §3.8), and founds a
 * neighbourhood only after it has heard in the upper mesh what it will bring.
 *
 * The most central members represent a neighbourhood, by coordinates. That needs no message and no
 * configuration: all members know each other, and come to nearly the same order; where two do not, there
 * is one representative more. When one dies, the next knows that its turn has come. Those that are no
 * longer among the most central retire when they have found that enough others represent it.
 */
import type { Rng } from '../../lib/rng.js';
import { createTimers } from '../../lib/timers.js';
import type { Address } from '../core/node.js';
import type { Bridge } from './bridge.js';
import { type Choice, chooseFirst, chooseNext } from './choice.js';
import { LEVEL_TIMEOUTS, type LevelsConfig } from './level-config.js';
import type { Meshes } from './meshes.js';
import type { Offers } from './offers.js';
import { byAge, byCentrality, goesOn, hasMember, type Participant } from './participant.js';
import type { Found } from './search.js';

export interface ResidenceOptions {
  readonly config: LevelsConfig;
  readonly rng: Rng;
  readonly home: Address;
  readonly rendezvous: readonly Address[];
  readonly meshes: Meshes;
  readonly bridge: Bridge;
  readonly offers: Offers;
  /** Begins a search, unless one is running; `onSearched` is called at its end. */
  search(now: number): void;
  /** The node takes part in the mesh of a neighbourhood: its own sources are to be announced. */
  onEntered(participant: Participant): void;
  /** The node is in its first neighbourhood. */
  onSettled(participant: Participant): void;
}

export interface Residence {
  onSearched(found: readonly Found[], now: number): void;
  stop(): void;
  /** Changes of neighbourhoods. */
  moves(): number;
  tick(now: number): void;
  deadline(): number;
}

type Timer = 'upkeep' | 'look' | 'repeat' | 'endMove';

/** Creates the rules of a node in no neighbourhood. */
export function createResidence(options: ResidenceOptions): Residence {
  const { config, rng, home, rendezvous, meshes, bridge, offers } = options;
  const { search, onEntered, onSettled } = options;
  const timers = createTimers<Timer>();
  const isFounder = rng.unit() < config.founders;
  /** The upper mesh was entered to found a neighbourhood. */
  let isFounding = false;
  let lookMs = config.lookFirstMs;
  let moves = 0;

  const lookLater = (now: number): void =>
    timers.set('look', now + lookMs * (0.75 + 0.5 * rng.unit()));

  const become = (participant: Participant, now: number): void => {
    if (meshes.lower === undefined) onSettled(participant);
    else moves++;
    meshes.exit(meshes.lower);
    bridge.close('lower');
    meshes.lower = participant;
    meshes.nextLower = undefined;
    bridge.learn('lower', participant.sources.values());
    if (meshes.upper !== undefined) bridge.open();
    lookLater(now);
    timers.clear('endMove');
    timers.set('upkeep', now + LEVEL_TIMEOUTS.upkeepMs * rng.unit());
  };

  const enterUpper = (now: number): void => {
    meshes.upper = meshes.enter('upper', offers.above(), now);
  };

  const exitUpper = (): void => {
    bridge.close('upper');
    meshes.exit(meshes.upper);
    meshes.upper = undefined;
  };

  const enterLower = (entries: readonly Address[], now: number): Participant => {
    const participant = meshes.enter('lower', entries, now);
    onEntered(participant);
    return participant;
  };

  const found = (now: number): void => {
    isFounding = false;
    become(enterLower([], now), now);
  };

  const follow = (choice: Choice, now: number): void => {
    if (choice.kind === 'stay') return;
    const isNewcomer = meshes.lower === undefined;
    if (choice.kind === 'enter') {
      const participant = enterLower(choice.offer.entries, now);
      if (isNewcomer) return become(participant, now);
      meshes.nextLower = participant;
    } else {
      if (meshes.upper === undefined) enterUpper(now);
      if (isNewcomer) return found(now);
      isFounding = true;
    }
    timers.set('endMove', now + LEVEL_TIMEOUTS.moveMs);
  };

  /** A move ends when all that is heard goes on in the next mesh, or its time is up. */
  const endMove = (lower: Participant, isLast: boolean, now: number): void => {
    const { upper, nextLower } = meshes;
    if (isFounding && upper !== undefined && (isLast || goesOn(lower, upper))) return found(now);
    if (nextLower === undefined) return;
    const isIn = nextLower.gossamer.membersKnown() > 0;
    if (isIn && (isLast || goesOn(lower, nextLower))) {
      if (upper !== undefined) exitUpper();
      become(nextLower, now);
    } else if (isLast) {
      meshes.exit(nextLower);
      meshes.nextLower = undefined;
    }
  };

  const centralityOf = (here: Participant): number => {
    const { id } = here.gossamer.self();
    return byCentrality(here).findIndex((member) => member.id === id);
  };

  /** Becomes a representative, if it is among the most central. */
  const represent = (here: Participant, now: number): void => {
    // A newcomer does not know all members yet.
    if (isFounding || now - here.bornAt < LEVEL_TIMEOUTS.newcomerMs) return;
    if (meshes.upper === undefined && centralityOf(here) < config.representatives) {
      enterUpper(now);
      bridge.open();
    }
    if (meshes.upper?.gossamer.membersKnown() === 0) search(now);
  };

  /** Is a representative no more, if enough others are, and more central. */
  const retire = (here: Participant, found: readonly Found[]): void => {
    const others = found.filter(({ offer }) => offer.represents && hasMember(here, offer.oldest));
    if (meshes.upper === undefined || isFounding || others.length < config.representatives) return;
    if (centralityOf(here) > config.representatives) exitUpper();
  };

  const upkeep = (here: Participant, now: number): void => {
    timers.set('upkeep', now + LEVEL_TIMEOUTS.upkeepMs);
    endMove(here, false, now);
    const members = byAge(here);
    const { id } = here.gossamer.self();
    const rank = members.findIndex((member) => member.id === id);
    represent(here, now);
    if (meshes.nextLower !== undefined || isFounding) return;
    const isGrown = now - here.bornAt > LEVEL_TIMEOUTS.growMs;
    if (rank >= config.membersMax) search(now);
    else if (isGrown && members.length < config.membersMin) {
      timers.setSooner('look', now + LEVEL_TIMEOUTS.growMs * rng.unit());
    }
  };

  const run = (timer: Timer, now: number): void => {
    const { lower } = meshes;
    if (timer === 'upkeep' && lower !== undefined) upkeep(lower, now);
    if (timer === 'endMove' && lower !== undefined) endMove(lower, true, now);
    if (timer === 'repeat') search(now);
    if (timer !== 'look') return;
    lookMs = Math.min(2 * lookMs, config.lookLastMs);
    lookLater(now);
    search(now);
  };

  return {
    onSearched: (results, now) => {
      offers.learn(results);
      const { lower, nextLower, upper } = meshes;
      if (lower === undefined) {
        const isFirst = rendezvous.includes(home);
        const choice = chooseFirst(config, results, { isFirst, isFounder });
        if (choice.kind === 'stay') timers.set('repeat', now + LEVEL_TIMEOUTS.repeatMs);
        return follow(choice, now);
      }
      // The addresses by which the upper mesh was to be entered were those of the dead.
      if (upper?.gossamer.membersKnown() === 0 && offers.above().length > 0) {
        exitUpper();
        enterUpper(now);
        bridge.open();
      }
      if (nextLower !== undefined || isFounding) return;
      retire(lower, results);
      const represents = meshes.upper !== undefined;
      follow(chooseNext(config, results, lower, { now, rng, represents }), now);
    },
    stop: () => {
      for (const timer of ['upkeep', 'look', 'repeat', 'endMove'] as const) timers.clear(timer);
    },
    moves: () => moves,
    tick: (now) => {
      for (let due = timers.takeDue(now); due !== undefined; due = timers.takeDue(now)) {
        run(due, now);
      }
    },
    deadline: timers.next,
  };
}
