/**
 * Where a rendezvous point is now (§3.4). A location is either its address, whose name the resolver
 * looks up when we connect, or the URL of a front end that answers with it, as JSON:
 *
 *   {"address": "host:port"}
 */
import { rendezvousAnswerSchema } from '../api/rendezvous.js';
import type { Address } from '../gossamer/core/node.js';
import { guardedFetch } from '../http/client/guarded-fetch.js';
import { bad, good, type Result } from '../lib/result.js';
import { parseLocation } from '../session/location.js';

const ANSWER_BYTES_MAX = 4096;
const ANSWER_TIMEOUT_MS = 3000;

function parseAnswer(body: string): Result<Address> {
  try {
    return good(rendezvousAnswerSchema.parse(JSON.parse(body)).address);
  } catch {
    return bad('the answer is not {"address": "host:port"}');
  }
}

async function ask(url: string, allowPrivate: boolean): Promise<Result<Address>> {
  const limits = { bytesMax: ANSWER_BYTES_MAX, timeoutMs: ANSWER_TIMEOUT_MS };
  try {
    const { body } = await guardedFetch(url, { allowPrivate, ...limits });
    return parseAnswer(body);
  } catch (error) {
    return bad(error instanceof Error ? error.message : 'the front end cannot be asked');
  }
}

/** The address behind a rendezvous location; never rejects. */
export async function locate(location: string, allowPrivate: boolean): Promise<Result<Address>> {
  const parsed = parseLocation(location);
  if (!parsed.ok) return parsed;
  if (parsed.value.kind === 'frontEnd') return ask(parsed.value.text, allowPrivate);
  return good(parsed.value.text as Address);
}
