/** Asks for a stream as players do: over http or https, and wherever a redirect leads. */
import { type ClientRequest, get as getPlain, type IncomingMessage } from 'node:http';
import { get as getSecure } from 'node:https';

export interface StreamRequest {
  readonly onAudio: (chunk: Buffer) => void;
  /** Once: the server has ended it, or has refused it; not after it was hung up here. */
  readonly onOver: (reason: string) => void;
  /** A server is asked, at the beginning and after each redirect. */
  readonly onAsk?: (origin: string) => void;
}

/** Certificates are not checked: those of benchmarks have signed themselves. */
const options = { agent: false, rejectUnauthorized: false };

/** Requests a stream, following redirects; returns what hangs up. */
export function getStream(url: string, { onAudio, onOver, onAsk }: StreamRequest): () => void {
  let request: ClientRequest;
  let isOver = false;
  const over = (reason: string): void => {
    if (!isOver) onOver(reason);
    isOver = true;
  };
  const take = (at: string) => (answer: IncomingMessage) => {
    const { statusCode, headers } = answer;
    answer.on('error', ({ message }) => over(message));
    if (headers.location !== undefined) {
      answer.resume();
      return send(new URL(headers.location, at).href);
    }
    answer.on('close', () => over(`the end of the answer with status ${statusCode} of ${at}`));
    if (statusCode === 200) answer.on('data', onAudio);
    else answer.resume();
  };
  const send = (at: string): void => {
    onAsk?.(new URL(at).origin);
    const get = at.startsWith('https:') ? getSecure : getPlain;
    request = get(at, options, take(at)).on('error', ({ message }) => over(message));
  };
  send(url);
  return () => {
    isOver = true;
    request.destroy();
  };
}
