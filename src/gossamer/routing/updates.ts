/**
 * What an SCX tells its neighbours of its routes (§3.7): the whole table when an edge is new and in each
 * round, which replaces the neighbour's previous word. In between (Beyond) only what has changed is told:
 * over connections that lose nothing while the edge exists, that is enough.
 */
import type { Message, Route, Withdrawal } from '../core/message.js';
import type { NodeId } from '../core/node.js';

export type Update = Extract<Message, { kind: 'update' }>;

/** A path that costs this much more or less than told is told anew before the next round. Guess. */
const COST_CHANGE_TOLD = 0.1;

/** Below this a change is noise, ms. Guess. */
const COST_NOISE_MS = 1;

const isSamePath = (a: readonly NodeId[], b: readonly NodeId[]): boolean =>
  a.length === b.length && a.every((id, index) => id === b[index]);

export interface Updates {
  /** Whether neighbours should hear of a route before the next round; undefined: it is lost. */
  isNews(scx: NodeId, route: Route | undefined): boolean;
  whole(): Update;
  /** Undefined when there is nothing to tell. */
  changes(): Update | undefined;
  /** All neighbours have been told. */
  onTold(update: Update): void;
}

/** Nothing was told yet. `routes` are those in use. */
export function createUpdates(
  routes: () => readonly Route[],
  withdrawn: () => readonly Withdrawal[],
): Updates {
  /** What all neighbours have been told; bounded like the table. */
  const told = new Map<NodeId, Route>();

  const isNews = (scx: NodeId, after: Route | undefined): boolean => {
    const before = told.get(scx);
    if (before === undefined || after === undefined) return before !== after;
    if (before.stamp !== after.stamp || !isSamePath(before.path, after.path)) return true;
    const change = Math.abs(after.costMs - before.costMs);
    return change > COST_CHANGE_TOLD * before.costMs + COST_NOISE_MS;
  };

  return {
    isNews,
    whole: () => ({
      ...{ kind: 'update', whole: true, lost: [] },
      routes: routes(),
      withdrawn: withdrawn(),
    }),
    changes: () => {
      const present = new Set(routes().map(({ scx }) => scx));
      const update: Update = {
        ...{ kind: 'update', whole: false },
        routes: routes().filter((route) => isNews(route.scx, route)),
        lost: [...told.keys()].filter((scx) => !present.has(scx)),
        withdrawn: withdrawn(),
      };
      const items = update.routes.length + update.lost.length + update.withdrawn.length;
      return items > 0 ? update : undefined;
    },
    onTold: (update) => {
      if (update.whole) told.clear();
      for (const scx of update.lost) told.delete(scx);
      for (const route of update.routes) told.set(route.scx, route);
    },
  };
}
