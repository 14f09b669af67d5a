/**
 * Whether others reach the cluster at the address that it gives them: tried from here, and from
 * another cluster, which anybody may ask to fetch an announcement from a URL. There is none at the
 * URL that it is given, so it starts nothing; but it says whether it got a document from there.
 */
import { z } from 'zod';
import { readText, requestFailure, sendRequest } from '../../http/client/plain-request.js';
import { printable } from '../../lib/plain-text.js';
import { type Finding, findings } from './finding.js';

const here = findings('reach');
const there = findings('reach from');

const ANSWER_MS = 15_000;
const ANSWER_BYTES_MAX = 65_536;
const REASON_LENGTH_MAX = 300;

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function ask(url: URL): Promise<Answer> {
  const signal = AbortSignal.timeout(ANSWER_MS);
  const answer = await sendRequest({ url, headers: { accept: 'application/json' }, signal });
  return { status: answer.statusCode ?? 0, text: await readText(answer, ANSWER_BYTES_MAX) };
}

const PORTS = 'open the ports of the cluster in firewalls and routers (README, Operators)';

/** What `/healthz` of this program answers. */
export const HEALTHY = 'ok\n';

/** Asks the cluster at the address that others are given. */
export async function checkReach(url: string): Promise<Finding> {
  try {
    const { status, text } = await ask(new URL(`${url}/healthz`));
    if (status === 200 && text === HEALTHY) return here.good(`The cluster answers at ${url}.`);
    const advice = 'correct --host or --port, or the web server in front';
    return here.problem(`Something else than this cluster answers at ${url}: ${advice}.`);
  } catch (error) {
    const reason = requestFailure(error);
    const hairpin = 'or this network does not lead its own address back, which --from URL tells';
    return here.problem(`No answer at ${url} (${reason}): ${PORTS}, ${hairpin}.`);
  }
}

const problemSchema = z.object({ error: z.string(), problems: z.array(z.string()).default([]) });

const UNREACHED = [502, 504];

/** What the other cluster's answer means for `url`, which it was to fetch. */
export function explainAnswer(from: string, url: string, { status, text }: Answer): Finding {
  const read = problemSchema.safeParse(parseJson(text));
  if (!read.success) return there.unknown(`${from} is not a cluster that could try ${url}.`);
  const { error, problems } = read.data;
  // It lists what is wrong with a document only if it got one.
  if (status === 502 && problems.length > 0) return there.good(`${from} reaches ${url}.`);
  const reason = printable(error.slice(0, REASON_LENGTH_MAX), ' ');
  if (UNREACHED.includes(status)) {
    return there.problem(`${from} does not reach ${url}: ${PORTS}. It says: ${reason}`);
  }
  return there.unknown(`${from} does not try ${url}. It says: ${reason}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Has another cluster fetch a URL of this one, which must answer with a text that is no XML. */
export async function checkReachFrom(from: string, url: string): Promise<Finding> {
  // Another URL each time, as the answer may be remembered.
  const target = `${url}?from=${encodeURIComponent(`${from} ${Date.now()}`)}`;
  try {
    const query = new URLSearchParams({ announcement: target });
    return explainAnswer(from, url, await ask(new URL(`${from}/listen?${query}`)));
  } catch (error) {
    return there.unknown(`${from} does not answer (${requestFailure(error)}).`);
  }
}
