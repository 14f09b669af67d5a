/**
 * The content of routing updates (§3.7): which routes a neighbour is sent. A new edge and each
 * periodic round get the whole table, which replaces the previous one. In between (Beyond) only the
 * changes are sent: control connections lose nothing while the edge exists, so the neighbour's copy
 * stays complete.
 *
 * update-rounds.ts decides when updates are sent.
 */
import type { Message, Route, Withdrawal } from '../core/message.js';
import type { NodeId } from '../core/node.js';

export type Update = Extract<Message, { kind: 'update' }>;

/**
 * A route whose cost has changed by more than this share is advertised before the next round.
 * Guess.
 */
const COST_CHANGE_MIN = 0.1;

/** Below this a change of cost is noise, ms. Guess. */
const COST_NOISE_MS = 1;

const isSamePath = (a: readonly NodeId[], b: readonly NodeId[]): boolean =>
  a.length === b.length && a.every((id, index) => id === b[index]);

/** Whether two routes to an SCX list the same sources: parts of one list may come one by one. */
export const isSameList = (before: Route, after: Route): boolean =>
  before.stamp === after.stamp && before.sources.length === after.sources.length;

export interface Updates {
  /** Whether a route should be advertised before the next round; `route` undefined: it is lost. */
  isNews(scx: NodeId, route: Route | undefined): boolean;
  /** Whether others may depend on that news: it is of the sources, or of our own next hop. */
  isUrgent(scx: NodeId, route: Route | undefined): boolean;
  whole(): Update;
  /** Undefined when nothing has changed. */
  changes(): Update | undefined;
  /** The whole table for a new neighbour, which gets the changes that wait for all again. */
  wholeForOne(): Update;
  /** Notes that all neighbours have been sent an update. */
  onSent(update: Update): void;
}

/** Creates updates; nothing has been advertised yet. @param routes the routes in use */
export function createUpdates(
  routes: () => readonly Route[],
  withdrawn: () => readonly Withdrawal[],
): Updates {
  /** The routes that have been sent to all neighbours; bounded like the table. */
  const sent = new Map<NodeId, Route>();

  /** Source SCXs of which a new neighbour has been sent other news than all; bounded like the table. */
  const sentToOne = new Set<NodeId>();

  const isNews = (scx: NodeId, after: Route | undefined): boolean => {
    if (sentToOne.has(scx)) return true;
    const before = sent.get(scx);
    if (before === undefined || after === undefined) return before !== after;
    if (!isSameList(before, after) || !isSamePath(before.path, after.path)) return true;
    const change = Math.abs(after.costMs - before.costMs);
    return change > COST_CHANGE_MIN * before.costMs + COST_NOISE_MS;
  };

  const whole = (): Update => ({
    ...{ kind: 'update', whole: true, lost: [] },
    routes: routes(),
    withdrawn: withdrawn(),
  });

  return {
    isNews,
    isUrgent: (scx, after) => {
      const before = sent.get(scx);
      if (before === undefined || after === undefined) return before !== after;
      return !isSameList(before, after) || before.path[1] !== after.path[1];
    },
    whole,
    wholeForOne: () => {
      const update = whole();
      const present = new Map(update.routes.map((route) => [route.scx, route]));
      for (const scx of [...sent.keys(), ...present.keys()]) {
        if (isNews(scx, present.get(scx))) sentToOne.add(scx);
      }
      return update;
    },
    changes: () => {
      const present = new Set(routes().map(({ scx }) => scx));
      const update: Update = {
        ...{ kind: 'update', whole: false },
        routes: routes().filter((route) => isNews(route.scx, route)),
        lost: [...new Set([...sent.keys(), ...sentToOne])].filter((scx) => !present.has(scx)),
        withdrawn: withdrawn(),
      };
      const items = update.routes.length + update.lost.length + update.withdrawn.length;
      return items > 0 ? update : undefined;
    },
    onSent: (update) => {
      if (update.whole) sent.clear();
      sentToOne.clear();
      for (const scx of update.lost) sent.delete(scx);
      for (const route of update.routes) sent.set(route.scx, route);
    },
  };
}
