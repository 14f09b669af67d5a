/**
 * Connections on which `ICY 200 OK` is read as HTTP.
 *
 * SHOUTcast begins its response with that line, and no HTTP parser accepts it. So a stream stands
 * between the socket and node:http: if the first four bytes from the server are `ICY `, it replaces
 * them by `HTTP/1.0 `. All other bytes pass unchanged in both directions.
 */
import { connect, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';

const ICY = Buffer.from('ICY ');
const HTTP = Buffer.from('HTTP/1.0 ');

const NOTHING = Buffer.alloc(0);

/** A connection to the URL's host, for the `createConnection` of a request. */
export function connectIcy(url: URL): Duplex {
  const isTls = url.protocol === 'https:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const target = { host, port: Number(url.port) || (isTls ? 443 : 80) };
  return withRewrittenStart(isTls ? connectTls({ ...target, servername: host }) : connect(target));
}

/**
 * Creates a function that replaces `ICY ` at the start of a stream; it holds bytes back while they
 * may be part of it.
 */
function createRewriter(): (chunk: Buffer) => Buffer {
  /** The first bytes; undefined once they have passed. */
  let start: Buffer | undefined = NOTHING;
  return (chunk) => {
    if (start === undefined) return chunk;
    start = Buffer.concat([start, chunk]);
    if (start.length < ICY.length && ICY.subarray(0, start.length).equals(start)) return NOTHING;
    const bytes = start.subarray(0, ICY.length).equals(ICY)
      ? Buffer.concat([HTTP, start.subarray(ICY.length)])
      : start;
    start = undefined;
    return bytes;
  };
}

/** The socket as a stream that reads at the pace of its reader. */
function withRewrittenStart(socket: Socket): Duplex {
  const rewrite = createRewriter();
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
    const bytes = rewrite(chunk);
    if (bytes.length > 0 && !duplex.push(bytes)) socket.pause();
  });
  socket.on('end', () => duplex.push(null));
  socket.on('error', (error) => duplex.destroy(error));
  socket.on('close', () => {
    if (!socket.readableEnded) duplex.destroy();
  });
  return duplex;
}
