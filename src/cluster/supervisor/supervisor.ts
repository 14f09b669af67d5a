/**
 * The supervisor: which SCXs this cluster runs, and for whom. §2.3: the platform "provides the
 * function of creating SCXs when required and ensuring that the SCXs remain available and recover
 * from faults". A machine without I/O; fleet.ts carries out what it says.
 *
 * The idea: two tables. scx-table.ts holds SCXs, each in one phase; slot-table.ts holds sessions,
 * each of which may need SCXs. Whatever happens changes the tables, here; launching.ts then
 * launches what is needed, watching.ts ends what is dead, seating.ts answers who waits.
 *
 * The first SCX of a session is its current one: sources and other clusters get it, and it is
 * the rendezvous point. Further ones are launched when listeners find no room (places.ts), or by
 * another front end. They end by themselves when they are empty, and one of them takes over if
 * the current one dies.
 */

import type { ScxStatus } from '../../api/scx-status.js';
import { unreachable } from '../../lib/assert.js';
import type { Machine } from '../../lib/machine.js';
import type { Rng } from '../../lib/rng.js';
import { EXIT } from '../../lib/user-error.js';
import { answerOne, answerWaiting } from './answering.js';
import { settleReservations } from './capacity.js';
import { createLaunching } from './launching.js';
import { CLOSING, FULL, failing, NOT_YET, seconds } from './outcomes.js';
import { chooseOverlayPort, portsOf } from './port-pairs.js';
import { createRequestList } from './request-list.js';
import { createScxTable, type TrackedScx } from './scx-table.js';
import { isFailing, learn } from './session-slot.js';
import { createSlotTable } from './slot-table.js';
import type { SupervisorConfig } from './supervisor-config.js';
import { log, type SupervisorState } from './supervisor-state.js';
import type { Succession, SupervisorEffect, SupervisorInput } from './supervisor-types.js';
import { createWatching } from './watching.js';

/** The machine, and what the lease route asks it. */
export interface Supervisor extends Machine<SupervisorInput, SupervisorEffect> {
  /** Whether there is such an SCX, of this session. */
  knows(id: string, session: string): boolean;
  /** Whether this SCX is its session's rendezvous point here, and lives without clients. */
  keeps(id: string): boolean;
  /** With what an SCX could be succeeded; a sentence why not. */
  planSuccessor(id: string): Succession | string;
  /** SCXs that exist as far as is known, in whatever phase. */
  readonly size: number;
}

type Of<Kind extends SupervisorInput['kind']> = Extract<SupervisorInput, { kind: Kind }>;

/** How an SCX ended; nothing if nobody saw it, because it was not our child. */
function cause({ code, signal }: Of<'exited'>): string {
  if (signal !== null) return ` by ${signal}`;
  return code === null ? '' : ` with exit code ${code}`;
}

function createState(config: SupervisorConfig, effects: SupervisorEffect[]): SupervisorState {
  const tell = (effect: SupervisorEffect): void => void effects.push(effect);
  const requests = createRequestList((request, outcome) =>
    tell({ kind: 'answer', request, outcome }),
  );
  const tables = { scxs: createScxTable(), slots: createSlotTable(config), requests };
  return { config, ...tables, stopping: false, tell };
}

/** A supervisor without SCXs. `drawId` gives node ids that nobody else draws: 16 hex digits. */
export function createSupervisor(
  config: SupervisorConfig,
  rng: Rng,
  drawId: () => string,
): Supervisor {
  const effects: SupervisorEffect[] = [];
  const state = createState(config, effects);
  const { scxs, slots, requests } = state;
  const launching = createLaunching(state, drawId);
  const watching = createWatching(state, rng);

  const handleWant = (input: Of<'want'>, now: number): void => {
    const { request, session, facts, isListener, timeoutMs, unreserved = false } = input;
    if (state.stopping) return requests.answer(request, CLOSING);
    const slot = slots.open(session, now);
    if (facts !== null) learn(slot, facts);
    if (isFailing(slot, config, now)) return requests.answer(request, failing(slot, now));
    const outcome = answerOne(state, slot, isListener, now, unreserved);
    const mayWait = slot.facts !== null && requests.size < config.waitingMax;
    if (outcome !== undefined) requests.answer(request, outcome);
    else if (!mayWait) requests.answer(request, FULL);
    else requests.add(request, { slot, isListener, until: now + timeoutMs });
    launching.pump(now);
    slots.tidy(slot, now);
  };

  const handleKeep = ({ session, facts }: Of<'keep'>, now: number): void => {
    const slot = slots.open(session, now);
    slot.kept = true;
    slot.facts = facts;
    launching.pump(now);
    const crowded = slot.current === null && scxs.size >= config.scxsMax;
    if (crowded) log(state, 'warn', 'The cluster is full; a published session must wait.', session);
  };

  const handleUnkeep = ({ session }: Of<'unkeep'>, now: number): void => {
    const slot = slots.get(session);
    if (slot === undefined) return;
    slot.kept = false;
    slots.tidy(slot, now);
  };

  /** An SCX that another front end launched, or that was launched in an earlier life. */
  const adopt = (status: ScxStatus, now: number): TrackedScx | undefined => {
    if (scxs.size >= config.trackedMax) return undefined;
    const { id, session } = status;
    const ports = portsOf(status) ?? { http: 0, overlay: 0 };
    log(state, 'info', 'An SCX that was not known here renewed its lease.', session);
    const due = now + config.leaseMs;
    return scxs.add({ id, session, since: now, ports, phase: 'renewing', due });
  };

  const becomeRenewing = (scx: TrackedScx, now: number): void => {
    const slot = slots.open(scx.session, now);
    if (scx.phase === 'launching') slot.portTries = 0;
    scx.phase = 'renewing';
    scx.due = now + config.leaseMs;
    if (scxs.get(slot.current)?.phase !== 'renewing') slot.current = scx.id;
    slot.restart = false;
    answerWaiting(state, slot, now);
  };

  const handleLease = ({ status }: Of<'lease'>, now: number): void => {
    const scx = scxs.get(status.id) ?? adopt(status, now);
    if (scx === undefined || scx.phase === 'killed' || scx.session !== status.session) return;
    settleReservations(scx, status.listeners, now - config.reservationMs);
    scx.status = status;
    if (scx.ports.http === 0) scx.ports = portsOf(status) ?? scx.ports;
    const leavingMs = config.leavingMs + (status.leavesWithinMs ?? 0);
    if (status.state === 'leaving') watching.becomeLeaving(scx, leavingMs, now);
    else if (scx.phase !== 'leaving') becomeRenewing(scx, now);
    launching.pump(now);
  };

  const handleFound = ({ id, session, facts, ports }: Of<'found'>, now: number): void => {
    if (scxs.get(id) !== undefined || scxs.size >= config.trackedMax) return;
    const due = now + config.leaseMs;
    scxs.add({ id, session, since: now, ports, phase: 'renewing', due });
    const slot = slots.open(session, now);
    slot.facts ??= facts;
    slot.current ??= id;
  };

  const handleExited = (input: Of<'exited'>, now: number): void => {
    const { id, code } = input;
    const scx = scxs.get(id);
    if (scx === undefined) return;
    const early = scx.phase === 'launching';
    if (early && code === EXIT.bind && launching.retryElsewhere(scx, now)) return;
    const reason = `The session's SCX ended${cause(input)} after ${seconds(now - scx.since)}.`;
    const normal = code === 0 && !early && scx.doom === '';
    watching.onEnd({ scx, reason: scx.doom || reason, normal }, now);
    launching.pump(now);
  };

  const handleLaunchFailed = ({ id, reason }: Of<'launchFailed'>, now: number): void => {
    const scx = scxs.get(id);
    if (scx === undefined) return;
    const told = `The session's SCX could not be started: ${reason}.`;
    watching.onEnd({ scx, reason: told, normal: false }, now);
    launching.pump(now);
  };

  const handleStopAll = (now: number): void => {
    state.stopping = true;
    requests.answerDue(Number.POSITIVE_INFINITY, CLOSING);
    for (const scx of scxs.all()) {
      if (scx.phase === 'killed') continue;
      scx.phase = 'leaving';
      scx.due = now + config.stopMs;
      state.tell({ kind: 'stop', id: scx.id, signal: 'SIGTERM' });
    }
  };

  const keeps = (id: string): boolean => {
    const slot = slots.get(scxs.get(id)?.session ?? '');
    return slot?.current === id && slot.kept;
  };

  const planSuccessor = (id: string): Succession | string => {
    const scx = scxs.get(id);
    const facts = slots.get(scx?.session ?? '')?.facts;
    if (scx?.phase !== 'renewing' || scx.status === null) return 'it is about to end anyway';
    if (facts === null || facts === undefined) return 'its announcement is not known here';
    const used = scxs.all().map(({ ports }) => ports);
    const overlay = chooseOverlayPort(config.ports, used, scx.ports);
    if (overlay === undefined) return 'no port is free for a second process: widen --scx-ports';
    return { facts, ports: { http: scx.ports.http, overlay }, rendezvous: keeps(id) };
  };

  const dispatch = (input: SupervisorInput, now: number): void => {
    switch (input.kind) {
      case 'want':
        return handleWant(input, now);
      case 'keep':
        return handleKeep(input, now);
      case 'unkeep':
        return handleUnkeep(input, now);
      case 'lease':
        return handleLease(input, now);
      case 'launchFailed':
        return handleLaunchFailed(input, now);
      case 'exited':
        return handleExited(input, now);
      case 'found':
        return handleFound(input, now);
      case 'stopAll':
        return handleStopAll(now);
      default:
        return unreachable(input);
    }
  };

  return {
    handle: (input, now) => {
      watching.notice(now);
      dispatch(input, now);
      return effects.splice(0);
    },
    tick: (now) => {
      watching.notice(now);
      watching.look(now);
      requests.answerDue(now, NOT_YET);
      launching.pump(now);
      return effects.splice(0);
    },
    get deadline() {
      return Math.min(launching.due, watching.due, requests.due);
    },
    knows: (id, session) => scxs.get(id)?.session === session,
    keeps,
    planSuccessor,
    get size() {
      return scxs.size;
    },
  };
}
