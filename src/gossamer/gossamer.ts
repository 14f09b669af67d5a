/**
 * Gossamer (§3): the protocol by which the SCXs of a session find each other, build a mesh, improve
 * it, and carry ADUs along source-rooted trees. Everything is a synchronous machine: inputs and
 * alarms in, effects out, and no I/O. This file makes one machine of the rules. Every file of the
 * protocol, with its section of the paper:
 *
 *   gossamer.ts            3        the machine: inputs and alarms in, effects out
 *   inputs.ts              3        each input to the rules that it is for
 *   messages.ts            3        each control message to its rule; answers REQUEST_STATUS (3.6)
 *   rules.ts               3        the rules of one SCX, and the order in which they run
 *   compose-rules.ts       3        creates the rules
 *   facts.ts               3        carries facts from one rule to others
 *   lifecycle.ts           3.5      idle, joined, leaving, left; our incarnation
 *   view.ts                -        our state as plain data, for `status` and checkers
 *   sketch.ts              -        the part of it that maps of the overlay show
 *
 * core/
 *   config.ts              3, 5.1   the profiles `paper` and `fast`; the table of timeouts
 *   context.ts             -        what every rule shares
 *   alarms.ts              -        the deadlines of all rules as one
 *   effects.ts             -        inputs, effects and events as plain data
 *   message.ts             3.3-3.8  the messages between SCXs
 *   node.ts                2.1      SCXs, sources, ADUs
 *   coordinates.ts         Beyond   Vivaldi coordinates, which predict delays
 *
 * discovery/
 *   discovery.ts           3.3      Name Dropper: rounds, DISCOVERY and its response
 *   member-lists.ts        3.3      drawing and merging the lists of members
 *   membership.ts          3.3      the set of known members
 *   member-index.ts        3.3      members by id, address and index
 *   member-columns.ts      Beyond   coordinates and facts of all members in typed arrays
 *   dead-members.ts        3.5      stores the marks that `becomeDead` of departures.ts sets
 *   incarnation.ts         Beyond   which incarnations are plausible
 *   reachability.ts        3.3      members that are not tried after a failed attempt
 *   digest.ts              Beyond   compact summaries of what is known
 *   rendezvous.ts          3.4      the first contacts
 *
 * leaves/
 *   notices.ts             3.5      the leave flood
 *   departures.ts          3.5      which nodes are considered dead, and on what evidence
 *   accusations.ts         Beyond   telling a node that it is considered dead
 *   liveness.ts            3.5      KEEP_ALIVE between neighbours
 *   heartbeat.ts           3.5      HEARTBEAT: election, following, gossip across a cut
 *   heartbeat-generator.ts 3.5      generating the heartbeat
 *   generator-sequences.ts 3.5      which heartbeats are new
 *   healing.ts             3.5      loss of the heartbeat, damped healing, its bound in time
 *
 * mesh/
 *   mesh.ts                3.2      the handshake of edges
 *   edges.ts               3.2      the edges within k1 and k2
 *   edge-requests.ts       3.2      pending requests
 *   optimizer.ts           3.6      a probe from the choice of a member to the decision
 *   probe-schedule.ts      3.6      when to probe
 *   candidates.ts          3.6      which member to probe
 *   probes.ts              3.6      REQUEST_STATUS, then the ping experiment
 *   edge-choice.ts         3.6      whether to request an edge: figure 4 (`paper`) or
 *                                   edge-exchange.ts (`fast`, production)
 *   cost-function.ts       3.6      figures 4 and 5 as published: used by profile `paper` only
 *   edge-exchange.ts       Beyond   what decides under profile `fast`: gain and loss of edges
 *   edge-value.ts          Beyond   the value of an edge, in ms
 *   edge-reports.ts        Beyond   what the two ends of an edge report to each other
 *   evictions.ts           Beyond   which neighbour a full node gives up
 *   hysteresis.ts          Beyond   how much a change of edges must gain
 *   promotion.ts           Beyond   a parent that yields its place to a child
 *   bridge.ts              3.5      an edge over a cut
 *
 * routing/
 *   routing.ts             3.7      the routing layer; which stamps are believed
 *   local-sources.ts       3.7      the zero-length entry
 *   loop-check.ts          3.7      the loop check
 *   routing-table.ts       3.7      one entry for each source SCX
 *   neighbour-routes.ts    3.7      what neighbours advertise
 *   next-hop.ts            3.7      the best neighbour, and a reserve
 *   route-offer.ts         3.6      what the nodes of Λ are compared by
 *   left-parent.ts         Beyond   the place that an asker of an edge leaves
 *   trust.ts               Beyond   who did not deliver what it promised; when to be wary
 *   updates.ts             3.7      what an update contains
 *   update-rounds.ts       3.7      when updates are sent
 *   withdrawals.ts         3.7      source SCXs without a source
 *   pings.ts               3.7      ping experiments: the distances
 *
 * entries/
 *   entries.ts             2.2      the entries of a directory: what comes, is kept and asked for
 *   entry-admission.ts     Beyond   which entries are kept
 *   entry-table.ts         Beyond   the entries that are kept; digests of them
 *   entry-push.ts          Beyond   passing news on over a tree that all authors share
 *   entry-comparison.ts    Beyond   comparing the entries of two neighbours
 *   entry-requests.ts      Beyond   from whom missing entries are asked
 *
 * distribution/
 *   distribution.ts        3.8      ADUs in and out; the reverse-path check
 *   data-messages.ts       3.8      SUBSCRIBE, NACK and the other messages on data connections
 *   known-sources.ts       3.8      the sources and their flows, one for each channel
 *   flow.ts                3.8      one source's channel here: parent, order, delivery
 *   holes.ts               Beyond   when missing ADUs are given up
 *   children.ts            3.8      the children of each flow
 *   cursor.ts              3.8, 4   what one child is sent; buffering and skipping
 *   upkeep.ts              3.8      the periodic maintenance of flows
 *   audience-reports.ts    Beyond   the number of listeners, summed up the tree
 *
 * distribution/parent/
 *   parent-change.ts       3.8      make before break: when the parent changes
 *   promises.ts            Beyond   which upstreams do not deliver what they promised
 *   upstreams.ts           3.8      parent, next parent and reserves of a flow
 *   silence.ts             Beyond   how long an upstream may be silent
 *   subscriptions.ts       Beyond   SUBSCRIBE and UNSUBSCRIBE; reserves
 *
 * distribution/stream/
 *   stream.ts              Beyond   ADUs in order
 *   adu-cache.ts           4        the last seconds, for children that change parents
 *   adu-memory.ts          4        the bound of all caches together
 *   reception.ts           3.8      counting, ordering and delivering what arrives
 *   repairs.ts             4        lost datagrams: when to ask again, when to give up
 *
 * distribution/health/
 *   disturbances.ts        -        what disturbed the flows, by cause
 *   lateness.ts            -        how late a flow is
 *   slow-parent.ts         Beyond   noticing a parent that cannot keep up
 *   usual-interval.ts      Beyond   how soon silence is suspicious
 *
 * levels/ composes such machines to sessions with two levels (7), see levels/levels.ts; and shared/ adds
 * bidirectional shared trees (7), see shared/shared-trees.ts.
 */
import { assert } from '../lib/assert.js';
import type { Machine } from '../lib/machine.js';
import { composeRules, type GossamerOptions } from './compose-rules.js';
import { createAlarms } from './core/alarms.js';
import { validateConfig } from './core/config.js';
import type { Effect, Input } from './core/effects.js';
import type { Entry } from './core/entry.js';
import type { Sighting } from './core/message.js';
import type { Coordinates, Member, NodeId } from './core/node.js';
import { createInputs } from './inputs.js';
import { CLOCKED } from './rules.js';
import { drawView, type GossamerView } from './view.js';

export interface Gossamer extends Machine<Input, Effect> {
  /** We ourselves, in our present incarnation. */
  self(): Member;
  view(): GossamerView;
  /** Two facts of the view, for callers that ask thousands of machines again and again. */
  membersKnown(): number;
  /** Our own coordinates. */
  place(): Coordinates;
  /** The members that we know, with their coordinates. */
  sightings(): readonly Sighting[];
  nextHop(sourceScx: NodeId): NodeId | undefined;
  /** The entries that are kept, in sessions that have them. */
  entries(): Iterable<Entry>;
}

/** Creates the machine of one SCX. It does nothing before `join`. */
export function createGossamer(options: GossamerOptions): Gossamer {
  const checked = validateConfig(options.config);
  assert(checked.ok, checked.ok ? '' : checked.problems.join('; '));
  let effects: Effect[] = [];
  const alarms = createAlarms(CLOCKED);
  const rules = composeRules(options, alarms, (effect) => void effects.push(effect));
  const handleInput = createInputs(rules);
  const { life, liveness, membership, routing } = rules;

  /** A forwarded ADU can only postpone a keep-alive, so no alarm is set for it. */
  const takeEffects = (now: number): Effect[] => {
    const taken = effects;
    for (const effect of taken) {
      if (effect.kind === 'forward') liveness.onForwarded(effect.to, now);
    }
    effects = [];
    return taken;
  };

  return {
    handle: (input, now) => {
      if (life.state() !== 'left') handleInput(input, now);
      return takeEffects(now);
    },
    tick: (now) => {
      alarms.run(rules, now);
      return takeEffects(now);
    },
    deadline() {
      return life.state() === 'left' ? Number.POSITIVE_INFINITY : alarms.earliest();
    },
    self: life.self,
    entries: () => rules.entries.all(),
    place: rules.ownCoordinates.current,
    membersKnown: () => membership.all().length,
    sightings: () => [...membership.all()],
    nextHop: (sourceScx) => routing.table.get(sourceScx)?.nextHop,
    view: () => drawView(rules),
  };
}
