/**
 * Connections on which the answer of any stream server is read as HTTP.
 *
 * SHOUTcast begins its answer with `ICY 200 OK`, other servers end lines with LF alone, and no HTTP
 * parser accepts that. So a stream stands between the socket and node:http, and rewrites the head of
 * the answer (icecast/response-head.ts). All other bytes pass unchanged in both directions.
 */
import { connect, isIP, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { createHeadRewriter } from '../../icecast/response-head.js';

/** A connection to the URL's host, for the `createConnection` of a request. */
export function connectIcy(url: URL): Duplex {
  const isTls = url.protocol === 'https:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const target = { host, port: Number(url.port) || (isTls ? 443 : 80) };
  // A server is not told its IP address: TLS has names only (RFC 6066 §3), and Node warns of it.
  const servername = isIP(host) === 0 ? host : '';
  return withRewrittenStart(isTls ? connectTls({ ...target, servername }) : connect(target));
}

/** The socket as a stream that reads at the pace of its reader. */
function withRewrittenStart(socket: Socket): Duplex {
  const head = createHeadRewriter();
  const duplex = new Duplex({
    read: () => void socket.resume(),
    write: (chunk, _encoding, done) => void socket.write(chunk, done),
    final: (done) => void socket.end(done),
    destroy: (error, done) => {
      socket.destroy();
      done(error);
    },
  });
  socket.on('data', (chunk: Buffer) => {
    const bytes = head.take(chunk);
    if (bytes.length > 0 && !duplex.push(bytes)) socket.pause();
  });
  socket.on('end', () => {
    const rest = head.rest();
    if (rest.length > 0) duplex.push(rest);
    duplex.push(null);
  });
  socket.on('error', (error) => duplex.destroy(error));
  socket.on('close', () => {
    if (!socket.readableEnded) duplex.destroy();
  });
  return duplex;
}
