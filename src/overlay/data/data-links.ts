/**
 * The data connections of one SCX, to parents and from children. Two SCXs may be parents of each
 * other for different sources, so the machine is told which of the two connections went down.
 */
import type { ChannelMessage } from '../../gossamer/core/effects.js';
import type { Adu, Member, NodeId } from '../../gossamer/core/node.js';
import type { FormerEdge } from '../../gossamer/mesh/mesh.js';
import type { Rng } from '../../lib/rng.js';
import type { DataHello } from '../../wire/hello.js';
import type { Admission } from '../sockets/admission.js';
import type { OverlayContext } from '../sockets/context.js';
import { isFromParent } from './data-roles.js';
import { createDownstreams } from './downstreams.js';
import { createUpstreams, type Upstreams } from './upstreams.js';

/**
 * Of the neighbours of a predecessor, as many are prepared for, the nearest: each costs a handshake, and one
 * is enough. Guess.
 */
const PREPARED_MAX = 3;

export interface DataLinks {
  admit(hello: DataHello): Admission;
  send(to: Member, message: ChannelMessage): void;
  forward(to: NodeId, adu: Adu): void;
  /** Stops timers; closing the connections is the sockets' business. */
  close(): void;
  /** A mesh edge has come up or gone down: its neighbour is a parent in reserve. */
  onEdge(member: Member, isUp: boolean): void;
  /**
   * The neighbours of our predecessor are about to be asked for edges. Connections to the nearest are opened
   * at the same time, so that a subscription need not wait for one. Those that get no edge end soon.
   */
  prepare(former: readonly FormerEdge[]): void;
}

/**
 * Creates data links without parents and children; `rng` spreads retries. Connections for the
 * channel `main`, on which no gap may be heard, are held ready to all mesh neighbours; those for
 * other channels are kept once they have been used.
 */
export function createDataLinks(context: OverlayContext, rng: Rng, main: number): DataLinks {
  const onDown =
    (peerIs: 'parent' | 'child') =>
    (peer: NodeId, channel: number): void =>
      context.feed({ kind: 'dataDown', peer, channel, peerIs });
  const upstreams = createUpstreams(context, rng, onDown('parent'));
  const downstreams = createDownstreams(context, onDown('child'));
  const prepared = createPrepared(upstreams, main, context.limits.preparedMs);

  return {
    admit: downstreams.admit,
    prepare: prepared.open,
    close: () => {
      prepared.close();
      upstreams.close();
      downstreams.close();
    },
    forward: downstreams.forward,
    onEdge: (member, isUp) => {
      downstreams.onEdge(member.id, isUp);
      prepared.onEdge(member.id);
      if (isUp) upstreams.hold(member, main);
      else upstreams.release(member);
    },
    send: (to, { channel, body }) => {
      if (isFromParent(body)) downstreams.send(to.id, channel, body);
      else upstreams.send(to, channel, body);
    },
  };
}

/** The neighbours of a predecessor to which connections are held although there is no edge yet. */
function createPrepared(upstreams: Upstreams, main: number, preparedMs: number) {
  const waiting = new Map<NodeId, FormerEdge['member']>();
  let timer: NodeJS.Timeout | undefined;
  const release = (): void => {
    for (const member of waiting.values()) upstreams.release(member);
    waiting.clear();
  };
  return {
    open: (former: readonly FormerEdge[]): void => {
      const nearest = former.toSorted((one, other) => one.rttMs - other.rttMs);
      for (const { member } of nearest.slice(0, PREPARED_MAX)) {
        waiting.set(member.id, member);
        upstreams.hold(member, main);
      }
      timer = setTimeout(release, preparedMs);
    },
    onEdge: (id: NodeId): void => void waiting.delete(id),
    close: () => clearTimeout(timer),
  };
}
