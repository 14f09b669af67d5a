/**
 * Draws an SCX's status (api/scx-status.ts): the document that the lease carries to the front end and
 * that `GET /status` shows. Its own facts come from own-status.ts; this file adds the overlay's view, in
 * the form and within the bounds of the schema.
 */

import type { DisturbanceStatus, ScxStatus } from '../../api/scx-status.js';
import type { SourceId } from '../../gossamer/core/node.js';
import type { FlowView, GossamerView, SourceView } from '../../gossamer/view.js';
import { dropAbsent } from '../../session/drop-absent.js';

/** The status without the overlay's part. */
export type OwnFacts = Omit<
  ScxStatus,
  | 'state'
  | 'membersKnown'
  | 'generator'
  | 'neighbours'
  | 'avoided'
  | 'sources'
  | 'disturbances'
  | 'overlayAddress'
  | 'id'
>;

/** The schema's bound on a path; longer paths are truncated. */
const PATH_MAX = 64;

const drawFlow = (flow: FlowView): ScxStatus['sources'][number]['flows'][number] => ({
  channel: flow.channel,
  parent: flow.parent ?? null,
  children: [...flow.children],
  next: flow.next ?? null,
  received: flow.received,
  delivered: flow.delivered,
  forwarded: flow.forwarded,
  duplicate: flow.duplicate,
  missed: flow.missed,
  stray: flow.stray,
});

/** What this SCX's own parts know of the sources. */
export interface SourceFacts {
  /** The sources that count as away. */
  readonly silent: readonly SourceId[];
  /** The path at which an encoder here feeds a source. */
  mountOf(source: SourceId): string | undefined;
  /** The name of its source key. */
  nameOf(source: SourceId): string | undefined;
}

const drawSource = (view: SourceView, facts: SourceFacts): ScxStatus['sources'][number] => ({
  ...(facts.silent.includes(view.source.id) ? { silent: true } : {}),
  ...dropAbsent({ mount: facts.mountOf(view.source.id), name: facts.nameOf(view.source.id) }),
  id: view.source.id,
  scx: view.scx,
  priority: view.source.priority,
  costMs: view.costMs ?? null,
  path: view.path.slice(0, PATH_MAX),
  audience: view.audience,
  flows: view.flows.map(drawFlow),
});

/** The schema's bound on avoided SCXs; the others are only counted. */
const AVOIDED_MAX = 32;

const drawAvoided = ({ now, times }: GossamerView['avoided']): Pick<ScxStatus, 'avoided'> =>
  times === 0 ? {} : { avoided: { scxs: now.slice(0, AVOIDED_MAX), times } };

const drawDisturbances = (seen: GossamerView['disturbances']): DisturbanceStatus => ({
  failovers: { ...seen.failovers },
  stallMs: Math.round(seen.stallMs),
  repaired: { ...seen.repaired },
  lost: { ...seen.lost },
});

/** An SCX is joining until it has a neighbour or a source, unless others join at it. */
function stateOf(view: GossamerView, isRendezvous: boolean): ScxStatus['state'] {
  if (view.state === 'leaving' || view.state === 'left') return 'leaving';
  const isAlone = view.neighbours.length === 0 && view.sources.length === 0;
  return isAlone && !isRendezvous ? 'joining' : 'running';
}

/** The whole status. */
export function drawStatus(view: GossamerView, own: OwnFacts, facts: SourceFacts): ScxStatus {
  return {
    ...own,
    id: view.self.id,
    overlayAddress: view.self.address,
    state: own.leavesWithinMs === undefined ? stateOf(view, own.rendezvous) : 'leaving',
    membersKnown: view.membersKnown,
    generator: view.generator,
    neighbours: view.neighbours.map(({ member, rttMs, ours }) => ({
      id: member.id,
      address: member.address,
      rttMs,
      ours,
    })),
    sources: view.sources.map((source) => drawSource(source, facts)),
    ...drawAvoided(view.avoided),
    disturbances: drawDisturbances(view.disturbances),
  };
}
