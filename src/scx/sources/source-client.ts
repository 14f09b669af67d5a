/**
 * A source client as an SCX sees it (§2.5), whatever its connection is. Two kinds exist: a
 * broadcaster of ours, over the overlay's protocol (network-client.ts), and an encoder, which this
 * process itself turns into a source (ingest/encoder-client.ts). Both pass the same checks.
 */
import type { Adu, Source } from '../../gossamer/core/node.js';
import type { PublicKey } from '../../session/public-key.js';

/** The number of listeners of a source, in the session and at this SCX. */
export interface SourceAudience {
  readonly listeners: number;
  readonly scxListeners: number;
}

/** The events of a client. */
export interface SourceClientEvents {
  onAdu(adu: Adu): void;
  onKeepAlive(): void;
  /** Its source has stated anew that it is attached here. */
  onStated(source: Source): void;
  /** AM_LEAVING: it departs for good. */
  onLeaving(): void;
  /** Called once, unless the SCX closed it. */
  onClose(reason: string): void;
}

/** A client that has passed its login. */
export interface SourceClient {
  readonly source: Source;
  /** The source key with which it has logged in. */
  readonly key: PublicKey;
  readonly remoteAddress: string;
  /** Registers what is called from now on; replaces what was registered before. */
  listen(events: SourceClientEvents): void;
  /** Answers a KEEP_ALIVE. */
  sendAlive(audience: SourceAudience): void;
  /** Somebody wants these optional channels of it, and no others: renditions. */
  sendWanted(channels: readonly number[]): void;
  /** Asks it to attach to another SCX, because this one leaves. */
  sendLeaving(): void;
  /** Ends it after what was sent, with a reason. */
  close(reason?: string): void;
}
