/**
 * The reports that the two ends of an edge exchange with their keep-alives (Beyond §3.6): the value
 * of the edge to the sender, and how many SCXs each source reaches through the sender over this
 * edge. The sum of these loads weights the sources. The gain or loss of a whole subtree is
 * therefore known to the node that decides about an edge.
 *
 * Bounded by the mesh: one report from each neighbour, and one to it.
 */
import type { GossamerConfig } from '../core/config.js';
import type { Heir, Load } from '../core/message.js';
import type { NodeId } from '../core/node.js';
import type { RouteOffer } from '../routing/route-offer.js';
import { edgeValueMs, marginMs, STRANDED_MS, type Weights } from './edge-value.js';
import { findPromotion, type Promotion, type PromotionView } from './promotion.js';

/** The report about one edge. */
interface EdgeReport {
  /** The value of the edge to the sender, ms. */
  readonly worthMs: number;
  readonly loads: readonly Load[];
  /** A child to which the sender would yield its place at its parent; told to both. */
  readonly heir: Heir | null;
}

/** A value that has changed by more than this share is reported at once. Guess. */
const CHANGE_MIN = 0.2;

/**
 * SCXs that a neighbour is believed to serve with a source, at most. Reports can be invented, and
 * they weight all our decisions about edges: one cannot serve more SCXs than the session has, as far
 * as we know it. Guess for a session of which we know only a part: more than any has.
 */
const LOAD_MAX = 10_000;

const hasChanged = (before: number, after: number): boolean =>
  Math.abs(after - before) > CHANGE_MIN * before;

const isNews = (before: EdgeReport, after: EdgeReport): boolean =>
  hasChanged(before.worthMs, after.worthMs) ||
  before.heir?.id !== after.heir?.id ||
  before.loads.length !== after.loads.length ||
  after.loads.some(({ scx, scxs }, index) => {
    const other = before.loads[index];
    return other?.scx !== scx || hasChanged(other.scxs, scxs);
  });

const isSameHeir = (a: Heir | null, b: Heir | null): boolean =>
  a?.id === b?.id && a?.scxs === b?.scxs && a?.distanceMs === b?.distanceMs;

const isSame = (a: EdgeReport, b: EdgeReport): boolean =>
  a.worthMs === b.worthMs &&
  isSameHeir(a.heir, b.heir) &&
  a.loads.length === b.loads.length &&
  a.loads.every(({ scx, scxs }, at) => scx === b.loads[at]?.scx && scxs === b.loads[at]?.scxs);

/** The state from which reports are made. */
export interface EdgeReportsView extends Omit<PromotionView, 'loads'> {
  /** Figure 4's Λ without X_j: the same array until something changes. */
  lambda(): RouteOffer[];
  /** The source SCXs that we reach over that neighbour. */
  reachedOver(id: NodeId): NodeId[];
  /** The source SCXs in our routing table, we ourselves excluded. */
  sources(): NodeId[];
  isNeighbour(id: NodeId): boolean;
  /** Whether a neighbour has broken its promise of late: its reports do not count. */
  isAvoided(id: NodeId): boolean;
  /** Whether ADUs come over a neighbour that routing no longer chooses: nobody else delivers yet. */
  isInUse(id: NodeId): boolean;
  /** SCXs in the session; undefined: we know only a part of it. */
  sessionSize(): number | undefined;
}

/** The basis of all reports: the same object while neither Λ nor a neighbour's report changes. */
interface Basis {
  readonly lambda: RouteOffer[];
  readonly weights: Weights;
  readonly promotion: Promotion | undefined;
  /** By neighbour: its report, as long as no ADUs come over it in spite of routing. */
  readonly drawn: Map<NodeId, EdgeReport>;
}

/** A report that was sent, and the last basis on which it was found to be up to date. */
interface SentReport {
  readonly report: EdgeReport;
  basis: Basis;
}

export interface EdgeReports {
  /** Draws the report that a neighbour is sent with this keep-alive. */
  send(id: NodeId): EdgeReport;
  /** Whether the report to a neighbour has changed much since it was sent last. */
  hasNews(id: NodeId): boolean;
  handle(from: NodeId, report: EdgeReport): void;
  forget(id: NodeId): void;
  /** The last report of a neighbour. */
  received(id: NodeId): EdgeReport | undefined;
  weights(): Weights;
}

/** Creates reports; no neighbour has reported anything. */
export function createEdgeReports(config: GossamerConfig, view: EdgeReportsView): EdgeReports {
  const received = new Map<NodeId, EdgeReport>();
  const sent = new Map<NodeId, SentReport>();
  let basis: Basis | undefined;

  const sumLoads = (): Weights => {
    const sum = new Map(view.sources().map((scx) => [scx, 1]));
    const most = view.sessionSize() ?? LOAD_MAX;
    for (const [id, { loads }] of received) {
      if (view.isAvoided(id)) continue;
      for (const { scx, scxs } of loads) {
        const own = sum.get(scx);
        if (own !== undefined) sum.set(scx, own + Math.min(scxs, most));
      }
    }
    return sum;
  };

  const promotion = (lambda: RouteOffer[], weights: Weights): Promotion | undefined => {
    if (!config.promotes) return undefined;
    const loads = () =>
      [...received]
        .filter(([id]) => !view.isAvoided(id))
        .map(([id, report]) => [id, report.loads] as const);
    return findPromotion({ ...view, loads }, weights, marginMs(lambda, weights, config.gainLeast));
  };

  /** The heir, if that neighbour is the heir itself or our parent that is to know of it. */
  const heirFor = (id: NodeId): Heir | null => {
    const found = currentBasis().promotion;
    return found?.parent === id || found?.heir.id === id ? found.heir : null;
  };

  const currentBasis = (): Basis => {
    const lambda = view.lambda();
    if (basis?.lambda !== lambda) {
      const weights = sumLoads();
      basis = { lambda, weights, promotion: promotion(lambda, weights), drawn: new Map() };
    }
    return basis;
  };

  const weights = (): Weights => currentBasis().weights;

  /** What follows from the basis alone. */
  const drawAnew = (id: NodeId, { lambda, weights: current }: Basis): EdgeReport => ({
    worthMs: edgeValueMs(id, lambda, current),
    loads: view.reachedOver(id).map((scx) => ({ scx, scxs: current.get(scx) ?? 1 })),
    heir: heirFor(id),
  });

  const draw = (id: NodeId): EdgeReport => {
    const present = currentBasis();
    // Speed only: keep-alives are frequent, and most repeat the last report.
    const report = present.drawn.get(id) ?? drawAnew(id, present);
    present.drawn.set(id, report);
    if (report.worthMs >= STRANDED_MS || !view.isInUse(id)) return report;
    return { ...report, worthMs: STRANDED_MS };
  };

  return {
    send: (id) => {
      const report = draw(id);
      sent.set(id, { report, basis: currentBasis() });
      return report;
    },
    hasNews: (id) => {
      const before = sent.get(id);
      if (before === undefined) return true;
      // Speed only: the same basis gives the same report.
      if (before.basis === currentBasis()) return false;
      before.basis = currentBasis();
      return isNews(before.report, draw(id));
    },
    handle: (from, report) => {
      const before = received.get(from);
      // Speed only: the same report gives the same weights.
      if (before !== undefined && isSame(before, report)) return;
      if (!view.isNeighbour(from)) return;
      received.set(from, report);
      basis = undefined;
    },
    forget: (id) => {
      received.delete(id);
      sent.delete(id);
      basis = undefined;
    },
    received: (id) => received.get(id),
    weights,
  };
}
