/** The rules of one SCX as production composes them, for tests of probes and of figure 4. */
import { composeRules } from '../../../src/gossamer/compose-rules.js';
import { createAlarms } from '../../../src/gossamer/core/alarms.js';
import type { GossamerConfig } from '../../../src/gossamer/core/config.js';
import type { Message, Route } from '../../../src/gossamer/core/message.js';
import type { Member, NodeId } from '../../../src/gossamer/core/node.js';
import { CLOCKED } from '../../../src/gossamer/rules.js';
import { createBench, memberOf, nodeId, offerOf, requestOf } from '../support.js';

/** A node's route to a source SCX that is as good as next to it. */
const routeFrom = (id: NodeId, scx: NodeId): Route => ({
  ...{ scx, stamp: 1, costMs: 0, path: [id, scx], sources: [] },
});

/**
 * The rules as production composes them. Members 11 to 30 are known; a neighbour is as far away as
 * its number, one way, and has a route to each source. One neighbour may bring the heartbeat.
 */
export function createProbing(config: GossamerConfig, bearer?: number, sources: NodeId[] = []) {
  const bench = createBench(config);
  const options = { self: memberOf(5), config, rng: bench.context.rng, locations: [] };
  const rules = composeRules(options, createAlarms(CLOCKED), bench.context.emit);
  const { membership, mesh, pings, optimizer, edgeReports, routing, heartbeat } = rules;
  for (let number = 11; number <= 30; number++) membership.learn(memberOf(number), 0);
  const connect = (number: number): void => {
    const member = memberOf(number);
    mesh.request(requestOf(member, offerOf(2 * number)), 0);
    mesh.handleAccept(member, false, 0);
    edgeReports.handle(member.id, { worthMs: 0, loads: [], heir: null });
    const routes = sources.map((scx) => routeFrom(member.id, scx));
    const update = { kind: 'update', whole: true, routes, lost: [], withdrawn: [] } as const;
    routing.handleUpdate(member.id, update, 0);
    if (number === bearer) heartbeat.handle(member, nodeId(2), 1, 0);
    bench.take();
  };
  const take = (kind: Message['kind']) =>
    bench.sent().flatMap(({ to, message }) => (message.kind === kind ? [{ to, message }] : []));
  const sent = (kind: Message['kind']): string[] => take(kind).map(({ to }) => to);
  const requests = () => take('edgeRequest').map(({ message }) => message);
  const tell = (
    member: Member,
    more: { canAccept?: boolean; generator?: NodeId | null } = {},
    now = 0,
  ): void => {
    const routes = sources.map((scx) => routeFrom(member.id, scx));
    const status = { kind: 'status', canAccept: true, routes, generator: null } as const;
    optimizer.handleStatus(member, { ...status, ...more }, now);
  };
  /** The probed member answers both questions. */
  const answer = (member: Member, rttMs: number, more: Parameters<typeof tell>[1] = {}): void => {
    tell(member, more);
    optimizer.onMeasured(member.address, rttMs, 0);
  };
  /** The member that is probed next. */
  const probeNext = (): Member => {
    optimizer.tick(optimizer.deadline());
    return memberOf(Number(sent('requestStatus')[0]?.slice(3, -2)));
  };
  /** The optimiser and the ping experiments, as one rule. */
  const clock = {
    deadline() {
      return Math.min(optimizer.deadline(), pings.deadline());
    },
    tick: (now: number): void => {
      pings.tick(now);
      optimizer.tick(now);
    },
  };
  return {
    bench,
    membership,
    mesh,
    edgeReports,
    routing,
    optimizer,
    clock,
    connect,
    sent,
    requests,
    tell,
    answer,
    probeNext,
  };
}
