/**
 * Narada, the protocol of End System Multicast (Chu, Rao, Zhang: "A Case for End System Multicast",
 * SIGMETRICS 2000; JSAC 2002): all members know each other, build a mesh, improve it by random probes,
 * and distribute along reverse shortest paths of a distance vector protocol with paths. As in the
 * paper, it runs over UDP: a closed connection tells it nothing, and who dies is silent.
 *
 * Departures: members crash or stay, so there is no message of leaving; changes of links and deaths
 * send the routes at once; what is known dead is on no path.
 */
import type { Member, NodeId } from '../../../gossamer/core/node.js';
import { type Protocol, type RivalContext, type RivalRules, repeat } from '../core/protocol.js';
import { createRecentAdus, type Packet, packetIdOf } from '../core/recent-adus.js';
import { createMembership } from './membership.js';
import { createMesh } from './mesh.js';
import { bytesOf, type NaradaMessage } from './messages.js';
import { createProbes } from './probes.js';
import { addThreshold, utilityOf } from './quality.js';
import { childrenOf, routesById } from './routes.js';

/** The intervals of refreshes, route updates, and random probes, ms: no text that was at hand has them. Guess. */
const REFRESH_MS = 30_000;
const ROUTES_MS = 10_000;
const IMPROVE_MS = 10_000;

/** A neighbour that has missed three updates is probed. Guess. */
const NEIGHBOUR_SILENT_MS = 3 * ROUTES_MS;

/** Section 3.1.3: T_m, after which a member may be behind a partition, ms. Guess. */
const MEMBER_SILENT_MS = 3 * REFRESH_MS;

/** A newcomer asks for so many links, and again after this time while it has none, ms. Guess. */
const FIRST_LINKS = 3;
const REJOIN_MS = 1000;

function create(context: RivalContext<NaradaMessage>): RivalRules<NaradaMessage> {
  const { self, rng, send, contact } = context;
  const membership = createMembership(context);
  const mesh = createMesh(context, membership.isDead);
  const received = createRecentAdus<Packet>();
  /** The distances of the members that were asked for a link. */
  const asked = new Map<NodeId, number>();
  let isJoining = false;
  const group = (): number => membership.others().length + 1;

  const onDead = (member: Member): void => {
    if (!membership.onDead(member)) return;
    mesh.onDead(member.id);
    for (const neighbour of mesh.neighbours.values()) {
      send(neighbour.member.address, { kind: 'dead', member });
    }
  };

  const probes = createProbes({
    context,
    onReply: (from, why, distanceMs, routes) => {
      if (why === 'check' || mesh.neighbours.has(from.id) || mesh.isFull()) return;
      const utility = utilityOf(from.id, distanceMs, mesh.routes(), routesById(routes));
      const needed = addThreshold(group(), mesh.neighbours.size, context.degreeMax);
      if (why === 'improve' && utility <= needed) return;
      asked.set(from.id, distanceMs);
      send(from.address, { kind: 'add', distanceMs });
    },
    onSilence: (member, why) => {
      if (why !== 'improve') onDead(member);
    },
  });

  /** Section 3.1.1: "selects a few group members at random, and asks to be their neighbour". */
  const join = (now: number): void => {
    isJoining = mesh.neighbours.size === 0;
    if (!isJoining) return;
    for (const member of rng.sample(membership.others(), FIRST_LINKS)) {
      probes.probe(member, 'link', now);
    }
    if (contact !== undefined) send(contact, { kind: 'askMembers' });
    context.at(now + REJOIN_MS, join);
  };

  /** Section 3.1.3: neighbours that are silent, and one member that may be cut off. */
  const checkSilent = (now: number): void => {
    for (const { member, heardAt } of mesh.neighbours.values()) {
      if (now - heardAt >= NEIGHBOUR_SILENT_MS) probes.probe(member, 'check', now);
    }
    const silent = membership.silentSince(now - MEMBER_SILENT_MS);
    const [first] = silent;
    if (first !== undefined && rng.unit() < silent.length / group()) {
      probes.probe(first, 'link', now);
    }
  };

  /** Section 3.2: a random member is probed; the link that is used least may go. */
  const improve = (now: number): void => {
    const others = membership.others().filter(({ id }) => !mesh.neighbours.has(id));
    const member = rng.pick(others);
    if (member !== undefined) probes.probe(member, 'improve', now);
    mesh.prune(group(), now);
    checkSilent(now);
    if (!isJoining) join(now);
  };

  const refresh = (): void => {
    const members = membership.refresh();
    for (const { member } of mesh.neighbours.values()) {
      send(member.address, { kind: 'refresh', members });
    }
  };

  const onAdd = (from: Member, distanceMs: number, now: number): void => {
    const accepted = mesh.neighbours.has(from.id) || !mesh.isFull();
    send(from.address, { kind: 'addReply', accepted });
    if (accepted) mesh.add(from, distanceMs, now);
  };

  const onAddReply = (from: Member, accepted: boolean, now: number): void => {
    const distanceMs = asked.get(from.id);
    asked.delete(from.id);
    if (!accepted || distanceMs === undefined) return;
    // Full by now: the other end is told that there is no link.
    if (mesh.isFull()) return send(from.address, { kind: 'drop' });
    mesh.add(from, distanceMs, now);
  };

  /** Section 3.3: a packet from the next hop to its root goes on to those whose next hop we are. */
  const distribute = (packet: Packet, from: NodeId | undefined): void => {
    const { adu, root } = packet;
    if (received.has(packetIdOf(adu))) return;
    if (from !== undefined && mesh.routes().get(root)?.path[0] !== from) return;
    received.add(packet);
    context.deliver(adu, root, from);
    for (const child of childrenOf(self.id, root, mesh.neighbours)) {
      if (child.id !== from) send(child.address, { kind: 'data', adu, root });
    }
  };

  return {
    join: (now) => {
      if (contact !== undefined) join(now);
      repeat(context, REFRESH_MS, now, refresh);
      repeat(context, ROUTES_MS, now, mesh.advertise);
      repeat(context, IMPROVE_MS, now, improve);
    },
    publish: (adu) => distribute({ adu, root: self.id }, undefined),
    receive: (from, message, now) => {
      membership.note(from, 0, now);
      mesh.onHeard(from.id, now);
      switch (message.kind) {
        case 'askMembers':
          return send(from.address, { kind: 'refresh', members: membership.refresh() });
        case 'refresh':
          for (const { member, sequence } of message.members)
            membership.note(member, sequence, now);
          return;
        case 'routes':
          return mesh.onRoutes(from.id, message.routes);
        case 'probe':
          return send(from.address, { kind: 'probeReply', routes: mesh.advertised() });
        case 'probeReply':
          return probes.onProbeReply(from, message.routes, now);
        case 'add':
          return onAdd(from, message.distanceMs, now);
        case 'addReply':
          return onAddReply(from, message.accepted, now);
        case 'drop':
          return mesh.remove(from.id, 'dropped');
        case 'dead':
          return onDead(message.member);
        case 'data':
          return distribute({ adu: message.adu, root: message.root }, from.id);
      }
    },
    linkDown: () => {},
    neighbours: () => [...mesh.neighbours.values()].map(({ member }) => member),
    membersKnown: () => membership.others().length,
  };
}

export const narada: Protocol<NaradaMessage> = {
  create,
  bytesOf,
  isData: ({ kind }) => kind === 'data',
};
