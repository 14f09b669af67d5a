/**
 * The data connections of one SCX, to parents and from children. Two SCXs may feed each other from
 * different sources, so the machine is told which of the two connections went down.
 */
import type { ChannelMessage } from '../gossamer/gossamer-types.js';
import type { Adu, Member, NodeId } from '../gossamer/node.js';
import type { Rng } from '../lib/rng.js';
import type { DataHello } from '../wire/hello.js';
import type { Admission } from './connections.js';
import { createDownstreams } from './downstreams.js';
import type { OverlayContext } from './overlay-context.js';
import { createUpstreams } from './upstreams.js';

export interface DataLinks {
  admit(hello: DataHello): Admission;
  send(to: Member, message: ChannelMessage): void;
  forward(to: NodeId, adu: Adu): void;
}

/** Neither parents nor children; `rng` spreads retries. */
export function createDataLinks(context: OverlayContext, rng: Rng): DataLinks {
  const onDown =
    (peerIs: 'parent' | 'child') =>
    (peer: NodeId, channel: number): void =>
      context.feed({ kind: 'dataDown', peer, channel, peerIs });
  const upstreams = createUpstreams(context, rng, onDown('parent'));
  const downstreams = createDownstreams(context, onDown('child'));

  return {
    admit: downstreams.admit,
    forward: downstreams.forward,
    send: (to, { channel, body }) => {
      if (body.kind === 'subscribed' || body.kind === 'refused') {
        downstreams.send(to.id, channel, body);
      } else {
        upstreams.send(to, channel, body);
      }
    },
  };
}
