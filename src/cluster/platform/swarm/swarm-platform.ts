/**
 * The platform of many machines: Docker's Swarm. Each SCX is a service (scx-service.ts), which the
 * engine places, watches and starts again. What is added here is what the engine does not know:
 * which service's SCX is alive as a listener sees it.
 *
 * Front ends share the work without talking about it. Each hears of every SCX by its leases
 * (scx/leases.ts), and each has a supervisor, which wants what is missing. To launch means to make
 * sure that the session has a service whose SCX is still to be heard of (launching.ts); the name of a
 * service is the lock, so it does not matter how many front ends do that. What is created lies in
 * the engine, so a front end keeps no list.
 *
 * Ids: the supervisor draws one for each launch, but an SCX draws its own at each start. So the first
 * lease of an SCX of the session ends the launch (supervisor/renewals.ts).
 */
import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import type { ScxStatus } from '../../../api/scx-status.js';
import type { Exit, Platform } from '../platform.js';
import type { Engine } from './engine.js';
import { createServiceLaunching, type ServiceLaunching } from './launching.js';
import { createMachines } from './machines.js';
import { createRenewing } from './renewing.js';
import { FRONT_END_LABEL, type ServiceTemplate } from './scx-service.js';
import { createScxWatch } from './scx-watch.js';
import { createServiceTable, type ServiceTable } from './service-table.js';
import { createSpareServices } from './spare-services.js';
import { createWaitingSpares } from './waiting-spares.js';

export interface SwarmPlatformOptions extends ServiceTemplate {
  readonly engine: Engine;
  /** The cluster's secret, which SCXs are given. */
  readonly leaseSecret: string;
  /** The port of front ends, on all machines. */
  readonly frontEndPort: number;
  /** How long listeners may stay at an SCX that is replaced, ms. */
  readonly drainMs: number;
  /** How many spares the Swarm has. Default: 0. */
  readonly spares?: number;
  readonly log: Logger;
  /** How long nothing is launched at first, ms. Default: 3 s. */
  readonly learningMs?: number;
}

/** Interval between looks for services that nobody needs, ms. */
const SWEEP_MS = 30_000;

const UNSUPPORTED = 'the platform swarm replaces SCXs by upgrading the stack';

/** What the verbs share. */
interface Context {
  readonly options: SwarmPlatformOptions;
  readonly table: ServiceTable;
  readonly launching: ServiceLaunching;
  readonly watch: ReturnType<typeof createScxWatch>;
  tellExit(exit: Exit): void;
}

/** A front end that is started because an upgrade was taken back says so. */
async function tellRollback({ engine, log }: SwarmPlatformOptions): Promise<void> {
  for (const { name, update } of await engine.services(FRONT_END_LABEL)) {
    if (update === undefined || !update.state.startsWith('rollback')) continue;
    const { state, message } = update;
    log.error(
      { service: name, state, message },
      'the last upgrade was rolled back: see docker service ps',
    );
  }
}

/** An SCX has ended, or is given up. */
function forget({ table, tellExit }: Context, id: string): void {
  if (table.forget(id)) tellExit({ id, code: null, signal: null });
}

/** The lease of an SCX has run out. If it does not answer either, its machine is suspected. */
async function endSilent(context: Context, id: string): Promise<void> {
  const { table, watch, options } = context;
  const scx = table.heard(id);
  if (scx === undefined || (await watch.ask(scx.httpUrl)) === 'answers') return;
  if (table.heard(id) === undefined) return;
  options.log.warn({ id, machine: scx.machine }, 'an SCX is silent; another machine takes over');
  table.suspect(scx);
  forget(context, id);
}

function stopScx(context: Context, id: string, signal: 'SIGTERM' | 'SIGKILL'): void {
  const { table, launching, tellExit } = context;
  const scx = table.heard(id);
  if (scx !== undefined && signal === 'SIGTERM') launching.remove(scx.service);
  else if (scx !== undefined) void endSilent(context, id);
  else void launching.giveUp(id).then(() => tellExit({ id, code: null, signal: null }));
}

/**
 * An SCX has ended. If it has left in order, its service goes as well. If it has crashed, the engine
 * starts it again, and nothing is removed here: that SCX may have joined already, and it ends by itself
 * when nobody needs it.
 */
function release({ table, launching }: Context, id: string): void {
  const ended = table.takeEnded(id);
  if (ended !== undefined && table.isOver(ended.service)) launching.remove(ended.service);
}

function onLease(context: Context, status: ScxStatus, connection: Socket): boolean {
  const { table, launching, watch } = context;
  const { id, session, service = '', machine = '', httpUrl, state } = status;
  if (table.heard(id) === undefined && table.isOver(service)) return false;
  table.onLease({ id, session, service, machine, httpUrl });
  if (state === 'leaving') table.becomeOver(service);
  else launching.onScx(session);
  watch.onLease(status, connection);
  return true;
}

/** Creates the platform. Nothing is asked of the engine yet. */
export function createSwarmPlatform(options: SwarmPlatformOptions): Platform {
  const { engine, log, frontEndPort } = options;
  let hear: (exit: Exit) => void = () => undefined;
  const table = createServiceTable();
  const machines = createMachines({ engine, port: frontEndPort, log });
  const watch = createScxWatch((id) => forget(context, id));
  const spares = createWaitingSpares(options.image);
  const launching = createServiceLaunching({ ...options, table, machines, watch, spares });
  const keepSpares = createSpareServices({
    ...{ ...options, count: options.spares ?? 0, table, machines, launching, spares },
  });
  const renewing = createRenewing({ ...options, table, launching, spares });
  const context: Context = { options, table, launching, watch, tellExit: (exit) => hear(exit) };
  const sweeping = setInterval(() => void launching.sweep(), SWEEP_MS).unref();
  return {
    launch: launching.launch,
    stop: (id, signal) => stopScx(context, id, signal),
    release: (id) => release(context, id),
    list: async () => {
      await machines.look();
      await tellRollback(options);
      return [];
    },
    onExit: (listener) => {
      hear = listener;
    },
    adopt: () => true, // its lease is proven, and the table has not refused it
    orderSuccessor: async () => {
      throw new Error(UNSUPPORTED);
    },
    giveEncoder: async () => false,
    carryEncoder: async () => false,
    spares: () => spares.list().map(({ machine }) => ({ pid: 1, isReady: true, machine })),
    renewSpares: () => undefined,
    shared: {
      machines: machines.all,
      frontEnds: machines.frontEnds,
      renew: async () => {
        await keepSpares().catch(({ message }: Error) =>
          log.debug({ message }, 'the Docker engine does not keep spares yet'),
        );
        await renewing.renewOne();
      },
      orders: ({ service = '' }) =>
        renewing.isReplaced(service) ? { retireWithinMs: options.drainMs } : {},
      onSpare: spares.ask,
      onLease: (status, connection) => onLease(context, status, connection),
      onJoin: ({ session, service }) => {
        spares.onJoin({ session, service });
        if (table.isOver(service)) return undefined;
        for (const { id } of table.ofService(service)) forget(context, id);
        return launching.lastOf(session) ?? {};
      },
    },
    close: () => {
      clearInterval(sweeping);
      launching.close();
      spares.close();
      machines.close();
      watch.close();
    },
  };
}
