/**
 * Requests to other processes of the same cluster, which both sides prove with the cluster's secret
 * (cluster-proof.ts). The code of a request holds for a while by the time since the machine was
 * started; on another machine that is another time. A process that refuses a code says what it has
 * (CLOCK_FIELD), and the request is made once more by that. So it does not matter what time of day the
 * machines believe it is. Whoever lies about it gains a code for a later instant, which can be used
 * once; so a clock is believed only where the cluster has several machines.
 */
import {
  type Agent,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as startRequest,
} from 'node:http';
import { readText } from './client/plain-request.js';
import { CLOCK_FIELD, PROOF_FIELD, proveRequest, uptimeMs } from './cluster-proof.js';

interface ProvenRequestOptions {
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  /** JSON. */
  readonly body?: string;
  readonly withinMs: number;
  readonly answerBytesMax: number;
  readonly agent?: Agent;
}

interface ProvenAnswer {
  readonly status: number;
  readonly text: string;
  readonly headers: IncomingHttpHeaders;
  /** It comes from a process that knows the secret. */
  readonly isOurs: boolean;
}

/** Sends a request. Rejects with the network's error. */
export type ProvenClient = (options: ProvenRequestOptions) => Promise<ProvenAnswer>;

interface Sent extends ProvenAnswer {
  /** The other machine's clock; undefined if it was not told. */
  readonly clockMs: number | undefined;
}

const CLOCK_FORM = /^\d{1,15}$/;

function clockIn({ headers, statusCode }: IncomingMessage): number | undefined {
  const shown = `${headers[CLOCK_FIELD] ?? ''}`;
  return statusCode === 401 && CLOCK_FORM.test(shown) ? Number(shown) : undefined;
}

/** Creates a client for one address. `isElsewhere`: it may be on another machine. */
export function createProvenClient(secret: string, isElsewhere: boolean): ProvenClient {
  let aheadMs = 0;

  const send = (options: ProvenRequestOptions): Promise<Sent> => {
    const { url, method, body = '', withinMs, answerBytesMax, agent } = options;
    const target = `${url.pathname}${url.search}`;
    const proof = proveRequest(secret, { method, target, body }, () => uptimeMs() + aheadMs);
    const headers = {
      [PROOF_FIELD]: proof.value,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    };
    const signal = AbortSignal.timeout(withinMs);
    return new Promise((resolve, reject) => {
      const request = startRequest(url, { method, headers, signal, ...(agent && { agent }) });
      const fail = (error: Error): void => {
        request.destroy();
        reject(error);
      };
      request.on('error', fail);
      request.on('response', (response) => {
        readText(response, answerBytesMax).then((text) => {
          const status = response.statusCode ?? 0;
          const isOurs = proof.isAnsweredBy(`${response.headers[PROOF_FIELD] ?? ''}`, status, text);
          const { headers: fields } = response;
          resolve({ status, text, headers: fields, isOurs, clockMs: clockIn(response) });
        }, fail);
      });
      request.end(body);
    });
  };

  return async (options) => {
    const first = await send(options);
    if (first.clockMs === undefined || !isElsewhere) return first;
    aheadMs = first.clockMs - uptimeMs();
    return send(options);
  };
}
