/**
 * Checks from outside that a session is whole: its trees, its mesh, its heartbeat. After a fault
 * the three recover at different speeds, so the report has an instant for each. Only live SCXs
 * count: an edge or a parent that is dead makes a session incomplete, whatever its neighbours
 * believe.
 */
import type { NodeId, SourceId } from '../../gossamer/core/node.js';
import type { GossamerView } from '../../gossamer/view.js';
import type { SimulatedScx } from '../world/simulated-scx.js';
import type { World } from '../world/world.js';

interface Wholeness {
  /** From every live SCX the parents of every source lead, over live SCXs, to the source SCX. */
  readonly tree: boolean;
  /** All live SCXs are one mesh, both ends of each edge agree, and no edge leads to a dead SCX. */
  readonly mesh: boolean;
  /** All live SCXs follow one heartbeat. */
  readonly heartbeat: boolean;
}

type Views = ReadonlyMap<NodeId, GossamerView>;

const parentOf = (view: GossamerView, source: SourceId): NodeId | undefined =>
  view.sources.find((known) => known.source.id === source)?.flows[0]?.parent;

function isTreeWhole(views: Views, source: SourceId, root: NodeId): boolean {
  const fed = new Set([root]);
  for (const start of views.values()) {
    const trail = new Set<NodeId>();
    let at: NodeId | undefined = start.self.id;
    while (at !== undefined && !fed.has(at)) {
      const view: GossamerView | undefined = views.get(at);
      if (view === undefined || trail.has(at)) return false;
      trail.add(at);
      at = parentOf(view, source);
    }
    if (at === undefined) return false;
    for (const id of trail) fed.add(id);
  }
  return true;
}

/** The SCXs that the mesh reaches from one of them. */
export function reachedFrom(views: Views, start: NodeId): Set<NodeId> {
  const reached = new Set<NodeId>();
  const todo = [start];
  for (let id = todo.pop(); id !== undefined; id = todo.pop()) {
    const view = views.get(id);
    if (view === undefined || reached.has(id)) continue;
    reached.add(id);
    todo.push(...view.neighbours.map(({ member }) => member.id));
  }
  return reached;
}

function isMeshWhole(views: Views): boolean {
  const [first] = views.keys();
  if (first === undefined || reachedFrom(views, first).size < views.size) return false;
  const isMutual = (view: GossamerView): boolean =>
    view.neighbours.every(({ member }) =>
      views.get(member.id)?.neighbours.some((other) => other.member.id === view.self.id),
    );
  return [...views.values()].every(isMutual);
}

/** The views of all live SCXs that do not lie. */
export const liveViews = (world: World): Views =>
  new Map(
    world.honest().map(({ gossamer }) => {
      const view = gossamer.view();
      return [view.self.id, view];
    }),
  );

/** Each source with the SCX where it is attached. */
export type Attached = ReadonlyMap<SourceId, SimulatedScx>;

/** How whole the session is now. */
function wholenessOf(world: World, sources: Attached): Wholeness {
  const views = liveViews(world);
  const generators = new Set([...views.values()].map(({ generator }) => generator));
  return {
    tree: [...sources].every(([source, { gossamer }]) =>
      isTreeWhole(views, source, gossamer.self().id),
    ),
    mesh: isMeshWhole(views),
    heartbeat: generators.size === 1 && !generators.has(null),
  };
}

/** When each part of the session was whole again, ms after the faults; null: not by the end. */
export type WholeAgain = Readonly<Record<keyof Wholeness, number | null>>;

/** Interval between two looks, ms. */
const SAMPLE_MS = 100;

/** Looks at the session from `sinceMs` on until all parts are whole. Call the result at the end. */
export function watchWholeness(world: World, sources: Attached, sinceMs: number): () => WholeAgain {
  const instants = new Map<keyof Wholeness, number>();
  const look = (): void => {
    const now = wholenessOf(world, sources);
    for (const part of ['tree', 'mesh', 'heartbeat'] as const) {
      if (now[part] && !instants.has(part)) instants.set(part, world.now() - sinceMs);
    }
    if (instants.size < 3) world.at(world.now() + SAMPLE_MS, look);
  };
  world.at(sinceMs, look);
  const instantOf = (part: keyof Wholeness): number | null => instants.get(part) ?? null;
  return () => ({
    tree: instantOf('tree'),
    mesh: instantOf('mesh'),
    heartbeat: instantOf('heartbeat'),
  });
}
