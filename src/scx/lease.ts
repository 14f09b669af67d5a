/**
 * The lease that this SCX renews with its front end, and that carries its status. The front end
 * keeps nothing: when it was killed and comes back, it learns its SCXs from their next renewals.
 * So a renewal that fails is repeated soon and for ever, and nothing else here waits for it.
 *
 * One renewal is under way at a time.
 */
import { Agent, type IncomingMessage, request as startRequest } from 'node:http';
import type { Logger } from 'pino';
import type { FallbackFile } from '../api/fallback-launch.js';
import { type LeaseTerms as Answer, leaseTermsSchema } from '../api/lease.js';
import type { ScxStatus } from '../api/scx-status.js';
import type { StreamDescription } from '../icecast/stream-description.js';

/** What the front end says with each renewal. */
export interface LeaseTerms {
  /** It wants this SCX even without clients. */
  readonly pinned: boolean;
  /** The announcement's title and genre now; absent when it does not know them. */
  readonly description: StreamDescription | undefined;
  readonly access: SourceAccess | undefined;
  /** What to play while nobody broadcasts; null: nothing. Undefined: it did not say. */
  readonly fallback: FallbackFile | null | undefined;
  /** There is an order in `successorFile`. */
  readonly handOver: boolean;
}

/** Who may broadcast, as an announcement says now. */
export interface SourceAccess {
  readonly sourceKey: string | undefined;
  /** Where it was fetched; undefined when the cluster itself publishes it. */
  readonly announcement: string | undefined;
}

export interface LeaseOptions {
  /** The front end, `http://HOST:PORT`. */
  readonly url: string;
  readonly token: string;
  readonly intervalMs: number;
  readonly log: Logger;
  status(): ScxStatus;
  /** The front end took the lease. */
  onRenewed(terms: LeaseTerms): void;
  /** The front end wants this SCX to leave. */
  onGone(): void;
}

/** A lease that is being renewed. */
export interface Lease {
  /** Renews at once, or right after the renewal that is under way. */
  renewNow(): void;
  stop(): void;
}

/** After a failure, ms. So a restarted front end knows all within half a second. */
const RETRY_MS = 250;
const TIMEOUT_MS = 2000;
const ANSWER_BYTES_MAX = 16_384;

type Renewal =
  | { readonly kind: 'renewed'; readonly terms: LeaseTerms }
  | { readonly kind: 'gone' }
  | { readonly kind: 'failed'; readonly reason: string };

const failed = (reason: string): Renewal => ({ kind: 'failed', reason });

function parseAnswer(status: number, text: string): Renewal {
  if (status === 410) return { kind: 'gone' };
  if (status < 200 || status > 299) return failed(`HTTP status ${status}`);
  try {
    const answer: Answer = leaseTermsSchema.parse(JSON.parse(text));
    const { rendezvous, keep, station, access, fallback, handOver = false } = answer;
    const pinned = rendezvous || keep === true;
    const told = station && {
      title: station.title ?? undefined,
      genre: station.genre ?? undefined,
    };
    const allowed = access && {
      sourceKey: access.sourceKey ?? undefined,
      announcement: access.announcement ?? undefined,
    };
    const terms = { pinned, description: told, access: allowed, fallback, handOver };
    return { kind: 'renewed', terms };
  } catch {
    return failed('the answer is no lease');
  }
}

async function readText(response: IncomingMessage): Promise<string> {
  let text = '';
  response.setEncoding('utf8');
  for await (const part of response) {
    text += part;
    if (text.length > ANSWER_BYTES_MAX) throw new Error('the answer is too long');
  }
  return text;
}

/** Renews from now on. */
export function startLease(options: LeaseOptions): Lease {
  const { log } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const target = new URL(`${options.url}/leases`);
  let timer: NodeJS.Timeout | undefined;
  let isBusy = false;
  let isWanted = false;
  let isStopped = false;
  let hasFailed = false;

  const post = (body: string): Promise<Renewal> =>
    new Promise((resolve) => {
      const request = startRequest(target, {
        method: 'POST',
        agent,
        signal: AbortSignal.timeout(TIMEOUT_MS),
        headers: {
          authorization: `Bearer ${options.token}`,
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
        },
      });
      const fail = (error: Error): void => resolve(failed(error.message));
      request.on('error', fail);
      request.on('response', (response) => {
        readText(response).then(
          (text) => resolve(parseAnswer(response.statusCode ?? 0, text)),
          (error: Error) => {
            request.destroy();
            fail(error);
          },
        );
      });
      request.end(body);
    });

  const schedule = (ms: number): void => {
    if (isStopped) return;
    clearTimeout(timer);
    timer = setTimeout(renew, ms);
  };

  const onFailed = (reason: string): void => {
    if (!hasFailed)
      log.warn({ reason, url: options.url }, 'The front end does not take the lease.');
    hasFailed = true;
  };

  const onRenewed = (terms: LeaseTerms): void => {
    if (hasFailed) log.info('The front end takes the lease again.');
    hasFailed = false;
    options.onRenewed(terms);
  };

  const renew = async (): Promise<void> => {
    isBusy = true;
    isWanted = false;
    const renewal = await post(JSON.stringify(options.status()));
    isBusy = false;
    if (isStopped) return;
    if (renewal.kind === 'renewed') onRenewed(renewal.terms);
    if (renewal.kind === 'failed') onFailed(renewal.reason);
    if (renewal.kind === 'gone') options.onGone();
    if (isWanted) return renew();
    schedule(renewal.kind === 'failed' ? RETRY_MS : options.intervalMs);
  };

  void renew();
  return {
    renewNow: () => {
      isWanted = true;
      if (isBusy || isStopped) return;
      clearTimeout(timer);
      void renew();
    },
    stop: () => {
      isStopped = true;
      clearTimeout(timer);
      agent.destroy();
    },
  };
}
