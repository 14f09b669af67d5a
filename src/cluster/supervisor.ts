/**
 * The supervisor: which SCXs this cluster runs, and for whom. §2.3: the platform "provides the
 * function of creating SCXs when required and ensuring that the SCXs remain available and recover
 * from faults". A machine without I/O; fleet.ts carries out what it says.
 *
 * The idea: two tables. scx-table.ts holds SCXs, each in one phase; slot-table.ts holds sessions,
 * each of which may need an SCX. Whatever happens changes the tables; pump() then launches what
 * is needed, within the cap, the number of launches under way and the budget of launches per
 * minute. So there is one place that launches.
 *
 * One SCX per session is current: new clients get it. Others of the same session may exist (one
 * that leaves, one that another front end launched); they are left to end by themselves, and
 * take over if the current one dies. Placing several on purpose has room here.
 */
import { unreachable } from '../lib/assert.js';
import type { Machine } from '../lib/machine.js';
import type { Rng } from '../lib/rng.js';
import { EXIT } from '../lib/user-error.js';
import type { ScxStatus } from '../scx/scx-status.js';
import { createLaunchBudget } from './launch-budget.js';
import { CLOSING, FULL, failing, NOT_YET, seconds } from './outcomes.js';
import { choosePorts, portsOf } from './port-pairs.js';
import { createRequestList } from './request-list.js';
import { createScxTable, hadClients, type TrackedScx } from './scx-table.js';
import { isFailing, needsLaunch, recordDeath, type SessionSlot } from './session-slot.js';
import { createSlotTable } from './slot-table.js';
import type { SupervisorConfig } from './supervisor-config.js';
import type { LaunchFacts, SupervisorEffect, SupervisorInput } from './supervisor-types.js';

/** The machine, and what the lease route asks it. */
export interface Supervisor extends Machine<SupervisorInput, SupervisorEffect> {
  /** Whether there is such an SCX, of this session. */
  knows(id: string, session: string): boolean;
  /** Whether this SCX is its session's rendezvous point here, and lives without clients. */
  keeps(id: string): boolean;
  /** SCXs that exist as far as is known, in whatever phase. */
  readonly size: number;
}

type Of<Kind extends SupervisorInput['kind']> = Extract<SupervisorInput, { kind: Kind }>;

/** How an SCX ended; nothing if nobody saw it, because it was not our child. */
function cause({ code, signal }: Of<'exited'>): string {
  if (signal !== null) return ` by ${signal}`;
  return code === null ? '' : ` with exit code ${code}`;
}

/** A supervisor without SCXs. `drawId` gives node ids that nobody else draws: 16 hex digits. */
export function createSupervisor(
  config: SupervisorConfig,
  rng: Rng,
  drawId: () => string,
): Supervisor {
  const effects: SupervisorEffect[] = [];
  const scxs = createScxTable();
  const slots = createSlotTable(config);
  const requests = createRequestList((request, outcome) =>
    effects.push({ kind: 'answer', request, outcome }),
  );
  const budget = createLaunchBudget(config.launchBurst, config.launchIntervalMs);
  const avoided = new Map<number, number>(); // bounded by the pairs of the range
  let pulse = Number.POSITIVE_INFINITY; // the next input or tick comes until then
  let stopping = false;

  const flush = (): SupervisorEffect[] => effects.splice(0);
  const log = (level: 'info' | 'warn' | 'error', message: string, session: string): void => {
    effects.push({ kind: 'log', level, message, session });
  };

  // --- The current SCX of a session.

  /** Everybody who waits gets the current SCX, once it has renewed its first lease. */
  const settle = (slot: SessionSlot): void => {
    const scx = scxs.get(slot.current);
    if (scx?.phase !== 'renewing' || scx.status === null) return;
    slot.restart = false;
    slot.portTries = 0;
    requests.answerSlot(slot, { kind: 'scx', status: scx.status });
  };

  const detach = (slot: SessionSlot): void => {
    slot.current = scxs.heirOf(slot.session, slot.current)?.id ?? null;
    settle(slot);
  };

  // --- Launching.

  const launch = (slot: SessionSlot, facts: LaunchFacts, now: number): void => {
    const used = scxs.all().map(({ ports }) => ports);
    const ports = choosePorts(config.ports, used, avoided, slot.ports, now);
    if (ports === undefined) {
      slot.retryAt = now + config.backoffMaxMs;
      return requests.answerSlot(slot, FULL);
    }
    if (!budget.take(now)) return;
    const id = drawId();
    const { session, kept: rendezvous } = slot;
    const due = now + config.firstLeaseMs;
    scxs.add({ id, session, since: now, ports, phase: 'launching', due });
    slot.current = id;
    effects.push({ kind: 'launch', order: { id, session, facts, ports, rendezvous } });
  };

  /** Launches what is needed and possible; sessions that a client waits for come first. */
  const pump = (now: number): void => {
    if (stopping) return;
    const needy = slots.all().filter(needsLaunch);
    const wanted = needy.filter((slot) => slot.waiting.size > 0);
    const others = needy.filter((slot) => slot.waiting.size === 0);
    for (const slot of [...wanted, ...others]) {
      if (scxs.size >= config.scxsMax) requests.answerSlot(slot, FULL);
      else if (slot.facts === null || slot.retryAt > now) continue;
      else if (scxs.launching < config.launchingMax) launch(slot, slot.facts, now);
    }
  };

  const launchDue = (): number => {
    const blocked = scxs.size >= config.scxsMax || scxs.launching >= config.launchingMax;
    if (stopping || blocked) return Number.POSITIVE_INFINITY;
    const due = slots
      .all()
      .filter(needsLaunch)
      .map(({ retryAt }) => retryAt);
    return Math.max(budget.next, Math.min(Number.POSITIVE_INFINITY, ...due));
  };

  // --- The end of an SCX.

  const afterDeath = (slot: SessionSlot, scx: TrackedScx, reason: string, now: number): void => {
    log('warn', reason, scx.session);
    if (scx.status !== null) {
      slot.restart = hadClients(scx);
      slot.ports = scx.ports; // so that players which connect again find the next one
    }
    recordDeath(slot, { livedMs: now - scx.since, reason }, config, rng, now);
    if (isFailing(slot, config, now)) requests.answerSlot(slot, failing(slot, now));
  };

  const onGone = (scx: TrackedScx, reason: string, normal: boolean, now: number): void => {
    scxs.remove(scx.id);
    const slot = slots.get(scx.session);
    if (slot?.current === scx.id) {
      detach(slot);
      const surprising = slot.current === null && (slot.kept || !normal);
      if (surprising && !stopping) afterDeath(slot, scx, reason, now);
    }
    if (slot !== undefined) slots.tidy(slot, now);
    pump(now);
  };

  const becomeLeaving = (scx: TrackedScx, patienceMs: number, now: number): void => {
    if (scx.phase === 'leaving') return;
    scx.phase = 'leaving';
    scx.due = now + patienceMs;
    const slot = slots.get(scx.session);
    if (slot?.current === scx.id) detach(slot);
    pump(now);
  };

  const becomeKilled = (scx: TrackedScx, doom: string, now: number): void => {
    scx.phase = 'killed';
    scx.due = now + config.killMs;
    scx.doom = doom;
    effects.push({ kind: 'stop', id: scx.id, signal: 'SIGKILL' });
  };

  const onDue = (scx: TrackedScx, now: number): void => {
    if (scx.phase === 'killed') {
      log('error', `${scx.doom} It is given up: SIGKILL did not end it either.`, scx.session);
      return onGone(scx, scx.doom, false, now);
    }
    const dooms = {
      launching: `The session's SCX did not report within ${seconds(config.firstLeaseMs)}.`,
      renewing: `The session's SCX was silent for ${seconds(config.leaseMs)}.`,
      leaving: "The session's SCX took too long to leave.",
    };
    becomeKilled(scx, dooms[scx.phase], now);
  };

  /**
   * Whoever misses the pulse stood still (a stopped process, a busy machine): nobody could renew
   * anything. A lease of one SCX may arrive before the tick that tells.
   */
  const notice = (now: number): void => {
    if (now - pulse > config.stallMs) {
      for (const scx of scxs.all()) scx.due = Math.max(scx.due, now + config.leaseMs);
    }
    pulse = now + config.pulseMs;
  };

  // --- Inputs.

  const handleWant = (input: Of<'want'>, now: number): void => {
    const { request, session, facts, patienceMs } = input;
    if (stopping) return requests.answer(request, CLOSING);
    const slot = slots.open(session, now);
    if (!slot.kept) slot.facts = facts; // what the operator published counts more
    if (isFailing(slot, config, now)) return requests.answer(request, failing(slot, now));
    if (requests.size >= config.waitingMax) return requests.answer(request, FULL);
    requests.add(request, slot, now + patienceMs);
    settle(slot);
    pump(now);
    slots.tidy(slot, now);
  };

  const handleKeep = ({ session, facts }: Of<'keep'>, now: number): void => {
    const slot = slots.open(session, now);
    slot.kept = true;
    slot.facts = facts;
    pump(now);
    const crowded = slot.current === null && scxs.size >= config.scxsMax;
    if (crowded) log('warn', 'The cluster is full; a published session must wait.', session);
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
    log('info', 'An SCX that was not known here renewed its lease.', session);
    const due = now + config.leaseMs;
    return scxs.add({ id, session, since: now, ports, phase: 'renewing', due });
  };

  const handleLease = ({ status }: Of<'lease'>, now: number): void => {
    const scx = scxs.get(status.id) ?? adopt(status, now);
    if (scx === undefined || scx.phase === 'killed' || scx.session !== status.session) return;
    scx.status = status;
    if (scx.ports.http === 0) scx.ports = portsOf(status) ?? scx.ports;
    if (status.state === 'leaving') becomeLeaving(scx, config.leavingMs, now);
    if (scx.phase === 'leaving') return;
    scx.phase = 'renewing';
    scx.due = now + config.leaseMs;
    const slot = slots.open(scx.session, now);
    if (scxs.get(slot.current)?.phase !== 'renewing') slot.current = scx.id;
    if (slot.current === scx.id) settle(slot);
    pump(now);
  };

  const handleFound = ({ id, session, facts, ports }: Of<'found'>, now: number): void => {
    if (scxs.get(id) !== undefined || scxs.size >= config.trackedMax) return;
    const due = now + config.leaseMs;
    scxs.add({ id, session, since: now, ports, phase: 'renewing', due });
    const slot = slots.open(session, now);
    slot.facts ??= facts;
    slot.current ??= id;
  };

  /** Somebody else has the port: the next pair, at once. False after too many of them. */
  const retryElsewhere = (scx: TrackedScx, now: number): boolean => {
    const slot = slots.get(scx.session);
    if (slot?.current !== scx.id || slot.portTries >= config.portTriesMax) return false;
    scxs.remove(scx.id);
    if (scx.ports.http > 0) avoided.set(scx.ports.http, now + config.portAvoidMs);
    slot.portTries++;
    slot.ports = null;
    slot.current = null;
    pump(now);
    return true;
  };

  const handleExited = (input: Of<'exited'>, now: number): void => {
    const { id, code } = input;
    const scx = scxs.get(id);
    if (scx === undefined) return;
    const early = scx.phase === 'launching';
    if (early && code === EXIT.bind && retryElsewhere(scx, now)) return;
    const reason = `The session's SCX ended${cause(input)} after ${seconds(now - scx.since)}.`;
    onGone(scx, scx.doom || reason, code === 0 && !early && scx.doom === '', now);
  };

  const handleLaunchFailed = ({ id, reason }: Of<'launchFailed'>, now: number): void => {
    const scx = scxs.get(id);
    if (scx === undefined) return;
    onGone(scx, `The session's SCX could not be started: ${reason}.`, false, now);
  };

  const handleStopAll = (now: number): void => {
    stopping = true;
    requests.answerDue(Number.POSITIVE_INFINITY, CLOSING);
    for (const scx of scxs.all()) {
      if (scx.phase === 'killed') continue;
      scx.phase = 'leaving';
      scx.due = now + config.stopMs;
      effects.push({ kind: 'stop', id: scx.id, signal: 'SIGTERM' });
    }
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

  const deadline = (): number =>
    Math.min(launchDue(), scxs.due, requests.due, scxs.size > 0 ? pulse : Number.POSITIVE_INFINITY);

  return {
    handle: (input, now) => {
      notice(now);
      dispatch(input, now);
      return flush();
    },
    tick: (now) => {
      notice(now);
      for (const scx of scxs.all()) if (scx.due <= now) onDue(scx, now);
      requests.answerDue(now, NOT_YET);
      pump(now);
      return flush();
    },
    get deadline() {
      return deadline();
    },
    knows: (id, session) => scxs.get(id)?.session === session,
    keeps: (id) => {
      const slot = slots.get(scxs.get(id)?.session ?? '');
      return slot?.current === id && slot.kept;
    },
    get size() {
      return scxs.size;
    },
  };
}
