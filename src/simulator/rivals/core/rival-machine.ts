/**
 * Makes a machine of a rival's rules that the world, its faults and its measures take for one of
 * Gossamer's: the same inputs and effects, and a view with the neighbours and the parent of each
 * tree. A rival has no data connections: everything travels as a control message, whose contents the
 * world does not look at.
 */
import type { GossamerOptions } from '../../../gossamer/compose-rules.js';
import { UNKNOWN_COORDINATES } from '../../../gossamer/core/coordinates.js';
import type { Effect, Input } from '../../../gossamer/core/effects.js';
import type { Message } from '../../../gossamer/core/message.js';
import type { NodeId, Source } from '../../../gossamer/core/node.js';
import { createDisturbances } from '../../../gossamer/distribution/health/disturbances.js';
import type { Gossamer } from '../../../gossamer/gossamer.js';
import type { LifeState } from '../../../gossamer/lifecycle.js';
import type { GossamerView } from '../../../gossamer/view.js';
import { createEventQueue } from '../../../lib/event-queue.js';
import type { Protocol, RivalContext, RivalRules } from './protocol.js';

/** A rival's message as the world carries it. */
const sealed = (message: unknown): Message => message as Message;

/** A rival's message again. */
export const opened = <Own>(message: Message): Own => message as unknown as Own;

/** Feeds the rules with the inputs that a rival has. */
function handle<Own>(rules: RivalRules<Own>, input: Input, now: number): void {
  switch (input.kind) {
    case 'join':
      return rules.join(now);
    case 'leave':
      return rules.leave?.(now);
    case 'publish':
      return rules.publish(input.adu, now);
    case 'received':
      return rules.receive(input.from, opened<Own>(input.message), now);
    case 'linkDown':
      return rules.linkDown(input.address, input.reason, now);
  }
}

/** The state of a rival that its machine keeps. */
interface State {
  life: LifeState;
  /** Sources of our own. */
  readonly sources: Source[];
  /** By the node where ADUs are published: the node from which the last one came first. */
  readonly parents: Map<NodeId, NodeId>;
}

function viewOf<Own>(self: GossamerView['self'], state: State, rules: RivalRules<Own>) {
  const view: GossamerView = {
    ...{ self, state: state.life, place: UNKNOWN_COORDINATES, listeners: 0, entriesKept: 0 },
    membersKnown: rules.membersKnown(),
    generator: null,
    neighbours: rules.neighbours().map((member) => ({ member, rttMs: 0, ours: true })),
    sources: state.sources.map((source) => ({
      ...{ source, scx: self.id, costMs: 0, path: [self.id], audience: 0, flows: [] },
    })),
    avoided: { now: [], times: 0 },
    disturbances: createDisturbances(),
  };
  return view;
}

/** Creates the machine of one node. */
export function createRivalMachine<Own extends { readonly kind: string }>(
  protocol: Protocol<Own>,
  { self, config, rng, locations }: GossamerOptions,
): Gossamer {
  let effects: Effect[] = [];
  const timers = createEventQueue<(now: number) => void>();
  const state: State = { life: 'idle', sources: [], parents: new Map() };
  const context: RivalContext<Own> = {
    ...{ self, rng, degreeMax: config.addedEdgesMax + config.acceptedEdgesMax },
    contact: locations.find((location) => location !== self.address) as typeof self.address,
    send: (to, message) => void effects.push({ kind: 'send', to, message: sealed(message) }),
    deliver: (adu, root, from) => {
      if (from !== undefined) state.parents.set(root, from);
      effects.push({ kind: 'deliver', adu });
    },
    notify: (event) => void effects.push({ kind: 'notify', event }),
    at: (instant, action) => timers.push(instant, action),
  };
  const rules = protocol.create(context);
  const take = (): Effect[] => {
    const taken = effects;
    effects = [];
    return taken;
  };
  return {
    handle: (input, now) => {
      if (input.kind === 'join') state.life = 'joined';
      if (input.kind === 'announceSource') state.sources.push(input.source);
      if (state.life === 'joined') handle(rules, input, now);
      if (input.kind === 'leave') state.life = 'left';
      return take();
    },
    tick: (now) => {
      while (timers.next() <= now) timers.pop()?.(now);
      return take();
    },
    deadline: () => (state.life === 'joined' ? timers.next() : Number.POSITIVE_INFINITY),
    self: () => self,
    view: () => viewOf(self, state, rules),
    place: () => UNKNOWN_COORDINATES,
    membersKnown: rules.membersKnown,
    sightings: () => [],
    nextHop: (root) => state.parents.get(root),
    entries: () => [],
  };
}
