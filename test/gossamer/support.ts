/** What the tests of single rules share: members, ADUs, and a context that records its effects. */
import { FAST, type GossamerConfig } from '../../src/gossamer/core/config.js';
import type { ClockedContext } from '../../src/gossamer/core/context.js';
import { UNKNOWN_COORDINATES } from '../../src/gossamer/core/coordinates.js';
import type { Effect, GossamerEvent } from '../../src/gossamer/core/effects.js';
import type { DataMessage, EdgeOffer, Load, Message } from '../../src/gossamer/core/message.js';
import type {
  Address,
  Adu,
  Coordinates,
  Member,
  NodeId,
  SourceId,
} from '../../src/gossamer/core/node.js';
import type { Membership } from '../../src/gossamer/discovery/membership.js';
import type { EdgeRequest } from '../../src/gossamer/mesh/edge-requests.js';
import { createRng } from '../../src/lib/rng.js';

const hex = (number: number, digits: number): string => number.toString(16).padStart(digits, '0');

export const nodeId = (number: number): NodeId => hex(number, 32) as NodeId;
export const sourceId = (number: number): SourceId => hex(0xa000 + number, 16) as SourceId;
export const addressOf = (number: number): Address => `scx${number}:1` as Address;

export const memberOf = (number: number, more: Partial<Member> = {}): Member => ({
  id: nodeId(number),
  address: addressOf(number),
  incarnation: 1000,
  rendezvous: false,
  ...more,
});

/** The members that a membership knows. */
export const membersOf = (membership: Membership): Member[] =>
  membership.all().map(({ member }) => member);

/** Coordinates with a small error. */
export const coordinatesOf = (x: number, y = 0, more: Partial<Coordinates> = {}): Coordinates => ({
  x,
  y,
  height: 0,
  error: 0.1,
  samples: 8,
  ...more,
});

/** The offer of an asker that can add the edge, gains nothing by it, and has no coordinates yet. */
export const offerOf = (rttMs: number, more: Partial<EdgeOffer> = {}): EdgeOffer => ({
  rttMs,
  addGainMs: 0,
  acceptGainMs: null,
  place: UNKNOWN_COORDINATES,
  leaves: null,
  ...more,
});

/** A request of ours for an edge; `replaces` is given up for it. */
export const requestOf = (
  member: Member,
  offer: EdgeOffer,
  replaces: NodeId | undefined = undefined,
): EdgeRequest => ({ member, offer, replaces });

/** A keep-alive over an edge that has no value to its sender. */
export const keepAliveOf = (
  worthMs = 0,
  loads: readonly Load[] = [],
): Extract<Message, { kind: 'keepAlive' }> => ({
  ...{ kind: 'keepAlive', worthMs, loads, heir: null },
});

export const sourceOf = (number: number, epoch = 1) =>
  ({ id: sourceId(number), priority: 128, epoch }) as const;

/** An ADU each 26 ms, of 100 bytes. */
export const aduOf = (sequence: number, more: Partial<Adu> = {}): Adu => ({
  source: sourceId(1),
  channel: 1,
  sequence,
  timestampMs: 26 * sequence,
  payload: new Uint8Array(100),
  ...more,
});

export interface Bench {
  readonly context: ClockedContext;
  self: Member;
  /** Everything since the last call. */
  take(): Effect[];
  /** The control messages since the last call, with where they went. */
  sent(): { readonly to: Address; readonly message: Message }[];
  /** The data messages since the last call. */
  sentData(): { readonly to: NodeId; readonly body: DataMessage }[];
  events(): GossamerEvent[];
}

/** A context for one rule: we are member 5. */
export function createBench(changes: Partial<GossamerConfig> = {}, self = memberOf(5)): Bench {
  let effects: Effect[] = [];
  const bench: Bench = {
    self,
    context: {
      config: { ...FAST, ...changes },
      rng: createRng(1),
      self: () => bench.self,
      emit: (effect) => void effects.push(effect),
      wakeBy: () => {},
    },
    take: () => {
      const taken = effects;
      effects = [];
      return taken;
    },
    sent: () =>
      bench
        .take()
        .flatMap((effect) =>
          effect.kind === 'send' ? [{ to: effect.to, message: effect.message }] : [],
        ),
    sentData: () =>
      bench
        .take()
        .flatMap((effect) =>
          effect.kind === 'sendData' ? [{ to: effect.to.id, body: effect.message.body }] : [],
        ),
    events: () =>
      bench.take().flatMap((effect) => (effect.kind === 'notify' ? [effect.event] : [])),
  };
  return bench;
}

/** Runs a rule's timers up to an instant, each at its own. */
export function runUntil(
  rule: { deadline(): number; tick(now: number): void },
  instant: number,
): void {
  while (rule.deadline() <= instant) rule.tick(rule.deadline());
}
