/** The ADUs that a node has had lately: to know repeated ones, and to send them again. */
import type { Adu, NodeId } from '../../../gossamer/core/node.js';

/** An ADU, and the node where it was published. */
export interface Packet {
  readonly adu: Adu;
  readonly root: NodeId;
}

/** Names an ADU among all of a session. */
export type PacketId = string & { readonly brand: 'PacketId' };

export const packetIdOf = ({ source, channel, sequence }: Adu): PacketId =>
  `${source}/${channel}/${sequence}` as PacketId;

export interface RecentAdus<Kept extends Packet> {
  get(id: PacketId): Kept | undefined;
  has(id: PacketId): boolean;
  add(packet: Kept): void;
}

/** A minute of MP3 at 38 frames per second. */
const PACKETS_MAX = 2400;

/** Creates an empty memory of the last PACKETS_MAX packets. */
export function createRecentAdus<Kept extends Packet>(): RecentAdus<Kept> {
  const packets = new Map<PacketId, Kept>();
  return {
    get: (id) => packets.get(id),
    has: (id) => packets.has(id),
    add: (packet) => {
      packets.set(packetIdOf(packet.adu), packet);
      if (packets.size <= PACKETS_MAX) return;
      for (const oldest of packets.keys()) {
        packets.delete(oldest);
        return;
      }
    },
  };
}
