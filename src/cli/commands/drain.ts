/**
 * `scattercast cluster --drain`: asks the cluster that runs on this machine to replace its SCXs by
 * new processes (api/drain.ts), for example after an update, and tells of each.
 *
 * The right to do that is proven with the cluster's secret, which only its own user and root can read
 * in its data directory, and which is not sent. A cluster on another machine cannot be drained.
 */

import type { IncomingMessage } from 'node:http';
import { type Drained, type DrainRequest, drainedSchema } from '../../api/drain.js';
import { unanswered } from '../../client/cluster/ask-front-end.js';
import { readText, requestFailure, sendRequest } from '../../http/client/plain-request.js';
import { PROOF_FIELD, proveRequest } from '../../http/cluster-proof.js';
import { joinHostPort, localHost } from '../../lib/host-port.js';
import { EXIT, UserError } from '../../lib/user-error.js';
import { nameInId } from '../../session/session-id.js';
import { readSecret } from './data-directory.js';

export interface DrainOptions {
  readonly dataDir: string;
  /** The port of the front end. */
  readonly port: number;
  readonly listenHost: string | undefined;
  /** How long a replaced SCX serves listeners that cannot be handed over, ms. */
  readonly drainMs: number;
  /** Takes what has happened to each SCX, in the order in which it happens. */
  readonly onDrained: (drained: Drained) => void;
}

const REFUSAL_BYTES_MAX = 65_536;

async function ask(url: string, secret: string, drainMs: number): Promise<IncomingMessage> {
  const body = JSON.stringify({ drainMs } satisfies DrainRequest);
  const proof = proveRequest(secret, { method: 'POST', target: '/drain', body });
  const answer = await sendRequest({
    url: new URL(`${url}/drain`),
    method: 'POST',
    headers: { [PROOF_FIELD]: proof.value, 'content-type': 'application/json' },
    body,
    signal: new AbortController().signal, // Replacing all SCXs may take any time.
  }).catch((error: unknown) => {
    throw unanswered(url, error);
  });
  if (answer.statusCode === 200) {
    if (proof.isAnsweredBy(`${answer.headers[PROOF_FIELD] ?? ''}`, 200, '')) return answer;
    answer.destroy();
    throw new UserError(EXIT.unreachable, `another program than that cluster answers at ${url}`);
  }
  const said = await readText(answer, REFUSAL_BYTES_MAX).catch(requestFailure);
  throw new UserError(EXIT.refused, `the cluster at ${url} says: ${said.slice(0, 1000).trim()}`);
}

async function* linesOf(answer: IncomingMessage): AsyncGenerator<string> {
  let rest = '';
  for await (const text of answer.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = `${rest}${text}`.split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

/** One line for the user. */
export const drainSentence = ({ session, pid, successorPid, reason }: Drained): string =>
  successorPid === undefined
    ? `${nameInId(session)}: process ${pid} was not replaced: ${reason}`
    : `${nameInId(session)}: process ${successorPid} has taken over from ${pid}`;

/**
 * Resolves when all SCXs have been replaced. Rejects with a UserError when no cluster answers, or
 * when an SCX could not be replaced.
 */
export async function drainCluster(request: DrainOptions): Promise<void> {
  const { dataDir, port, listenHost = '', drainMs, onDrained } = request;
  if (port === 0)
    throw new UserError(EXIT.usage, '--drain needs the --port PORT of the running cluster');
  const url = `http://${joinHostPort(localHost(listenHost), port)}`;
  const response = await ask(url, await readSecret(dataDir), drainMs);
  let failed = 0;
  for await (const line of linesOf(response)) {
    const drained = drainedSchema.parse(JSON.parse(line));
    onDrained(drained);
    if (drained.successorPid === undefined) failed++;
  }
  if (failed === 0) return;
  throw new UserError(EXIT.refused, `${failed} of the SCXs could not be replaced`);
}
