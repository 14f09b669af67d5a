/** Requests and answers of a cluster's own processes, which know its secret. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  createProofCheck,
  PROOF_FIELD,
  type ProvenRequest,
  proveRequest,
} from '../../src/http/cluster-proof.js';

/** The header field of a request that was made with the secret. */
export const proofOf = (
  secret: string,
  method: string,
  target: string,
  body: ProvenRequest['body'] = '',
): Record<string, string> => ({
  [PROOF_FIELD]: proveRequest(secret, { method, target, body }).value,
});

/** Sends a request that was made with the secret. */
export const fetchProven = (
  secret: string,
  url: string,
  { method = 'GET', body, headers }: { method?: string; body?: string; headers?: object } = {},
): Promise<Response> => {
  const { pathname, search } = new URL(url);
  const proof = proofOf(secret, method, `${pathname}${search}`, body);
  return fetch(url, {
    ...{ method, headers: { ...headers, ...proof } },
    ...(body === undefined ? {} : { body }),
  });
};

/** Answers as the front end does that knows the secret. */
export function answerProven(
  secret: string,
  request: IncomingMessage,
  response: ServerResponse,
  answer: { readonly status?: number; readonly body?: string } = {},
): void {
  const { status = 200, body = '' } = answer;
  const value = request.headers[PROOF_FIELD] as string | undefined;
  const proof = createProofCheck(secret).answerTo(value, status, body);
  response.writeHead(status, { [PROOF_FIELD]: proof }).end(body);
}
