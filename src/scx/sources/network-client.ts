/** A source client that is connected over the overlay's protocol. */
import type { ClientConnection } from '../../overlay/sockets/client-connection.js';
import type { SourceClient } from './source-client.js';

/** The source client behind a connection. */
export const networkClient = (connection: ClientConnection): SourceClient => ({
  source: connection.source,
  key: connection.key,
  remoteAddress: connection.remoteAddress,
  listen: ({ onAdu, onKeepAlive, onStated, onLeaving, onClose }) => {
    connection.onAdu(onAdu);
    connection.onStated(onStated);
    connection.onMessage(({ kind }) => {
      if (kind === 'keepAlive') onKeepAlive();
      if (kind === 'amLeaving') onLeaving();
    });
    connection.onClose(onClose);
  },
  sendAlive: (audience) => connection.send({ kind: 'alive', ...audience }),
  sendWanted: (channels) => connection.send({ kind: 'wanted', channels }),
  sendLeaving: () => connection.send({ kind: 'leaving' }),
  close: (reason) => connection.close(reason),
});
