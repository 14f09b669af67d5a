/**
 * The connection of a source client to its SCX (cluster/scx-connection.ts): it signs what it sends, and
 * states now and then anew that it is attached there.
 */
import type { Attachment } from '../../api/attach.js';
import { createLotSigner, lotFrames } from '../../overlay/lots/lot-signer.js';
import { STATE_AGAIN_MS } from '../../overlay/lots/source-statement.js';
import { steadyTimeMs } from '../../runtime/steady-time.js';
import type { WireEvent } from '../../wire/decoder.js';
import { encodeClientMessage } from '../../wire/encoder.js';
import { WIRE_VERSION } from '../../wire/hello.js';
import {
  openScxConnection,
  type ScxConnection,
  type ScxConnectionOptions,
  unexpected,
} from '../cluster/scx-connection.js';
import type { OwnAdu } from './adu-window.js';
import type { SignedSource } from './source-credentials.js';

export interface ConnectionOptions
  extends Required<Pick<ScxConnectionOptions, 'onAlive' | 'onDrain' | 'signal'>> {
  readonly attachment: Attachment;
  /** The source, which the SCX lets attach by its signature. */
  readonly signed: SignedSource;
  /** Somebody wants these channels besides. Default: that is nothing to the source. */
  onWanted?(channels: readonly number[]): void;
}

/** A connection that the SCX has accepted. */
export interface SourceConnection
  extends Pick<ScxConnection, 'writable' | 'leave' | 'destroy' | 'closed'> {
  /** Signs ADUs and sends them. */
  send(adus: readonly OwnAdu[]): void;
}

/** Creates a function that returns the source's next statement when it is due. */
function createStatements({ proof, state }: SignedSource): () => Uint8Array | undefined {
  let statedMs = proof.timeMs;
  return () => {
    if (steadyTimeMs() - statedMs < STATE_AGAIN_MS) return undefined;
    const stated = state();
    statedMs = stated.timeMs;
    return encodeClientMessage({ kind: 'stated', ...stated });
  };
}

/** Takes what only a source is sent; returns why that ends the connection. */
const ownFrame =
  (onWanted: (channels: readonly number[]) => void) =>
  (event: WireEvent): string | undefined => {
    if (event.kind !== 'client' || event.message.kind !== 'wanted') return unexpected(event);
    onWanted(event.message.channels);
    return undefined;
  };

/** Connects and says HELLO. Rejects with a UserError when the SCX does not answer, or refuses. */
export async function openSourceConnection(options: ConnectionOptions): Promise<SourceConnection> {
  const { signed, onWanted = () => undefined, ...others } = options;
  const { source, proof, key } = signed;
  const { session } = options.attachment;
  const signer = createLotSigner({ session, source: source.id, epoch: source.epoch, key });
  const connection = await openScxConnection({
    ...others,
    hello: { version: WIRE_VERSION, session, purpose: 'client', source, proof },
    besideKeepAlive: createStatements(signed),
    onFrame: ownFrame(onWanted),
  });
  return {
    get writable() {
      return connection.writable;
    },
    closed: connection.closed,
    leave: connection.leave,
    destroy: connection.destroy,
    send: (adus) => {
      for (const frame of lotFrames(signer.sign(adus))) connection.send(frame);
    },
  };
}
