/**
 * Which of the trusted clusters have recorded a session, for listeners to earlier sound who come to one that has
 * not. They are asked when somebody wants to know, all at once, and what they say is remembered.
 *
 * Bounded: CLUSTERS_MAX clusters, TIMEOUT_MS for their answers, ASKED_MAX sessions at a time, and SESSIONS_KEPT
 * answers.
 */
import { guardedRequest } from '../../http/client/guarded-request.js';
import { createBoundedMap } from '../../lib/bounds/bounded-map.js';
import { refPath, type SessionIdentity } from '../../session/session-id.js';
import type { TrustedCluster } from './trusted-clusters.js';

export interface KeepersOptions {
  /** The nearest first. */
  trusted(): readonly TrustedCluster[];
  readonly allowPrivate: boolean;
  /** Ms, monotonic. */
  now(): number;
}

export interface Keepers {
  /**
   * The address of the nearest that has recorded the session, by `http` or `https`; undefined: none has. Never
   * rejects.
   */
  find(session: SessionIdentity, scheme: string): Promise<string | undefined>;
}

const CLUSTERS_MAX = 8;
const TIMEOUT_MS = 1000;
const ASKED_MAX = 16;
const SESSIONS_KEPT = 1000;
/** How long it is remembered that some cluster has recorded a session, and that none has, ms. Guesses. */
const FOUND_MS = 60_000;
const NONE_MS = 10_000;

interface Answer {
  readonly at: number;
  readonly found: Promise<string | undefined>;
  freshMs: number;
}

/** Creates the questions. */
export function createKeepers({ trusted, allowPrivate, now }: KeepersOptions): Keepers {
  const answers = createBoundedMap<string, Answer>(SESSIONS_KEPT);
  let asking = 0;

  const keeps = async (at: URL, session: SessionIdentity): Promise<boolean> => {
    const url = new URL(`/recordings/${refPath(session)}/stretches?from=0&to=0`, at);
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await guardedRequest({
      url,
      method: 'GET',
      headers: {},
      allowPrivate,
      signal,
    });
    response.on('error', () => undefined).destroy();
    return response.statusCode === 200;
  };

  const ask = async (session: SessionIdentity, scheme: string): Promise<string | undefined> => {
    asking++;
    const asked = trusted()
      .slice(0, CLUSTERS_MAX)
      .map(async ({ url }) => {
        const at = new URL(url);
        at.protocol = `${scheme}:`;
        return (await keeps(at, session).catch(() => false)) ? at.origin : undefined;
      });
    const urls = await Promise.all(asked);
    asking--;
    return urls.find((url) => url !== undefined);
  };

  return {
    find: (session, scheme) => {
      const name = `${scheme} ${session.id}`;
      const known = answers.use(name);
      if (known !== undefined && now() - known.at < known.freshMs) return known.found;
      if (asking >= ASKED_MAX || trusted().length === 0) return Promise.resolve(undefined);
      const answer: Answer = { at: now(), freshMs: FOUND_MS, found: ask(session, scheme) };
      answers.set(name, answer);
      void answer.found.then((url) => {
        if (url === undefined) answer.freshMs = NONE_MS;
      });
      return answer.found;
    },
  };
}
