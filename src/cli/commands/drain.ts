/**
 * `scattercast cluster --drain`: asks the cluster that runs on this machine to replace its SCXs by
 * new processes (api/drain.ts), for example after an update, and tells of each.
 *
 * The right to do that is proved by the cluster's secret, which only its own user and root can read
 * in its data directory. A cluster on another machine cannot be drained.
 */

import { readFile } from 'node:fs/promises';
import { type Drained, type DrainRequest, drainedSchema } from '../../api/drain.js';
import { joinHostPort, localHost } from '../../lib/host-port.js';
import { EXIT, UserError } from '../../lib/user-error.js';

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

async function readSecret(dataDir: string): Promise<string> {
  try {
    return (await readFile(`${dataDir}/secret`, 'utf8')).trim();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const advice = 'give the same --data or --port as to that cluster, and run as its user';
    throw new UserError(EXIT.file, `no data of a cluster in ${dataDir} (${code}): ${advice}`);
  }
}

async function ask(url: string, secret: string, drainMs: number): Promise<Response> {
  const options = {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ drainMs } satisfies DrainRequest),
  };
  const response = await fetch(`${url}/drain`, options).catch(() => undefined);
  if (response === undefined) {
    throw new UserError(EXIT.unreachable, `no cluster answers at ${url}: is it running there?`);
  }
  if (response.ok) return response;
  const said = (await response.text()).slice(0, 1000).trim();
  throw new UserError(EXIT.refused, `the cluster at ${url} says: ${said}`);
}

async function* linesOf(response: Response): AsyncGenerator<string> {
  let rest = '';
  for await (const text of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const lines = `${rest}${text}`.split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

/** One line for the user. */
export const drainSentence = ({ session, pid, successorPid, reason }: Drained): string =>
  successorPid === undefined
    ? `${session}: process ${pid} was not replaced: ${reason}`
    : `${session}: process ${successorPid} has taken over from ${pid}`;

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
