/**
 * The entries of a directory session between this SCX and its front end (api/directory/entries.ts). Two requests, each
 * repeated for ever: one tells what the overlay has got, as soon as it has; the other waits for
 * the cluster's own entries, which are published here.
 *
 * Soft state on both sides: a front end that was restarted is told everything again, and an SCX that was
 * restarted asks for all of the cluster's entries. A front end that does not take part answers 404, and is
 * asked again rarely.
 *
 * Bounded: what waits to be told is at most one entry for each slot that the overlay keeps.
 */
import { Agent } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import {
  ENTRIES_PATH,
  ENTRIES_TOLD_MAX,
  entryIn,
  entryText,
  OWN_ENTRIES_PATH,
  OWN_ENTRIES_WAIT_MS,
  ownEntriesSchema,
  type ToldEntries,
  toldAnswerSchema,
} from '../../api/directory/entries.js';
import type { Entry } from '../../gossamer/core/entry.js';
import type { GossamerView } from '../../gossamer/view.js';
import { createProvenClient } from '../../http/proven-client.js';

export interface EntryExchangeOptions {
  /** The front end, `http://HOST:PORT`; it may be on another machine if `isElsewhere`. */
  readonly url: string;
  readonly isElsewhere: boolean;
  /** The cluster's secret. */
  readonly token: string;
  /** Its id. */
  readonly session: string;
  readonly log: Logger;
  /** The entries that the overlay keeps. */
  entries(): Iterable<Entry>;
  view(): GossamerView;
  /** The cluster's own entries, those included that are published already. */
  publish(entries: readonly Entry[]): void;
}

export interface EntryExchange {
  /** The overlay has got an entry. */
  onEntry(entry: Entry): void;
  close(): void;
}

/** How long entries wait for others to be told with, ms. */
const GATHER_MS = 50;
/** Interval at which the front end is told where this SCX is, if there is nothing else, ms. */
const IDLE_MS = 10_000;
/** Delay after a failure, and after 404, ms. Guesses. */
const RETRY_MS = 250;
const NOT_HERE_MS = 30_000;
const TIMEOUT_MS = 5000;
/** Time for the answer to leave, beyond the wait that it may contain, ms. */
const GRACE_MS = 5000;
const TOLD_ANSWER_BYTES_MAX = 1024;
/** All slots of an author, in base64url. */
const OWN_BYTES_MAX = 2 * 1024 * 1024;

/** `status` 0: there was no answer that counts. */
interface Answer {
  readonly status: number;
  readonly text: string;
}

const NO_ANSWER: Answer = { status: 0, text: '' };

/** Requests over one connection; they never reject. */
function createClient({ url, token, isElsewhere }: EntryExchangeOptions) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = createProvenClient(token, isElsewhere);
  return {
    post: async (path: string, json: object, withinMs: number, answerBytesMax: number) => {
      const body = JSON.stringify(json);
      const sent = { url: new URL(`${url}${path}`), method: 'POST', body, agent } as const;
      const answer = await ask({ ...sent, withinMs, answerBytesMax }).catch(() => undefined);
      return answer?.isOurs === true ? answer : NO_ANSWER;
    },
    close: () => agent.destroy(),
  };
}

const keyOf = ({ author, slot }: Entry): string => `${author}${slot}`;

/** The value in an answer; undefined if it is none. */
function valueIn<Value>({ text }: Answer, parse: (json: unknown) => Value) {
  try {
    return parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

const delayAfter = ({ status }: Answer): number => (status === 404 ? NOT_HERE_MS : RETRY_MS);

/** Starts the exchange. */
export function startEntryExchange(options: EntryExchangeOptions): EntryExchange {
  const { session, log } = options;
  const teller = createClient(options);
  const asker = createClient(options);
  const waiting = new Map<string, Entry>();
  const closing = new AbortController();
  const { signal } = closing;
  let instance: string | undefined;
  let wake = (): void => {};

  const wait = (ms: number): Promise<unknown> =>
    pause(ms, undefined, { signal, ref: false }).catch(() => undefined);

  const gather = (): Promise<unknown> => {
    if (waiting.size > 0) return wait(GATHER_MS);
    const woken = new Promise<void>((resolve) => {
      wake = resolve;
    });
    return Promise.race([woken.then(() => wait(GATHER_MS)), wait(IDLE_MS)]);
  };

  const tellAll = (): void => {
    for (const entry of options.entries()) waiting.set(keyOf(entry), entry);
  };

  const post = (told: ToldEntries): Promise<Answer> =>
    teller.post(ENTRIES_PATH, told, TIMEOUT_MS, TOLD_ANSWER_BYTES_MAX);

  /** Tells some entries; those that were told are not told again, unless to another front end. */
  const tell = async (): Promise<void> => {
    const entries = [...waiting.values()].slice(0, ENTRIES_TOLD_MAX);
    const { x, y, height, error } = options.view().place;
    const place = { x, y, height, error };
    const answer = await post({ session, place, entries: entries.map(entryText) });
    const value = answer.status === 200 ? valueIn(answer, toldAnswerSchema.parse) : undefined;
    if (value === undefined) return void (await wait(delayAfter(answer)));
    for (const entry of entries) {
      if (waiting.get(keyOf(entry)) === entry) waiting.delete(keyOf(entry));
    }
    if (value.instance === instance) return;
    instance = value.instance;
    tellAll();
  };

  const goOnTelling = async (): Promise<void> => {
    while (!signal.aborted) {
      await gather();
      if (!signal.aborted) await tell();
    }
  };

  const goOnAsking = async (): Promise<void> => {
    for (let version = ''; !signal.aborted; ) {
      const waitMs = OWN_ENTRIES_WAIT_MS + GRACE_MS;
      const asked = { session, version };
      const answer = await asker.post(OWN_ENTRIES_PATH, asked, waitMs, OWN_BYTES_MAX);
      const own = answer.status === 200 ? valueIn(answer, ownEntriesSchema.parse) : undefined;
      if (signal.aborted) return;
      if (own === undefined) await wait(delayAfter(answer));
      else if (own.version !== version) {
        version = own.version;
        options.publish(own.entries.map(entryIn));
        log.debug({ entries: own.entries.length }, 'own entries published');
      }
    }
  };

  void goOnTelling();
  void goOnAsking();
  return {
    onEntry: (entry) => {
      waiting.set(keyOf(entry), entry);
      wake();
    },
    close: () => {
      closing.abort();
      teller.close();
      asker.close();
    },
  };
}
