/**
 * Which edges are worth having (Beyond §3.6). Few nodes lie well, and in the paper they stay full of
 * whoever came first. Here a full node gives up the neighbour that loses least, when the one that
 * asks for its place gains more:
 *
 *   gain  what the asker, and all that it serves, would have nearer to the sources
 *   loss  what both ends of an edge would lose without it: each knows its own part, and tells it
 *
 * A neighbour that loses its place often finds one as good below the node that took it: when that is
 * nearer than what it has in reserve, its loss is the detour over the newcomer. Where either end has no
 * reserve the edge stays: nobody is to lose its way, whatever gain somebody claims. So far places move
 * out, near ones in, and a compact tree grows without anybody seeing it.
 *
 * An edge counts as added (k1) at one end and as accepted (k2) at the other; which, the two agree on.
 */
import type { Context } from '../core/context.js';
import { foretoldMs } from '../core/coordinates.js';
import type { EdgeOffer, Load } from '../core/message.js';
import type { NodeId, Place } from '../core/node.js';
import type { Candidate } from './cost-function.js';
import { gainMs, isOnlyWay, needMs, STRANDED_MS, type Weights, worthMs } from './edge-value.js';
import type { Grant, Mesh } from './mesh.js';

/** A gain must exceed so much, lest noise move edges: ms for each SCX served. Guess. */
const GAIN_LEAST_MS = 0.5;

/** An edge this young has not shown yet what it is worth, ms. Guess: a few round trips. */
const PROBATION_MS = 1000;

/** Places that are wrong by more foretell no detour. Guess. */
const ERROR_MAX = 0.5;

interface Told {
  readonly worthMs: number;
  readonly loads: readonly Load[];
}

/** A change of more than this share is told at once. Guess. */
const CHANGE_TOLD = 0.2;

const hasChanged = (before: number, after: number): boolean =>
  Math.abs(after - before) > CHANGE_TOLD * before;

const isNews = (before: Told, after: Told): boolean =>
  hasChanged(before.worthMs, after.worthMs) ||
  before.loads.length !== after.loads.length ||
  after.loads.some(({ scx, scxs }, index) => {
    const other = before.loads[index];
    return other?.scx !== scx || hasChanged(other.scxs, scxs);
  });

const isSame = (a: Told, b: Told): boolean =>
  a.worthMs === b.worthMs &&
  a.loads.length === b.loads.length &&
  a.loads.every(({ scx, scxs }, at) => scx === b.loads[at]?.scx && scxs === b.loads[at]?.scxs);

/** What the rule needs to know of routing and of places. */
export interface WorthView {
  lambda(): Candidate[];
  /** The source SCXs that we reach over that neighbour. */
  reachedOver(id: NodeId): NodeId[];
  sources(): NodeId[];
  /** Whether no source is known, not even our own: nothing tells what an edge is worth. */
  isIdle(): boolean;
  place(id: NodeId): Place;
  rttMs(id: NodeId): number | undefined;
  /** The neighbour that brings the heartbeat. */
  bearer(): NodeId | undefined;
}

/** What edges are weighed with, for as long as neither changes. */
interface Scales {
  readonly lambda: Candidate[];
  readonly weights: Weights;
}

/** What a neighbour was told last, and with which scales there was no news for it. */
interface Said {
  readonly word: Told;
  scales: Scales;
}

/** Which of our edges goes, and what is lost with it. */
interface Victim {
  readonly id: NodeId;
  readonly lossMs: number;
}

export interface Worth {
  /** What a neighbour hears of the edge with each keep-alive. */
  tell(id: NodeId): Told;
  /** Whether that has changed much since it was told last. */
  hasNews(id: NodeId): boolean;
  handleTold(id: NodeId, told: Told): void;
  forget(id: NodeId): void;
  /** How much nearer a candidate would bring the sources, less what a move must gain, ms. */
  gainMs(candidate: Candidate): number;
  /** Estimated likewise from costs that need not be true, for the choice of candidates. */
  weights(): Weights;
  /** The edge of ours to give up for a candidate, and what is then gained; undefined: none. */
  replacement(candidate: Candidate): { readonly id: NodeId; readonly gainMs: number } | undefined;
  /** Whether and how an edge is granted. */
  grant(offer: EdgeOffer, now: number): Grant | undefined;
}

/** Nothing was told yet. */
export function createWorth(context: Context, mesh: () => Mesh, view: WorthView): Worth {
  const { config } = context;
  /** Bounded by the mesh. */
  const told = new Map<NodeId, Told>();
  const said = new Map<NodeId, Said>();
  /** What edges are worth now; undefined: neighbours have told something new. */
  let scales: Scales | undefined;

  const addLoads = (): Weights => {
    const found = new Map(view.sources().map((scx) => [scx, 1]));
    for (const { loads } of told.values()) {
      for (const { scx, scxs } of loads) {
        const own = found.get(scx);
        if (own !== undefined) found.set(scx, own + scxs);
      }
    }
    return found;
  };

  /** Nothing but Λ and the words of neighbours changes what edges are worth. */
  const currentScales = (): Scales => {
    const lambda = view.lambda();
    if (scales?.lambda !== lambda) scales = { lambda, weights: addLoads() };
    return scales;
  };

  const weights = (): Weights => currentScales().weights;

  const marginMs = (weighing: Weights): number => {
    let scxs = 0;
    for (const weight of weighing.values()) scxs += weight;
    return Math.max(GAIN_LEAST_MS * scxs, config.gainLeast * needMs(view.lambda(), weighing));
  };

  const gain = (candidate: Candidate): number => {
    const weighing = weights();
    return gainMs(candidate, view.lambda(), weighing) - marginMs(weighing);
  };

  const isKept = (id: NodeId): boolean =>
    config.keepHeartbeatEdge && view.isIdle() && id === view.bearer();

  const replacement: Worth['replacement'] = (candidate) => {
    const lambda = view.lambda();
    const weighing = weights();
    const now = needMs(lambda, weighing) - marginMs(weighing);
    let best: { readonly id: NodeId; readonly gainMs: number } | undefined;
    for (const [id, { ours }] of mesh().neighbours) {
      if (!ours) continue;
      const after = [...lambda.filter((offer) => offer.id !== id), candidate];
      const lossMs = told.get(id)?.worthMs ?? Number.POSITIVE_INFINITY;
      const gained = now - needMs(after, weighing) - lossMs;
      if (gained > (best?.gainMs ?? 0)) best = { id, gainMs: gained };
    }
    return best;
  };

  /** What the sources that a neighbour takes from us cost more over the newcomer, ms. */
  const detourMs = (id: NodeId, { rttMs, place }: EdgeOffer): number => {
    const own = view.place(id);
    if (own.error > ERROR_MAX || place.error > ERROR_MAX) return Number.POSITIVE_INFINITY;
    const detour = rttMs / 2 + foretoldMs(own, place);
    const longer = detour - (view.rttMs(id) ?? 0) / 2;
    const loads = told.get(id)?.loads ?? [];
    return loads.reduce((sum, { scxs }) => sum + scxs * Math.max(0, longer), 0);
  };

  const leastLoss = (ours: boolean, offer: EdgeOffer, now: number): Victim | undefined => {
    const lambda = view.lambda();
    const weighing = weights();
    let least: Victim | undefined;
    for (const [id, neighbour] of mesh().neighbours) {
      const heard = told.get(id);
      if (neighbour.ours !== ours || isKept(id) || heard === undefined) continue;
      if (now - neighbour.sinceMs < PROBATION_MS || heard.worthMs >= STRANDED_MS) continue;
      if (isOnlyWay(id, lambda, weighing)) continue;
      const theirs = Math.min(heard.worthMs, detourMs(id, offer));
      const lossMs = theirs + worthMs(id, lambda, weighing);
      if (lossMs < (least?.lossMs ?? Number.POSITIVE_INFINITY)) least = { id, lossMs };
    }
    return least;
  };

  const option = (
    reversed: boolean,
    gained: number | null,
    hasRoom: boolean,
    offer: EdgeOffer,
    now: number,
  ): (Grant & { readonly netMs: number }) | undefined => {
    if (gained === null) return undefined;
    if (hasRoom) return { reversed, victim: undefined, netMs: gained };
    if (!config.evict || gained <= 0) return undefined;
    const victim = leastLoss(reversed, offer, now);
    if (victim === undefined || victim.lossMs >= gained) return undefined;
    return { reversed, victim: victim.id, netMs: gained - victim.lossMs };
  };

  const draw = (id: NodeId): Told => {
    const weighing = weights();
    const loads = view.reachedOver(id).map((scx) => ({ scx, scxs: weighing.get(scx) ?? 1 }));
    return { worthMs: worthMs(id, view.lambda(), weighing), loads };
  };

  return {
    tell: (id) => {
      const word = draw(id);
      said.set(id, { word, scales: currentScales() });
      return word;
    },
    hasNews: (id) => {
      const before = said.get(id);
      if (before === undefined) return true;
      if (before.scales === currentScales()) return false;
      before.scales = currentScales();
      return isNews(before.word, draw(id));
    },
    handleTold: (id, heard) => {
      const before = told.get(id);
      if (before !== undefined && isSame(before, heard)) return;
      if (!mesh().neighbours.has(id)) return;
      told.set(id, heard);
      scales = undefined;
    },
    forget: (id) => {
      told.delete(id);
      said.delete(id);
      scales = undefined;
    },
    gainMs: gain,
    weights,
    replacement,
    grant: (offer, now) => {
      const add = option(false, offer.addGainMs, mesh().canAccept(), offer, now);
      const accept = option(true, offer.acceptGainMs, mesh().room() > 0, offer, now);
      if (accept === undefined || (add !== undefined && add.netMs >= accept.netMs)) return add;
      return accept;
    },
  };
}
