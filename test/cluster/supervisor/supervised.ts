/** A supervisor for tests: its inputs as tests write them, and its effects as they expect them. */
import { expect } from 'vitest';
import type { ScxStatus } from '../../../src/api/scx-status.js';
import { createSupervisor } from '../../../src/cluster/supervisor/supervisor.js';
import {
  type SupervisorConfig,
  supervisorConfig,
} from '../../../src/cluster/supervisor/supervisor-config.js';
import type {
  SupervisorEffect,
  SupervisorInput,
} from '../../../src/cluster/supervisor/supervisor-types.js';
import { createRng } from '../../../src/lib/rng.js';
import { FACTS, NIGHT, statusOf } from '../support.js';

export const DAY = 'scattercast://radio.example/day';
const RANGE = { first: 8100, last: 8107 };
export const idOf = (n: number): string => n.toString(16).padStart(16, '0');

/** A supervisor whose ids count up from 1, and the inputs that tests write often. */
export function setUp(over: Partial<SupervisorConfig> = {}) {
  let ids = 0;
  const config = { ...supervisorConfig(4, RANGE), ...over };
  const bare = createSupervisor(config, createRng(7), () => idOf(++ids));
  /** SCXs whose ports were released, so that most tests need not list them. */
  const released: string[] = [];
  const sorted = (effects: SupervisorEffect[]): SupervisorEffect[] => {
    for (const effect of effects) if (effect.kind === 'release') released.push(effect.id);
    return effects.filter(({ kind }) => kind !== 'release');
  };
  const { handle, tick } = bare;
  const machine = Object.assign(bare, {
    handle: (input: SupervisorInput, now: number) => sorted(handle(input, now)),
    tick: (now: number) => sorted(tick(now)),
  });
  const want = (request: number, now: number, session = NIGHT, timeoutMs = 20_000) =>
    machine.handle(
      { kind: 'want', request, session, facts: FACTS, isListener: true, timeoutMs },
      now,
    );
  /** A client that is no listener. */
  const ask = (request: number, now: number, session = NIGHT) => {
    const client = { session, facts: FACTS, isListener: false, timeoutMs: 20_000 };
    return machine.handle({ kind: 'want', request, ...client }, now);
  };
  const keep = (now: number, session = NIGHT) =>
    machine.handle({ kind: 'keep', session, facts: FACTS }, now);
  const lease = (n: number, now: number, status: Partial<ScxStatus> = {}, session = NIGHT) =>
    machine.handle({ kind: 'lease', status: statusOf(idOf(n), session, status) }, now);
  const exited = (n: number, now: number, code: number | null, signal: string | null = null) =>
    machine.handle({ kind: 'exited', id: idOf(n), code, signal }, now);
  const found = (n: number, now: number) => {
    const ports = { http: 8104, overlay: 8105 };
    return machine.handle({ kind: 'found', id: idOf(n), session: NIGHT, facts: FACTS, ports }, now);
  };
  /** Runs the timers one after the other, as a driver does. */
  const runUntil = (now: number): SupervisorEffect[] => {
    const effects: SupervisorEffect[] = [];
    while (machine.deadline() <= now) effects.push(...machine.tick(machine.deadline()));
    return effects;
  };
  return { machine, released, config, want, ask, keep, lease, exited, found, runUntil };
}

export const launchOf = (n: number, http = 8100, session = NIGHT, rendezvous = false) => ({
  kind: 'launch',
  order: {
    id: idOf(n),
    session,
    facts: FACTS,
    ports: { http, overlay: http + 1 },
    rendezvous,
    formerNeighbours: [],
    encoderTitles: [],
  },
});
export const answered = (request: number, n: number) => ({
  kind: 'answer',
  request,
  outcome: expect.objectContaining({
    kind: 'scx',
    status: expect.objectContaining({ id: idOf(n) }),
  }),
});
export const failed = (request: number, reason: unknown = expect.any(String)) => ({
  kind: 'answer',
  request,
  outcome: { kind: 'failed', reason, retryAfterMs: expect.any(Number) },
});
export const full = (request: number) => ({
  kind: 'answer',
  request,
  outcome: { kind: 'full', retryAfterMs: expect.any(Number) },
});
export const stopped = (n: number, signal: string) => ({ kind: 'stop', id: idOf(n), signal });
export const loud = (effects: SupervisorEffect[]) => effects.filter(({ kind }) => kind !== 'log');
