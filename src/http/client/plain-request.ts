/**
 * A request to a server that the user has named, so any address is allowed; guarded-request.ts is for
 * URLs of strangers. Redirects are not followed.
 *
 * It is not fetch, whose parser is WebAssembly: that reserves more than 10 GB of address space, and
 * fails as if there were no server where a machine allows less (`ulimit -v`).
 */
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';

/** A request. */
export interface PlainRequest {
  readonly url: URL;
  /** Default: GET. */
  readonly method?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Ends the request, also while the answer is read. */
  readonly signal: AbortSignal;
}

/** Sends a request; resolves with the head of the answer. Rejects with the error of the network. */
export function sendRequest(options: PlainRequest): Promise<IncomingMessage> {
  const { url, method = 'GET', headers, body, signal } = options;
  const start = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const sending = start(url, { method, headers, signal, agent: false });
    sending.on('response', resolve);
    sending.on('error', reject); // Without effect after the answer: its reader gets the error.
    sending.end(body);
  });
}

/** Reads an answer as UTF-8. Rejects when it breaks off or has more than `bytesMax` bytes. */
export async function readText(answer: IncomingMessage, bytesMax: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw new Error(`the answer is larger than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}

/** Why a request failed: the code of the error, like ECONNREFUSED, or else its message. */
export function requestFailure(error: unknown): string {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  return `${code ?? message ?? error}`;
}
