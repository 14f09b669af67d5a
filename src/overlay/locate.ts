/**
 * Looks up the present address of a rendezvous point (§3.4). A location is either its address,
 * whose host name is resolved when a connection is opened, or the URL of a front end that answers
 * with the address as JSON:
 *
 *   {"address": "host:port"}
 *
 * Beyond: the URL stays valid when the rendezvous point is restarted on another port.
 */
import { rendezvousAnswerSchema } from '../api/rendezvous.js';
import type { Address } from '../gossamer/core/node.js';
import { guardedFetch } from '../http/client/guarded-fetch.js';
import { bad, good, type Result } from '../lib/result.js';
import { parseLocation } from '../session/location.js';

const ANSWER_BYTES_MAX = 4096;
/** Guess: the machine asks again soon, and may have other locations. */
const ANSWER_TIMEOUT_MS = 3000;

/** Looks up locations, each at most once at a time. */
export interface Locator {
  /** Calls `onLocated` later, unless the location is being looked up already. */
  locate(location: string): void;
}

/**
 * Creates a locator. `allowPrivate`: URLs may lead to private addresses. `onLocated` receives the
 * address or the problems of a location that could not be looked up.
 */
export function createLocator(
  allowPrivate: boolean,
  onLocated: (location: string, found: Result<Address>) => void,
): Locator {
  /** Locations that are being looked up. Bounded: those of the announcement. */
  const asking = new Set<string>();
  const find = async (location: string): Promise<void> => {
    asking.add(location);
    const found = await locate(location, allowPrivate);
    asking.delete(location);
    onLocated(location, found);
  };
  return {
    locate: (location) => {
      if (!asking.has(location)) void find(location);
    },
  };
}

/** The address behind a rendezvous location; never rejects. */
async function locate(location: string, allowPrivate: boolean): Promise<Result<Address>> {
  const parsed = parseLocation(location);
  if (!parsed.ok) return parsed;
  if (parsed.value.kind === 'frontEnd') return ask(parsed.value.text, allowPrivate);
  return good(parsed.value.text as Address);
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

function parseAnswer(body: string): Result<Address> {
  try {
    return good(rendezvousAnswerSchema.parse(JSON.parse(body)).address);
  } catch {
    return bad('the answer is not {"address": "host:port"}');
  }
}
