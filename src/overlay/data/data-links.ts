/**
 * The data connections of one SCX, to parents and from children. Two SCXs may be parents of each
 * other for different sources, so the machine is told which of the two connections went down.
 */
import type { ChannelMessage } from '../../gossamer/core/effects.js';
import type { Adu, Member, NodeId } from '../../gossamer/core/node.js';
import type { Rng } from '../../lib/rng.js';
import type { DataHello } from '../../wire/hello.js';
import type { Admission } from '../sockets/admission.js';
import type { OverlayContext } from '../sockets/context.js';
import { isFromParent } from './data-roles.js';
import { createDownstreams } from './downstreams.js';
import { createUpstreams } from './upstreams.js';

export interface DataLinks {
  admit(hello: DataHello): Admission;
  send(to: Member, message: ChannelMessage): void;
  forward(to: NodeId, adu: Adu): void;
  /** Stops timers; closing the connections is the sockets' business. */
  close(): void;
  /** A mesh edge has come up or gone down: its neighbour is a parent in reserve. */
  onEdge(member: Member, isUp: boolean): void;
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

  return {
    admit: downstreams.admit,
    close: () => {
      upstreams.close();
      downstreams.close();
    },
    forward: downstreams.forward,
    onEdge: (member, isUp) => {
      downstreams.onEdge(member.id, isUp);
      if (isUp) upstreams.hold(member, main);
      else upstreams.release(member);
    },
    send: (to, { channel, body }) => {
      if (isFromParent(body)) downstreams.send(to.id, channel, body);
      else upstreams.send(to, channel, body);
    },
  };
}
