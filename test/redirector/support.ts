/**
 * Clusters as far as a redirector sees them, at loopback addresses of their own and one port; and questions
 * of DNS, over real sockets.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import packet, { type Answer, type DecodedPacket, type RecordType } from 'dns-packet';
import type { RoomAnswer } from '../../src/api/locating/room.js';
import { SIGNATURE_FIELD, signAnswer } from '../../src/http/signed-answer.js';
import { type RedirectorOptions, startRedirector } from '../../src/redirector/redirector.js';
import { drawSigningKey, type SigningKey } from '../../src/runtime/signing-key.js';
import { afterTest } from '../after-test.js';
import { quiet } from '../cluster/support.js';

export const ZONE = 'redirect.example';

export interface StandIn {
  readonly key: SigningKey;
  readonly url: string;
  readonly address: string;
  /** What it tells; may be changed. */
  room: Partial<RoomAnswer>;
  /** Of the directory. */
  clusters: object[];
  /** What it has seen: networks, and ms. */
  networks: [string, number][];
  sessions: { readonly session: string; readonly key: string }[];
  /** What it does with questions for its room. */
  behaviour: 'answers' | 'is silent' | 'fails';
  /** Questions for its room so far. */
  asked: number;
  stop(): Promise<void>;
  start(): Promise<void>;
}

const close = (server: Server): Promise<void> =>
  new Promise((closed) => {
    server.close(() => closed());
    server.closeAllConnections();
  });

/** A cluster that runs at this address; `port` 0: any. */
export async function standIn(
  address: string,
  port: number,
  over: { readonly key?: SigningKey; readonly signedBy?: SigningKey } = {},
): Promise<StandIn> {
  const key = over.key ?? drawSigningKey();
  const { signedBy = key } = over;
  const roomOf = (): RoomAnswer => ({
    ...{ key: key.publicKey, urls: [self.url], carries: true, places: 4, free: 96 },
    ...{ version: JSON.stringify(self.room).slice(0, 60), sessions: [] },
    ...self.room,
  });
  const answerTo = (target: string): { body: string; signature?: string } => {
    const { pathname, searchParams } = new URL(target, 'http://cluster');
    if (pathname === '/directory/clusters') {
      return { body: JSON.stringify({ clusters: self.clusters }) };
    }
    if (pathname === '/directory') {
      return { body: JSON.stringify({ total: self.sessions.length, sessions: self.sessions }) };
    }
    const challenge = searchParams.get('challenge') ?? '';
    if (pathname === '/directory/networks') {
      const { networks } = self;
      const body = JSON.stringify({ cluster: key.publicKey, version: '1', networks });
      return { body, signature: signAnswer(signedBy, 'networks', challenge, body) };
    }
    self.asked++;
    const body = JSON.stringify(roomOf());
    return { body, signature: signAnswer(signedBy, 'room', challenge, body) };
  };
  const listen = async (at: number): Promise<Server> => {
    const server = createServer((request, response) => {
      if (self.behaviour === 'is silent') return;
      if (self.behaviour === 'fails') return void response.writeHead(500).end();
      const { body, signature = '' } = answerTo(request.url ?? '');
      response.setHeader(SIGNATURE_FIELD, signature);
      response.end(body);
    });
    server.listen(at, address);
    await once(server, 'listening');
    return server;
  };
  let server = await listen(port);
  const bound = (server.address() as AddressInfo).port;
  const self: StandIn = {
    ...{ key, address, url: `http://${address}:${bound}`, room: {} },
    ...{ clusters: [], networks: [], sessions: [], behaviour: 'answers', asked: 0 },
    stop: () => close(server),
    start: async () => {
      server = await listen(bound);
    },
  };
  afterTest(() => self.stop().catch(() => undefined));
  return self;
}

export const portOf = ({ url }: StandIn): number => Number(new URL(url).port);

/** What the directory says of a cluster. */
export const factsOf = ({ key, url }: StandIn, more: object = {}) => ({
  ...{ key: key.publicKey, urls: [url], version: '1', scxs: 0, scxsMax: 4, listeners: 0 },
  ...more,
});

export interface Asking {
  readonly type?: RecordType;
  readonly tcp?: boolean;
  /** Of the client: address and bits. */
  readonly subnet?: readonly [string, number];
}

function question(name: string, { type = 'A', subnet }: Asking): Buffer {
  const [ip, sourcePrefixLength] = subnet ?? [];
  const options = [{ code: 8, ip, sourcePrefixLength, scopePrefixLength: 0 }];
  const edns = {
    ...{ type: 'OPT', name: '.', udpPayloadSize: 1232, extendedRcode: 0, ednsVersion: 0 },
    ...{ flags: 0, flag_do: false, options },
  } as Answer;
  const additionals = subnet === undefined ? [] : [edns];
  return packet.encode({
    type: 'query',
    id: 1,
    flags: 0,
    questions: [{ name, type }],
    additionals,
  });
}

/** Sends bytes over UDP; resolves to the first answer. */
async function sendUdp(port: number, bytes: Buffer): Promise<Buffer> {
  const socket = createSocket('udp4');
  socket.send(bytes, port, '127.0.0.1');
  const [answer] = (await once(socket, 'message')) as [Buffer];
  socket.close();
  return answer;
}

async function sendTcp(port: number, bytes: Buffer): Promise<Buffer> {
  const socket = connect(port, '127.0.0.1');
  socket.write(Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]));
  const chunks: Buffer[] = [];
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    const all = Buffer.concat(chunks);
    if (all.length >= 2 && all.length >= 2 + all.readUInt16BE(0)) break;
  }
  socket.destroy();
  return Buffer.concat(chunks).subarray(2);
}

export interface Told extends DecodedPacket {
  readonly rcode: string;
}

const dataOf = ({ answers = [] }: DecodedPacket): unknown[] =>
  answers.map((answer) => ('data' in answer ? answer.data : undefined));

/** A redirector for these clusters, closed after the test. */
export async function redirectorOf(
  clusters: readonly StandIn[],
  over: Partial<RedirectorOptions> = {},
) {
  const [first] = clusters;
  const redirector = await startRedirector({
    ...{ zone: ZONE, port: 0, listenHost: '127.0.0.1', ttl: 5, rate: 0, log: quiet },
    nameServers: [{ name: `ns.${ZONE}`, addresses: ['127.0.0.1'] }],
    clusters: clusters.map(({ url }) => url),
    ...{ trust: [], allowPrivate: false, clusterPort: first === undefined ? 8000 : portOf(first) },
    pace: { askMs: 60, mapMs: 50, sessionsMs: 50, networksMs: 50 },
    ...over,
  });
  afterTest(() => redirector.close());
  const ask = async (name: string, asking: Asking = {}): Promise<Told> => {
    const send = asking.tcp === true ? sendTcp : sendUdp;
    return packet.decode(await send(redirector.port, question(name, asking))) as Told;
  };
  const find = async (name: string, asking: Asking = {}) => dataOf(await ask(name, asking));
  return { redirector, ask, find };
}

/** What is known of a session in a cluster's room. */
export const sessionRoom = (path: string, key: SigningKey, free: number) => ({
  ...{ id: `scattercast://${path}#${key.publicKey}`, free },
});
