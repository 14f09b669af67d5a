/**
 * Requests to clusters. A request goes to one address, so that it shows whether the cluster is reached
 * there: names are resolved before. Connections are kept, as the same question comes about twice a second.
 *
 * What is asked is `GET /room` (api/locating/room.ts), whose answer proves the key of the cluster; by that
 * it counts, and by no certificate.
 */
import { randomBytes } from 'node:crypto';
import { Agent, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps, Agent as TlsAgent } from 'node:https';
import { isIP } from 'node:net';
import { ROOM_PATH, type RoomAnswer, roomAnswerSchema } from '../../api/locating/room.js';
import { readText } from '../../http/client/plain-request.js';
import { isSignedAnswer, SIGNATURE_FIELD } from '../../http/signed-answer.js';

/** An answer, as JSON; undefined: it has not changed. */
interface Answer {
  readonly text: string;
  readonly etag: string | undefined;
  readonly signature: string;
  readonly isUnchanged: boolean;
}

interface AskOptions {
  /** `http://host:port`. */
  readonly url: URL;
  /** The IP address; undefined: whatever the name resolves to. */
  readonly address?: string | undefined;
  readonly path: string;
  readonly bytesMax: number;
  readonly etag?: string | undefined;
  /** The answer is whole within this, ms. */
  readonly timeoutMs: number;
}

export interface ClusterClient {
  /** Rejects if there is no good answer in time. */
  ask(options: AskOptions): Promise<Answer>;
  /** The room, if the answer is signed for this question by the key in it. Rejects otherwise. */
  askRoom(
    at: Pick<AskOptions, 'url' | 'address' | 'timeoutMs'>,
    known: string,
  ): Promise<RoomAnswer>;
  close(): void;
}

/** More than ten thousand sessions need. */
const ROOM_BYTES_MAX = 2 ** 22;
const NOT_MODIFIED = 304;

function parseRoom(text: string, challenge: string, signature: string): RoomAnswer {
  const answer = roomAnswerSchema.parse(JSON.parse(text));
  if (!isSignedAnswer(answer.key, 'room', challenge, { body: text, signature })) {
    throw new Error('the answer is not signed by the key in it');
  }
  return answer;
}

/** Creates a client with its own connections. */
export function createClusterClient(): ClusterClient {
  const agents = { keepAlive: true, maxSockets: 4, maxFreeSockets: 2 };
  const agent = new Agent(agents);
  const tlsAgent = new TlsAgent(agents);

  const send = ({ url, address, path, etag }: AskOptions, signal: AbortSignal) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const { hostname, host, port, protocol } = url;
      const name = hostname.replace(/^\[|\]$/g, '');
      const isTls = protocol === 'https:';
      const options = {
        ...{ host: address ?? name, port: port === '' ? (isTls ? 443 : 80) : port, path, signal },
        headers: { host, ...(etag === undefined ? {} : { 'if-none-match': etag }) },
      };
      const servername = isIP(name) === 0 ? { servername: name } : {};
      const sending = isTls
        ? requestHttps({ ...options, ...servername, rejectUnauthorized: false, agent: tlsAgent })
        : requestHttp({ ...options, agent });
      sending.on('response', resolve);
      sending.on('error', reject);
      sending.end();
    });

  const ask = async (options: AskOptions): Promise<Answer> => {
    const response = await send(options, AbortSignal.timeout(options.timeoutMs));
    const { statusCode, headers } = response;
    const isUnchanged = options.etag !== undefined && statusCode === NOT_MODIFIED;
    if (statusCode !== 200 && !isUnchanged) {
      response.destroy();
      throw new Error(`HTTP status ${statusCode}`);
    }
    const text = await readText(response, options.bytesMax);
    const signature = `${headers[SIGNATURE_FIELD.toLowerCase()] ?? ''}`;
    return { text, etag: headers.etag, signature, isUnchanged };
  };

  return {
    ask,
    askRoom: async (at, known) => {
      const challenge = randomBytes(18).toString('base64url');
      const query = new URLSearchParams({ challenge, known });
      const path = `${ROOM_PATH}?${query}`;
      const { text, signature } = await ask({ ...at, path, bytesMax: ROOM_BYTES_MAX });
      return parseRoom(text, challenge, signature);
    },
    close: () => {
      agent.destroy();
      tlsAgent.destroy();
    },
  };
}
