/**
 * Asks the SCXs of this cluster for their listeners and sources, and ends them (api/scx-admin.ts). An
 * SCX may be about to end: one that does not answer in time has no clients, which is logged.
 *
 * Bounded: ANSWER_BYTES_MAX and ANSWER_MS for each answer.
 */
import type { Logger } from 'pino';
import type { z } from 'zod';
import {
  endedSourcesSchema,
  LISTED_MAX,
  SCX_LISTENERS,
  SCX_SOURCES,
  type ScxListener,
  type ScxSources,
  scxListenersSchema,
  scxSourcesSchema,
} from '../../api/scx-admin.js';
import type { ScxStatus } from '../../api/scx-status.js';
import { readText, sendRequest } from '../../http/client/plain-request.js';
import { PROOF_FIELD, proveRequest } from '../../http/cluster-proof.js';
import { urlHost } from '../../lib/host-port.js';

type Scxs = readonly ScxStatus[];

/** The clients of some SCXs of one session. */
export interface ScxClients {
  /** The first LISTED_MAX listeners. */
  listeners(scxs: Scxs): Promise<readonly ScxListener[]>;
  /** Ends a listener, at whichever SCX it is; false if it is at none. */
  endListener(scxs: Scxs, id: number): Promise<boolean>;
  /** Begins to move all listeners to another session's SCX; false if no SCX does it. */
  moveListeners(scxs: Scxs, to: ScxStatus): Promise<boolean>;
  /** Of each SCX that answers. */
  sources(scxs: Scxs): Promise<readonly ScxSources[]>;
  /** Ends all sources that are attached to them; returns how many. */
  endSources(scxs: Scxs): Promise<number>;
}

export interface ScxClientsOptions {
  /** Where the front end itself reaches its SCXs: an address of this machine. */
  readonly scxHost: string;
  /** The cluster's secret. */
  readonly secret: string;
  readonly log: Logger;
}

/** LISTED_MAX listeners with the longest address and User-Agent, as JSON. */
const ANSWER_BYTES_MAX = LISTED_MAX * 1024;
const ANSWER_MS = 3000; // guess: an SCX on this machine answers within a few ms

interface Asked {
  readonly url: URL;
  readonly method: string;
  readonly secret: string;
}

/** Sends a request; resolves to the status and the body, or rejects with any error. */
async function ask({ url, method, secret }: Asked): Promise<{ status: number; body: string }> {
  const proof = proveRequest(secret, { method, target: `${url.pathname}${url.search}` });
  const headers = { [PROOF_FIELD]: proof.value, connection: 'close' };
  const signal = AbortSignal.timeout(ANSWER_MS);
  const answer = await sendRequest({ url, method, headers, signal });
  return { status: answer.statusCode ?? 0, body: await readText(answer, ANSWER_BYTES_MAX) };
}

/** A process that hands over and its successor have one port: it is asked once. */
const distinct = (scxs: Scxs): Scxs => [...new Map(scxs.map((scx) => [scx.httpUrl, scx])).values()];

/** Reads JSON that matches a schema; throws for any other text. */
const reading =
  <Schema extends z.ZodType>(schema: Schema) =>
  (body: string): z.infer<Schema> =>
    schema.parse(JSON.parse(body));

/** Creates the access to the clients of this cluster's SCXs. */
export function createScxClients({ scxHost, secret, log }: ScxClientsOptions): ScxClients {
  const urlOf = ({ httpUrl }: ScxStatus, path: string): URL => {
    const url = new URL(path, httpUrl);
    url.protocol = 'http:';
    url.hostname = urlHost(scxHost);
    return url;
  };

  /** Reads an answer; undefined if none comes, or its status is not 200 to 299. */
  const askFor = async <Value>(
    scx: ScxStatus,
    method: string,
    path: string,
    read: (body: string) => Value,
  ): Promise<Value | undefined> => {
    try {
      const { status, body } = await ask({ url: urlOf(scx, path), method, secret });
      return status < 300 ? read(body) : undefined;
    } catch (error) {
      log.warn({ err: error, scx: scx.id, path }, 'an SCX does not tell its clients');
      return undefined;
    }
  };

  const fromAll = async <Value>(
    scxs: Scxs,
    method: string,
    path: string,
    read: (body: string) => Value,
  ): Promise<Value[]> => {
    const answers = distinct(scxs).map((scx) => askFor(scx, method, path, read));
    return (await Promise.all(answers)).filter((value) => value !== undefined);
  };

  return {
    listeners: async (scxs) => {
      const all: ScxListener[] = [];
      for (const scx of distinct(scxs)) {
        if (all.length >= LISTED_MAX) break;
        const told = await askFor(scx, 'GET', SCX_LISTENERS, reading(scxListenersSchema));
        all.push(...(told?.listeners ?? []).slice(0, LISTED_MAX - all.length));
      }
      return all;
    },
    endListener: async (scxs, id) => {
      const ended = await fromAll(scxs, 'DELETE', `${SCX_LISTENERS}/${id}`, () => true);
      return ended.length > 0;
    },
    moveListeners: async (scxs, to) => {
      const query = new URLSearchParams({ to: urlOf(to, '/').href });
      const begun = await fromAll(scxs, 'POST', `${SCX_LISTENERS}?${query}`, () => true);
      return begun.length > 0;
    },
    sources: (scxs) => fromAll(scxs, 'GET', SCX_SOURCES, reading(scxSourcesSchema)),
    endSources: async (scxs) => {
      const all = await fromAll(scxs, 'DELETE', SCX_SOURCES, reading(endedSourcesSchema));
      return all.reduce((sum, { ended }) => sum + ended, 0);
    },
  };
}
