/**
 * The supervisor's state of one session: whether it must have an SCX, which requests wait for it,
 * and how its SCXs died. Deaths soon after the launch make a restart loop: each of them doubles the
 * wait before the next launch. After a few of them clients are told so at once, if the SCXs do not
 * even come up.
 */

import type { EncoderTitles } from '../../api/encoder-titles.js';
import type { LaunchFacts } from '../../api/scx-launch.js';
import type { ScxStatus } from '../../api/scx-status.js';
import { spreadBackoffMs } from '../../lib/backoff.js';
import type { Rng } from '../../lib/rng.js';
import { urlOf } from '../../lib/url-path.js';
import type { Origin } from '../places/places.js';
import type { Ports } from '../ports/port-pairs.js';
import type { SupervisorConfig } from './supervisor-config.js';

export interface SessionSlot {
  readonly session: string;
  /** Null if no client has asked for the session since its SCX was adopted. */
  facts: LaunchFacts | null;
  /**
   * It always has an SCX here: it is published here (§3.4), or is the directory in which this cluster takes
   * part. Other sessions are foreign.
   */
  kept: boolean;
  /** The client that asked for it when it had no SCX; '' if unknown. */
  client: string;
  /** Its SCX crashed while it had clients: launch one for the clients that come back. */
  restart: boolean;
  /** Where another SCX with clients crashed while the session has one: launch one there, too. */
  furtherRestart: Ports | null;
  /** Its first SCX: the rendezvous point if it is kept. Further ones are for listeners. */
  current: string | null;
  /** Requests that wait; bounded by `waitingMax` over all sessions. */
  readonly waiting: Set<number>;
  /** Quick deaths in a row. */
  deaths: number;
  /** A sentence about the last one. */
  lastDeath: string;
  /** Whether the SCX that died last had come up: then the session can run here. */
  cameUp: boolean;
  /** No launch before this instant. */
  retryAt: number;
  /** Where its SCX listened last: its clients connect to these again. */
  ports: Ports | null;
  /** Its neighbours when it died: the next SCX joins among them at once. */
  formerNeighbours: ScxStatus['neighbours'];
  /** What it remembered of its encoders. */
  encoderTitles: EncoderTitles;
  /** Its newest segment of HLS. */
  segment: ScxStatus['segment'];
  /** Port pairs found taken, in a row. */
  portTries: number;
}

/** Creates a session without history. */
export const createSlot = (session: string): SessionSlot => ({
  session,
  facts: null,
  kept: false,
  client: '',
  restart: false,
  furtherRestart: null,
  current: null,
  waiting: new Set(),
  deaths: 0,
  lastDeath: '',
  cameUp: false,
  retryAt: 0,
  ports: null,
  formerNeighbours: [],
  encoderTitles: [],
  segment: undefined,
  portTries: 0,
});

/** Whether it has no SCX and needs one, now or as soon as its backoff has passed. */
export const needsFirst = (slot: SessionSlot): boolean =>
  slot.current === null &&
  slot.facts !== null &&
  (slot.kept || slot.restart || slot.waiting.size > 0);

/** Whether one is to be launched beside others, for clients that come back to its port. */
export const needsAgain = (slot: SessionSlot): boolean =>
  slot.furtherRestart !== null && slot.facts !== null;

/** The session has no SCX any more: the one that was to be launched beside others is its first. */
export function becomeOnlyRestart(slot: SessionSlot): void {
  if (slot.current !== null || slot.furtherRestart === null || needsFirst(slot)) return;
  slot.restart = true;
  slot.ports = slot.furtherRestart;
  slot.furtherRestart = null;
}

/** The host of an announcement's URL; '' without one, or if it is published here. */
export const serverOf = (facts: LaunchFacts | null): string =>
  urlOf(facts?.announcement ?? '')?.hostname ?? '';

/** What causes the launches of a session. */
export const originOf = ({ kept, client, facts }: SessionSlot): Origin =>
  kept ? { client: '', server: '' } : { client, server: serverOf(facts) };

/** Whether its first SCX is a rendezvous point (§3.4). */
export const hasRendezvous = ({ kept, facts }: SessionSlot): boolean =>
  kept && facts?.announcement === undefined;

/** Whether the slot holds nothing but a record of deaths. */
export const isIdle = (slot: SessionSlot): boolean =>
  slot.current === null && !slot.kept && !slot.restart && slot.waiting.size === 0;

/**
 * A client came with an announcement of the session. One that is published here has precedence, and
 * an older one changes nothing.
 */
export function learn(slot: SessionSlot, facts: LaunchFacts): void {
  const issuedMs = slot.facts?.access.issuedMs ?? Number.NEGATIVE_INFINITY;
  if (slot.kept || facts.access.issuedMs < issuedMs) return;
  slot.facts = facts;
}

/** Whether its SCXs cannot be expected to come up at all. */
const isHopeless = ({ deaths, cameUp }: SessionSlot, { quickDeathsMax }: SupervisorConfig) =>
  deaths >= quickDeathsMax && !cameUp;

/** Whether its SCXs fail again and again to come up, and the next launch is still to come. */
export const isFailing = (slot: SessionSlot, config: SupervisorConfig, now: number): boolean =>
  slot.current === null && isHopeless(slot, config) && slot.retryAt > now;

/** The wait after quick deaths in a row (>= 1), ms. */
function waitMs({ deaths, cameUp }: SessionSlot, config: SupervisorConfig, rng: Rng): number {
  const { backoffMinMs: firstMs, backoffHeldMs, backoffMaxMs } = config;
  const lastMs = cameUp ? backoffHeldMs : backoffMaxMs;
  return spreadBackoffMs({ firstMs, lastMs }, deaths - 1, rng.unit());
}

/**
 * Counts a death: a quick one is added to the session's record, a late one clears it. The first
 * quick death of an SCX that had come up costs no wait: its listeners are on their way back.
 */
export function recordDeath(
  slot: SessionSlot,
  death: { readonly livedMs: number; readonly cameUp: boolean; readonly reason: string },
  config: SupervisorConfig,
  rng: Rng,
  now: number,
): void {
  const quick = death.livedMs < config.quickDeathMs;
  slot.lastDeath = death.reason;
  slot.cameUp = death.cameUp;
  slot.portTries = 0;
  slot.deaths = quick ? slot.deaths + 1 : 0;
  const waits = quick && (slot.deaths > 1 || !death.cameUp);
  slot.retryAt = waits ? now + waitMs(slot, config, rng) : now;
  if (!isHopeless(slot, config)) return;
  slot.restart = false;
  slot.furtherRestart = null;
}
