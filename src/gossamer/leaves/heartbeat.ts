/**
 * Detecting partitions by a heartbeat (§3.5). "The rendezvous points run a simple distributed
 * election algorithm and pick one of themselves as the heartbeat generator. As long as every SCX in
 * the session continues to receive this heartbeat, the entire mesh is connected."
 *
 * The election: the lowest id that is alive generates. Each rendezvous point begins as generator
 * and yields to a lower id that it hears. "In the event that the heartbeat generator itself has
 * died, the remaining rendezvous points elect a new heartbeat generator": each begins to generate
 * when it hears no heartbeat.
 *
 * DISCOVERY and STATUS name the generator that the sender follows. "The SCX that detects the loss
 * attempts to heal the partition by re-contacting the heartbeat generator": the answer of a
 * rendezvous point shows where the heartbeat is. And both halves of a partition may contain a
 * rendezvous point, so that no SCX loses its heartbeat; then the election among the rendezvous points
 * reveals the cut. The side with the higher generator builds the bridge.
 *
 * Beyond (`gossipsGenerators`): gossip between any two SCXs reveals a cut in the same way.
 *
 * Beyond (`sparesHeartbeats`): a duplicate shows that a neighbour need not hear a heartbeat from us. It
 * is sent only each second one, those with even numbers, which shows anew whether it needs them; so one
 * that loses its bearer hears the heartbeat after two intervals, before it is lost.
 *
 * Generating is heartbeat-generator.ts, duplicates are generator-sequences.ts, and what follows a
 * loss is healing.ts.
 */
import { createBoundedMap } from '../../lib/bounds/bounded-map.js';
import { type ClockedContext, notify, send } from '../core/context.js';
import type { Member, NodeId } from '../core/node.js';
import { createGeneratorSequences } from './generator-sequences.js';
import { createHealing } from './healing.js';
import { createHeartbeatGenerator } from './heartbeat-generator.js';

/**
 * A generator that was only told of, and whose heartbeat did not come within this time although we
 * looked for it, is not looked for again for as long, ms: it may be invented. Guess: a bridge is
 * built within 10 s.
 */
const IN_VAIN_MS = 30_000;

/** Generators for which that is remembered; the oldest makes room. Guess: two announcements' worth. */
const TOLD_MAX = 32;

export interface HeartbeatFacts {
  neighbours(): Iterable<Member>;
  /** The heartbeat is lost: re-contact its generator, if one was ever heard. */
  onPartition(generator: NodeId | undefined, now: number): void;
  /** `from` is on the other side of a cut: build a bridge to it. */
  onFarSide(from: Member, now: number): void;
  /** A neighbour brought the heartbeat of another generator than before, as after a partition. */
  onNewGenerator(bearer: NodeId, now: number): void;
  /** We generate: the other rendezvous points may be behind a cut. */
  onGenerating(now: number): void;
}

export interface Heartbeat {
  start(now: number): void;
  stop(): void;
  /** The generator whose heartbeat we follow; null while we hear none. */
  generator(): NodeId | null;
  /** The neighbour that brings the heartbeat to us. */
  bearer(): NodeId | undefined;
  handle(from: Member, generator: NodeId, sequence: number, now: number): void;
  /** A member has told which generator it follows. */
  onFollows(from: Member, generator: NodeId | null, now: number): void;
  tick(now: number): void;
  deadline(): number;
}

interface Followed {
  readonly generator: NodeId;
  readonly bearer: NodeId;
  readonly sinceMs: number;
  readonly heardAt: number;
}

/** Creates the heartbeat, not yet started. */
export function createHeartbeat(context: ClockedContext, facts: HeartbeatFacts): Heartbeat {
  const { config } = context;
  const isNew = createGeneratorSequences(config.heartbeatTimeoutMs);
  let followed: Followed | undefined;
  let lastGenerator: NodeId | undefined;

  /** Generators that were only told of: when we began to look for each. */
  const soughtAt = createBoundedMap<NodeId, number>(TOLD_MAX);

  /** Whether a bridge to a generator's side is sought, or may be sought now. */
  const mayBeSought = (generator: NodeId, now: number): boolean => {
    const at = soughtAt.get(generator);
    if (at === undefined || now - at >= 2 * IN_VAIN_MS) soughtAt.set(generator, now);
    return now - (soughtAt.get(generator) ?? now) < IN_VAIN_MS;
  };

  /** Neighbours that did not need the last heartbeat that all got; bounded by those of two beats. */
  const served = new Set<NodeId>();

  const isSpared = (id: NodeId, sequence: number): boolean =>
    config.sparesHeartbeats && sequence % 2 === 1 && served.has(id);

  const flood = (generator: NodeId, sequence: number, except: NodeId | undefined): void => {
    for (const { id, address } of facts.neighbours()) {
      if (id === except || isSpared(id, sequence)) continue;
      send(context, address, { kind: 'heartbeat', generator, sequence });
    }
    if (sequence % 2 === 0) served.clear();
  };

  const generating = createHeartbeatGenerator(context, {
    onBeat: (sequence) => flood(context.self().id, sequence, undefined),
    onCall: facts.onGenerating,
  });

  const healing = createHealing(context, {
    onLoss: (now) => {
      if (followed !== undefined) {
        notify(context, { kind: 'partitionSuspected', sinceMs: now - followed.heardAt });
      }
      followed = undefined;
      if (context.self().rendezvous) becomeGenerator(now);
      else healing.begin(now);
    },
    onAttempt: (now) => facts.onPartition(lastGenerator, now),
  });

  const becomeGenerator = (now: number): void => {
    followed = undefined;
    healing.stop();
    generating.begin(now);
  };

  const follow = (generator: NodeId, bearer: NodeId, now: number): void => {
    const before = followed?.generator === generator ? followed : undefined;
    if (before === undefined) {
      notify(context, { kind: 'heartbeatHeard', generator });
      facts.onNewGenerator(bearer, now);
    }
    followed = { generator, bearer, sinceMs: before?.sinceMs ?? now, heardAt: now };
    lastGenerator = generator;
    soughtAt.delete(generator);
    healing.awaitHeartbeat(now);
    if (generating.sinceMs() !== undefined) generating.end();
  };

  const currentId = (): NodeId | undefined =>
    generating.sinceMs() !== undefined ? context.self().id : followed?.generator;

  /**
   * The election: the lowest id generates. One that is higher than the present generator's changes
   * nothing; a rendezvous point whose own id is lower generates itself.
   */
  const elect = (generator: NodeId, bearer: NodeId, now: number): void => {
    const { id, rendezvous } = context.self();
    const current = currentId();
    if (current !== undefined && generator > current) return;
    if (rendezvous && id < generator) becomeGenerator(now);
    else follow(generator, bearer, now);
  };

  const deadline = (): number => Math.min(healing.deadline(), generating.deadline());

  /** Whether what a member says of its generator counts: see above. */
  const isTold = (from: Member): boolean =>
    config.gossipsGenerators ||
    (from.rendezvous && (currentId() === undefined || context.self().rendezvous));

  return {
    start: (now) => {
      if (context.self().rendezvous) becomeGenerator(now);
      else healing.awaitHeartbeat(now);
    },
    stop: () => {
      healing.stop();
      generating.stop();
    },
    generator: () => currentId() ?? null,
    bearer: () => followed?.bearer,
    handle: (from, generator, sequence, now) => {
      if (generator === context.self().id) return;
      if (!isNew(generator, sequence, now)) {
        served.add(from.id);
        return;
      }
      flood(generator, sequence, from.id);
      elect(generator, from.id, now);
    },
    onFollows: (from, generator, now) => {
      const current = currentId();
      if (generator === null || generator === current || !isTold(from)) return;
      if (current === undefined) {
        const isStarted = deadline() !== Number.POSITIVE_INFINITY;
        if (isStarted && mayBeSought(generator, now)) facts.onFarSide(from, now);
        return;
      }
      const sinceMs = generating.sinceMs() ?? followed?.sinceMs ?? now;
      const isSettled = now - sinceMs > config.heartbeatTimeoutMs;
      if (!isSettled || generator > current) return;
      if (mayBeSought(generator, now)) facts.onFarSide(from, now);
    },
    tick: (now) => {
      healing.tick(now);
      generating.tick(now);
    },
    deadline() {
      return deadline();
    },
  };
}
