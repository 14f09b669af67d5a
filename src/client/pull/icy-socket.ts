/**
 * SHOUTcast begins its answer with `ICY 200 OK`, which no HTTP parser takes. So between the socket
 * and node:http stands this: the first four bytes, if they are `ICY `, become `HTTP/1.0 `.
 */
import { connect, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';

const ICY = Buffer.from('ICY ');
const HTTP = Buffer.from('HTTP/1.0 ');

/** A connection to the URL's host, for the `createConnection` of a request. */
export function connectIcy(url: URL): Duplex {
  const isTls = url.protocol === 'https:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const target = { host, port: Number(url.port) || (isTls ? 443 : 80) };
  return wrap(isTls ? connectTls({ ...target, servername: host }) : connect(target));
}

function wrap(socket: Socket): Duplex {
  let head: Buffer | undefined = Buffer.alloc(0);
  const rewritten = (chunk: Buffer): Buffer => {
    if (head === undefined) return chunk;
    head = Buffer.concat([head, chunk]);
    if (head.length < ICY.length && ICY.subarray(0, head.length).equals(head)) return NOTHING;
    const bytes = head.subarray(0, ICY.length).equals(ICY)
      ? Buffer.concat([HTTP, head.subarray(ICY.length)])
      : head;
    head = undefined;
    return bytes;
  };
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
    const bytes = rewritten(chunk);
    if (bytes.length > 0 && !duplex.push(bytes)) socket.pause();
  });
  socket.on('end', () => duplex.push(null));
  socket.on('error', (error) => duplex.destroy(error));
  socket.on('close', () => {
    if (!socket.readableEnded) duplex.destroy();
  });
  return duplex;
}

const NOTHING = Buffer.alloc(0);
