/**
 * The inputs and effects of the Gossamer machine, as plain data. Inputs are commands of the
 * application and facts of the network; effects are what the environment has to do. Production
 * (src/overlay) and the simulator (src/simulator/world) are two environments of the same machine.
 */
import type { Entry } from './entry.js';
import type { DataMessage, Message } from './message.js';
import type { Address, Adu, Member, NodeId, Source, SourceId } from './node.js';

export type Input =
  /** Commands. */
  | { readonly kind: 'join' }
  | { readonly kind: 'leave' }
  | { readonly kind: 'announceSource'; readonly source: Source }
  | { readonly kind: 'withdrawSource'; readonly source: SourceId }
  | { readonly kind: 'publish'; readonly adu: Adu }
  /**
   * The session has these channels as well from now on; their ADUs travel over TCP. Told again now and
   * then, as a next hop may learn of them later than we: it is asked again.
   */
  | { readonly kind: 'addChannels'; readonly channels: readonly number[] }
  /** Entries of our own, signed. */
  | { readonly kind: 'publishEntries'; readonly entries: readonly Entry[] }
  /** The number of our own listeners. */
  | { readonly kind: 'audience'; readonly listeners: number }
  /**
   * Beyond: the channels that travel only where somebody wants them: those that the session has, and those
   * of them that we want.
   */
  | {
      readonly kind: 'optionalChannels';
      readonly offered: readonly number[];
      readonly wanted: readonly number[];
    }
  /** Facts. */
  | { readonly kind: 'located'; readonly location: string; readonly address: Address | undefined }
  | { readonly kind: 'received'; readonly from: Member; readonly message: Message }
  | { readonly kind: 'dataReceived'; readonly from: Member; readonly message: DataMessage }
  | { readonly kind: 'adu'; readonly from: NodeId; readonly adu: Adu }
  /** The last control connection with that address closed, or none could be opened. */
  | {
      readonly kind: 'linkDown';
      readonly address: Address;
      readonly reason: 'closed' | 'unreachable';
    }
  /**
   * The data connection with that node closed, or could not be opened. Two SCXs may feed each other
   * from different sources over two connections: `peerIs` is the peer's role on this one.
   */
  | {
      readonly kind: 'dataDown';
      readonly peer: NodeId;
      readonly channel: number;
      readonly peerIs: 'parent' | 'child';
    }
  /** A child's data connection accepts no more data for now, or accepts data again. */
  | { readonly kind: 'congested' | 'drained'; readonly peer: NodeId; readonly channel: number };

export type Effect =
  /** Find the address behind a rendezvous location; answered by `located`. */
  | { readonly kind: 'locate'; readonly location: string }
  /** Opens a control connection when there is none. */
  | { readonly kind: 'send'; readonly to: Address; readonly message: Message }
  /** The mesh edge is gone: close the control connection when nothing else uses it. */
  | { readonly kind: 'hangUp'; readonly to: Address }
  /**
   * From a child this opens the data connection; from a parent it uses the child's. The connection
   * closes with its last subscription.
   */
  | { readonly kind: 'sendData'; readonly to: Member; readonly message: ChannelMessage }
  | { readonly kind: 'forward'; readonly to: NodeId; readonly adu: Adu }
  | { readonly kind: 'deliver'; readonly adu: Adu }
  | { readonly kind: 'notify'; readonly event: GossamerEvent };

/** A data message with the channel whose connection carries it. */
export interface ChannelMessage {
  readonly channel: number;
  readonly body: DataMessage;
}

export type GossamerEvent =
  | { readonly kind: 'edgeUp'; readonly member: Member; readonly ours: boolean }
  | { readonly kind: 'edgeDown'; readonly member: Member; readonly reason: EdgeDownReason }
  | { readonly kind: 'memberFailed'; readonly member: Member }
  | { readonly kind: 'memberLeft'; readonly member: Member }
  | { readonly kind: 'partitionSuspected'; readonly sinceMs: number }
  | { readonly kind: 'heartbeatHeard'; readonly generator: NodeId }
  | { readonly kind: 'generating'; readonly generating: boolean }
  | { readonly kind: 'parentChanged'; readonly source: SourceId; readonly parent: NodeId | null }
  | { readonly kind: 'sourceUp'; readonly source: Source; readonly scx: NodeId }
  | { readonly kind: 'sourceDown'; readonly source: SourceId }
  | { readonly kind: 'missed'; readonly source: SourceId; readonly count: number }
  /** Somebody wants these optional channels, and no others, of a source that is attached here. */
  | {
      readonly kind: 'demand';
      readonly source: SourceId;
      readonly channels: readonly number[];
    }
  /** A new entry is kept. */
  | { readonly kind: 'entry'; readonly entry: Entry }
  /** The neighbour has sent an entry that its author has not signed. */
  | { readonly kind: 'entryForged'; readonly member: Member }
  /** Leaving is complete: every child has another parent, or its time is up. */
  | { readonly kind: 'left' };

export type EdgeDownReason =
  /** We have replaced it with a better one. */
  | 'replaced'
  /** We have given it up for an asker that gains more. */
  | 'evicted'
  /** The other end has dropped it. */
  | 'dropped'
  /** Its control connection closed. */
  | 'closed'
  /** Its keep-alives are missing. */
  | 'silent'
  /** The neighbour has left the session, or we leave it. */
  | 'left'
  /** The neighbour was reported dead. */
  | 'failed';
