/**
 * A source client that speaks Icecast's language, as the SCX's other source clients look (see
 * sources.ts): so the same checks, limits and moments of grace hold for both.
 */
import type { Adu, Source } from '../gossamer/node.js';
import type { ClientConnection } from '../overlay/client-connection.js';
import type { ClientMessage } from '../wire/client-message.js';

/** The other end of the connection that `sources` has. */
export interface IngestLink {
  readonly connection: ClientConnection;
  publish(adu: Omit<Adu, 'source' | 'sourceScx'>): void;
  /** The client is there, though it sends no sound. */
  keepAlive(): void;
  /** The client is gone. */
  close(reason: string): void;
}

/** `onClosed`: the SCX does not want it any more. Not called after `close`. */
export function createIngestLink(
  source: Source,
  remoteAddress: string,
  onClosed: (reason: string) => void,
): IngestLink {
  let takeAdu = (_adu: Adu): void => {};
  let takeMessage = (_message: ClientMessage): void => {};
  let takeClose = (_reason: string): void => {};
  let isClosed = false;

  const closeHere = (reason: string): void => {
    if (isClosed) return;
    isClosed = true;
    onClosed(reason);
  };

  const connection: ClientConnection = {
    source,
    remoteAddress,
    // There is no word for it, so it is cut off: encoders connect again.
    send: ({ kind }) => {
      if (kind === 'leaving') connection.close('this SCX is leaving');
    },
    onAdu: (callback) => {
      takeAdu = callback;
    },
    onMessage: (callback) => {
      takeMessage = callback;
    },
    onClose: (callback) => {
      takeClose = callback;
    },
    close: (reason) => closeHere(reason ?? 'its source was withdrawn'),
  };

  return {
    connection,
    // Who its SCX is, is written in by the checks.
    publish: (adu) => takeAdu({ ...adu, source: source.id, sourceScx: '' as Adu['sourceScx'] }),
    keepAlive: () => takeMessage({ kind: 'keepAlive' }),
    close: (reason) => {
      if (isClosed) return;
      isClosed = true;
      takeClose(reason);
    },
  };
}
