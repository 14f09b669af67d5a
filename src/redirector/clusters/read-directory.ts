/** Reads from one cluster what the directory tells it: the other clusters, and what can be listened to. */
import type { z } from 'zod';
import {
  clustersAnswerSchema,
  listedSessionsSchema,
  SESSIONS_LISTED_MAX,
} from '../../api/directory/directory-answer.js';
import { identityOf } from '../../session/session-id.js';
import { parseSessionName } from '../../session/session-name.js';
import type { ClusterClient } from './ask-cluster.js';

/** Where a cluster is asked. */
export interface At {
  readonly url: URL;
  readonly address?: string;
}

const ANSWER_BYTES_MAX = 2 ** 23;
/** An answer is large, ms. */
const READ_MS = 10_000;
const PAGES_MAX = 20;

/** Creates a reader, whose functions reject when there is no good answer. */
export function createDirectoryReader(client: ClusterClient) {
  const read = async <Schema extends z.ZodType>(
    at: At,
    path: string,
    schema: Schema,
  ): Promise<z.infer<Schema>> => {
    const options = { ...at, path, bytesMax: ANSWER_BYTES_MAX, timeoutMs: READ_MS };
    const { text } = await client.ask(options);
    return schema.parse(JSON.parse(text));
  };

  return {
    clusters: async (at: At) =>
      (await read(at, '/directory/clusters', clustersAnswerSchema)).clusters,
    /** The ids of all sessions that are listed. */
    sessions: async (at: At): Promise<ReadonlySet<string>> => {
      const ids = new Set<string>();
      for (let page = 0; page < PAGES_MAX; page++) {
        const from = page * SESSIONS_LISTED_MAX;
        const path = `/directory?limit=${SESSIONS_LISTED_MAX}&offset=${from}`;
        const { total, sessions } = await read(at, path, listedSessionsSchema);
        for (const { session, key } of sessions) {
          const name = parseSessionName(session);
          if (name.ok) ids.add(identityOf(name.value, key).id);
        }
        if (total <= from + SESSIONS_LISTED_MAX) break;
      }
      return ids;
    },
  };
}
