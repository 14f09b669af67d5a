/**
 * Data connections in the simulated network (§3.8). The child opens one for each parent and channel
 * with its first SUBSCRIBE; the parent answers and forwards ADUs over it.
 */
import type { ChannelMessage } from '../../gossamer/core/effects.js';
import type { Address, Adu } from '../../gossamer/core/node.js';
import { type Bottlenecks, createBottlenecks, type Path } from './bottlenecks.js';
import type { Connections } from './connections.js';
import { pairOf } from './lanes.js';
import type { NetworkContext } from './network-context.js';
import type { SimulatedScx } from './simulated-scx.js';

export interface DataPath {
  sendData(from: SimulatedScx, to: Address, message: ChannelMessage): void;
  /** Sends an ADU from a parent to a child. */
  forward(from: SimulatedScx, to: SimulatedScx | undefined, adu: Adu): void;
  /** From now on the path carries one ADU each `aduMs` ms; 0: without a limit again. */
  narrow: Bottlenecks['set'];
}

/** The other end of a data connection that could not be opened or has closed. */
interface LostPeer {
  readonly peer: SimulatedScx;
  readonly peerIs: 'parent' | 'child';
  readonly channel: number;
}

/** Creates the path of data messages and ADUs over `connections`. */
export function createDataPath(context: NetworkContext, connections: Connections): DataPath {
  const { lanes, deferred, counters, now, at, find } = context;
  const { isCut, refusalMs, transmit } = connections;

  const report = (kind: 'congested' | 'drained', { from, to, channel }: Path): void => {
    const peer = to.gossamer.self().id;
    deferred.run(from, () => from.feed({ kind, peer, channel }));
  };
  const bottlenecks = createBottlenecks({ now, at, report });

  const refuse = (from: SimulatedScx, { peer, peerIs, channel }: LostPeer): void => {
    const { id } = peer.gossamer.self();
    const tell = (): void => from.feed({ kind: 'dataDown', peer: id, channel, peerIs });
    at(now() + refusalMs(from, peer), () => deferred.run(from, tell));
  };

  return {
    sendData: (from, address, { channel, body }) => {
      const to = find(address);
      if (to === undefined) return;
      const isAnswer = body.kind === 'subscribed' || body.kind === 'refused';
      const key = isAnswer ? pairOf(to, from) : pairOf(from, to);
      const link = lanes.ofChannel(channel).links.get(key);
      if (link === undefined && body.kind !== 'subscribe') return;
      if (!to.isUp || (link === undefined && isCut(from, to))) {
        return refuse(from, { peer: to, peerIs: isAnswer ? 'child' : 'parent', channel });
      }
      const member = from.gossamer.self();
      const used = link ?? lanes.open(key, from, to, channel);
      const send = (): void =>
        transmit(used, from, { kind: 'dataReceived', from: member, message: body });
      if (!isAnswer) return send();
      // An answer waits behind the ADUs of the same connection.
      bottlenecks.pass({ from, to, channel }, () => {
        if (used.isOpen) send();
      });
    },
    forward: (from, to, adu) => {
      if (to === undefined) return;
      counters.adus++;
      const { channel } = adu;
      const link = lanes.ofChannel(channel).links.get(pairOf(to, from));
      if (link === undefined) return;
      const send = (): void =>
        transmit(link, from, { kind: 'adu', from: from.gossamer.self().id, adu });
      if (!bottlenecks.has(from, to)) return send();
      bottlenecks.pass({ from, to, channel }, () => {
        if (link.isOpen) send();
      });
    },
    narrow: bottlenecks.set,
  };
}
