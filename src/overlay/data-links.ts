/**
 * The data connections of one SCX, to parents and from children. The machine knows them by peer and
 * channel only, so when one of a pair fails the other is closed too: `dataDown` then says the truth,
 * and both sides subscribe anew, without a hole, as ADUs are numbered.
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
  const onDown = (peer: NodeId, channel: number): void => {
    upstreams.drop(peer, channel);
    downstreams.drop(peer, channel);
    context.feed({ kind: 'dataDown', peer, channel });
  };
  const upstreams = createUpstreams(context, rng, onDown);
  const downstreams = createDownstreams(context, onDown);

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
