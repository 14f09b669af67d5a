/**
 * The supervisor: which SCXs this cluster runs, and for which sessions. §2.3: the platform
 * "provides the function of creating SCXs when required and ensuring that the SCXs remain available
 * and recover from faults". A machine without I/O; fleet/fleet.ts carries out its effects.
 *
 * The idea: two tables. scx-table.ts holds SCXs, each in one phase; slot-table.ts holds sessions,
 * each of which may need SCXs. Every input changes the tables: requests in answering.ts, lease
 * renewals in renewals.ts, exits in endings.ts, publications here. launching.ts then launches what
 * is needed, watching.ts ends what is dead, and answering.ts answers the requests that wait.
 *
 * The first SCX of a session is its current one: broadcasters, encoders and other clusters are sent
 * to it, and it is the rendezvous point. Further ones are launched when listeners find no room
 * (capacity.ts), or by another front end. They end by themselves when they are empty, and one of
 * them becomes the current one if that dies.
 */
import type { ScxStatus } from '../../api/scx-status.js';
import { unreachable } from '../../lib/assert.js';
import type { Machine } from '../../lib/machine.js';
import { bad, good, type Result } from '../../lib/result.js';
import type { Rng } from '../../lib/rng.js';
import { chooseOverlayPort } from '../ports/port-pairs.js';
import { handleWant } from './answering.js';
import { createAwaitedPorts } from './awaited-ports.js';
import { createEndings, type Endings, handleExited, handleLaunchFailed } from './endings.js';
import { createLaunching, type Launching } from './launching.js';
import { CLOSING, NOT_YET } from './outcomes.js';
import { becomeStopped, handleFound, handleLease } from './renewals.js';
import { createRequestList } from './request-list.js';
import { createScxTable, type TrackedScx } from './scx-table.js';
import { hasRendezvous, isIdle, type SessionSlot } from './session-slot.js';
import { createSlotTable } from './slot-table.js';
import type { SupervisorConfig } from './supervisor-config.js';
import { log, type SupervisorState } from './supervisor-state.js';
import type { InputOf, Succession, SupervisorEffect, SupervisorInput } from './supervisor-types.js';
import { createWatching, type Watching } from './watching.js';

/** The machine, and what the front end asks it. */
export interface Supervisor extends Machine<SupervisorInput, SupervisorEffect> {
  /** Whether there is such an SCX, of this session. */
  knows(id: string, session: string): boolean;
  /** Whether this SCX is its session's rendezvous point here, and lives without clients. */
  keeps(id: string): boolean;
  /** Whether it is a rendezvous point of its session. */
  isRendezvous(id: string): boolean;
  /** Whether it is the present one of its session's first SCXs. */
  isFirst(id: string): boolean;
  /** The launch parameters of this SCX's successor, or the reason why it cannot have one. */
  planSuccessor(id: string): Result<Succession>;
  /** The SCXs whose leases hold, of one session or all, by session and id. */
  statuses(now: number, session?: string): readonly ScxStatus[];
  /** The sessions that have an SCX here, or are about to have one; no renewal is needed for that. */
  sessions(): readonly string[];
  /** Whether it is one of them. */
  has(session: string): boolean;
  /** SCXs that exist as far as is known, in whatever phase. */
  readonly size: number;
}

/** The tables, and the parts that work on them. */
interface Parts {
  readonly state: SupervisorState;
  readonly launching: Launching;
  readonly endings: Endings;
  readonly watching: Watching;
}

function createState(config: SupervisorConfig, effects: SupervisorEffect[]): SupervisorState {
  const tell = (effect: SupervisorEffect): void => void effects.push(effect);
  const requests = createRequestList((request, outcome) =>
    tell({ kind: 'answer', request, outcome }),
  );
  const tables = { scxs: createScxTable(), slots: createSlotTable(config), requests };
  const awaitedPorts = createAwaitedPorts(tell);
  return { config, ...tables, awaitedPorts, stopping: false, tell };
}

function handleKeep({ state, launching }: Parts, input: InputOf<'keep'>, now: number): void {
  const { session, facts } = input;
  const slot = state.slots.open(session, now);
  slot.kept = true;
  slot.facts = facts;
  launching.pump(now);
  const mustWait = slot.current === null && state.scxs.size >= state.config.scxsMax;
  if (mustWait) log(state, 'warn', 'The cluster is full; a published session must wait.', session);
}

function handleUnkeep({ state }: Parts, { session }: InputOf<'unkeep'>, now: number): void {
  const slot = state.slots.get(session);
  if (slot === undefined) return;
  slot.kept = false;
  state.slots.tidy(slot, now);
}

function handleStopAll({ state }: Parts, now: number): void {
  state.stopping = true;
  state.requests.answerDue(Number.POSITIVE_INFINITY, CLOSING);
  for (const scx of state.scxs.all()) if (scx.phase !== 'killed') becomeStopped(state, scx, now);
}

function dispatch(parts: Parts, input: SupervisorInput, now: number): void {
  switch (input.kind) {
    case 'want':
      return handleWant(parts, input, now);
    case 'keep':
      return handleKeep(parts, input, now);
    case 'unkeep':
      return handleUnkeep(parts, input, now);
    case 'lease':
      return handleLease(parts, input, now);
    case 'launchFailed':
      return handleLaunchFailed(parts, input, now);
    case 'exited':
      return handleExited(parts, input, now);
    case 'found':
      return handleFound(parts.state, input, now);
    case 'stopAll':
      return handleStopAll(parts, now);
    default:
      return unreachable(input);
  }
}

function keeps({ scxs, slots }: SupervisorState, id: string): boolean {
  const slot = slots.get(scxs.get(id)?.session ?? '');
  return slot?.current === id && slot.kept;
}

const isRendezvous = (state: SupervisorState, id: string): boolean => {
  const slot = state.slots.get(state.scxs.get(id)?.session ?? '');
  return keeps(state, id) && slot !== undefined && hasRendezvous(slot);
};

const isUsed = (slot: SessionSlot | undefined): boolean => slot !== undefined && !isIdle(slot);

function planSuccessor(state: SupervisorState, id: string): Result<Succession> {
  const { scxs, slots, config } = state;
  const scx = scxs.get(id);
  const facts = slots.get(scx?.session ?? '')?.facts;
  if (scx?.phase !== 'renewing' || scx.status === null) return bad('it is about to end anyway');
  if (facts === null || facts === undefined) return bad('its announcement is not known here');
  const used = scxs.all().map(({ ports }) => ports);
  const overlay = chooseOverlayPort(config.ports, used, scx.ports);
  if (overlay === undefined) return bad('no port is free for a second process: widen --scx-ports');
  const ports = { http: scx.ports.http, overlay };
  return good({ facts, ports, rendezvous: isRendezvous(state, id) });
}

/**
 * Creates a supervisor without SCXs.
 * @param drawId draws node ids that no other SCX has
 */
export function createSupervisor(
  config: SupervisorConfig,
  rng: Rng,
  drawId: () => string,
): Supervisor {
  const effects: SupervisorEffect[] = [];
  const state = createState(config, effects);
  const evict = (scx: TrackedScx, now: number): void => watching.evict(scx, now);
  const launching = createLaunching(state, drawId, evict);
  const endings = createEndings(state, rng);
  const watching = createWatching(state, endings);
  const parts = { state, launching, endings, watching };
  return {
    handle: (input, now) => {
      watching.notice(now);
      dispatch(parts, input, now);
      state.awaitedPorts.settle(state.stopping);
      return effects.splice(0);
    },
    tick: (now) => {
      watching.notice(now);
      watching.look(now);
      state.requests.answerDue(now, NOT_YET);
      launching.pump(now);
      state.awaitedPorts.settle(state.stopping);
      return effects.splice(0);
    },
    deadline() {
      return Math.min(launching.due, watching.due, state.requests.due);
    },
    knows: (id, session) => state.scxs.get(id)?.session === session,
    keeps: (id) => keeps(state, id),
    isRendezvous: (id) => isRendezvous(state, id),
    isFirst: (id) => state.slots.get(state.scxs.get(id)?.session ?? '')?.current === id,
    planSuccessor: (id) => planSuccessor(state, id),
    statuses: (now, session) => state.scxs.statuses(now - config.leaseMs, session),
    sessions: () =>
      state.slots
        .all()
        .filter(isUsed)
        .map(({ session }) => session),
    has: (session) => isUsed(state.slots.get(session)),
    get size() {
      return state.scxs.size;
    },
  };
}
