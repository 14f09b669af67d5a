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
  SCX_ADMISSION,
  SCX_LISTENERS,
  SCX_SOURCES,
  type ScxListener,
  type ScxSources,
  scxListenersSchema,
  scxSourcesSchema,
} from '../../api/scx-admin.js';
import type { ScxStatus } from '../../api/scx-status.js';
import { readText, sendRequest } from '../../http/client/plain-request.js';
import { clockOf, PROOF_FIELD, proveRequest } from '../../http/cluster-proof.js';
import { urlHost } from '../../lib/host-port.js';
import type { ScxHostOf } from '../ports/scx-host.js';

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
  /**
   * Whether the hook lets a listener in that is about to come to an SCX; undefined if it does, or if the
   * SCX does not say: then it asks when the listener comes.
   */
  refusalOf(scx: ScxStatus, listener: ComingListener): Promise<RefusedListener | undefined>;
  /** Ends all sources that are attached to them; returns how many. */
  endSources(scxs: Scxs): Promise<number>;
}

/** A listener on its way to an SCX. */
interface ComingListener {
  /** The path and query with which it will come. */
  readonly target: string;
  readonly address: string;
  readonly agent: string | undefined;
}

/** What a listener is to be answered. */
export interface RefusedListener {
  readonly status: number;
  readonly message: string;
}

export interface ScxClientsOptions {
  readonly scxHostOf: ScxHostOf;
  /** The cluster's secret. */
  readonly secret: string;
  readonly log: Logger;
}

/** LISTED_MAX listeners with the longest address and User-Agent, as JSON. */
const ANSWER_BYTES_MAX = LISTED_MAX * 1024;
const ANSWER_MS = 3000; // guess: an SCX on this machine answers within a few ms
/** An SCX gives its hook 5 s. */
const ADMISSION_MS = 6000;
const REFUSALS: readonly number[] = [401, 429, 503];

interface Asked {
  readonly scx: ScxStatus;
  readonly url: URL;
  readonly method: string;
  readonly secret: string;
  readonly more?: Readonly<Record<string, string>>;
  readonly withinMs?: number;
}

/** Sends a request; resolves to the status and the body, or rejects with any error. */
async function ask(asked: Asked): Promise<{ status: number; body: string }> {
  const { scx, url, method, secret, more = {}, withinMs = ANSWER_MS } = asked;
  const request = { method, target: `${url.pathname}${url.search}` };
  const proof = proveRequest(secret, request, clockOf(scx));
  const headers = { ...more, [PROOF_FIELD]: proof.value, connection: 'close' };
  const signal = AbortSignal.timeout(withinMs);
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
export function createScxClients({ scxHostOf, secret, log }: ScxClientsOptions): ScxClients {
  const urlOf = ({ httpUrl }: ScxStatus, path: string): URL => {
    const url = new URL(path, httpUrl);
    url.protocol = 'http:';
    url.hostname = urlHost(scxHostOf(httpUrl));
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
      const { status, body } = await ask({ scx, url: urlOf(scx, path), method, secret });
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
    refusalOf: async (scx, { target, address, agent }) => {
      const url = urlOf(scx, `${SCX_ADMISSION}?${new URLSearchParams({ target })}`);
      const more = { 'x-forwarded-for': address, ...(agent ? { 'user-agent': agent } : {}) };
      const asked = { scx, url, method: 'GET', secret, more, withinMs: ADMISSION_MS };
      const { status = 0, body = '' } = (await ask(asked).catch(() => undefined)) ?? {};
      return REFUSALS.includes(status) ? { status, message: body.trim() } : undefined;
    },
    sources: (scxs) => fromAll(scxs, 'GET', SCX_SOURCES, reading(scxSourcesSchema)),
    endSources: async (scxs) => {
      const all = await fromAll(scxs, 'DELETE', SCX_SOURCES, reading(endedSourcesSchema));
      return all.reduce((sum, { ended }) => sum + ended, 0);
    },
  };
}
