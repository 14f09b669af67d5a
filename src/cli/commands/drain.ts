/**
 * `scattercast cluster --drain`: tells the cluster that runs on this machine to replace its SCXs.
 * Who may is who can read the cluster's secret in its data directory.
 */

import { readFile } from 'node:fs/promises';
import { type Drained, type DrainRequest, drainedSchema } from '../../api/drain.js';
import { joinHostPort, localHost } from '../../lib/host-port.js';
import { EXIT, UserError } from '../../lib/user-error.js';

export interface DrainOptions {
  readonly dataDir: string;
  /** Of the front end. */
  readonly port: number;
  readonly listenHost: string | undefined;
  /** Listeners that cannot be handed over may stay so long, ms. */
  readonly drainMs: number;
  readonly print: (line: string) => void;
}

async function readSecret(dataDir: string): Promise<string> {
  try {
    return (await readFile(`${dataDir}/secret`, 'utf8')).trim();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const advice = 'give --data or --port as that cluster has it, and be its user';
    throw new UserError(EXIT.file, `no cluster's data in ${dataDir} (${code}): ${advice}`);
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

const sentence = ({ session, pid, successorPid, reason }: Drained): string =>
  successorPid === undefined
    ? `${session}: process ${pid} stays: ${reason}`
    : `${session}: process ${successorPid} has taken over from ${pid}`;

/** Resolves when all are replaced. Rejects with a UserError when there is no cluster, or one stays. */
export async function drainCluster(request: DrainOptions): Promise<void> {
  const { dataDir, port, listenHost = '', drainMs, print } = request;
  if (port === 0) throw new UserError(EXIT.usage, '--drain needs the --port of the cluster');
  const url = `http://${joinHostPort(localHost(listenHost), port)}`;
  const response = await ask(url, await readSecret(dataDir), drainMs);
  let failed = 0;
  for await (const line of linesOf(response)) {
    const drained = drainedSchema.parse(JSON.parse(line));
    print(sentence(drained));
    if (drained.successorPid === undefined) failed++;
  }
  if (failed === 0) return;
  throw new UserError(EXIT.refused, `${failed} of the SCXs could not be replaced`);
}
