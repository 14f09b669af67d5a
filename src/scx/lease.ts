/**
 * The lease that this SCX renews with its front end, and that carries its status. The front end
 * keeps no list of its SCXs: after a restart it learns them from their next renewals. So a renewal
 * that fails is repeated soon and for ever, and no other part waits for it.
 *
 * The renewal proves that it comes from this cluster, and so does the answer (http/cluster-proof.ts):
 * while the front end is away, any user of the machine may open its port. All other answers are
 * failures.
 *
 * Bounded: one renewal at a time, and ANSWER_BYTES_MAX of its answer.
 */
import { Agent } from 'node:http';
import type { Logger } from 'pino';
import type { FallbackFile } from '../api/fallback-launch.js';
import { type LeaseTerms as Answer, leaseTermsSchema, type RemoteFallback } from '../api/lease.js';
import type { ScxStatus } from '../api/scx-status.js';
import type { SourceAccess } from '../api/source-access.js';
import { createProvenClient, type ProvenClient } from '../http/proven-client.js';
import type { StreamDescription } from '../icecast/stream-description.js';
import { createLatch } from '../runtime/latch.js';
import { dropAbsent } from '../session/drop-absent.js';
import type { RenditionKbps } from '../session/renditions.js';
import type { RatedChannel } from './sources/session-channels.js';

/** The answer to a renewal; lease-terms.ts acts on it. */
export interface LeaseTerms {
  /** This SCX stays without clients. */
  readonly pinned: boolean;
  /** The announcement's description of the stream; undefined when the front end does not know them. */
  readonly description: StreamDescription | undefined;
  /** Undefined when the front end does not know the announcement. */
  readonly access: SourceAccess | undefined;
  /** The file to play while nobody broadcasts; null: none; undefined: as before. */
  readonly fallback: FallbackFile | null | undefined;
  /** The same, at the front ends; undefined where there is one, on this machine. */
  readonly remoteFallback?: RemoteFallback | null | undefined;
  /** The server that is asked about listeners; null: none; undefined: as before. */
  readonly listenerHook: Answer['listenerHook'];
  /** What is kept on the disk; null: nothing; undefined: as before. */
  readonly recording?: Answer['recording'];
  /** The renditions that are announced; undefined: as before. */
  readonly renditions?: readonly RenditionKbps[] | undefined;
  /** The channels that are announced; undefined: as before. */
  readonly channels?: readonly RatedChannel[] | undefined;
  /** All front ends of the cluster; undefined: as before. */
  readonly frontEnds: readonly string[] | undefined;
  /** An order to hand over lies in `successorFile`. */
  readonly handOver: boolean;
  /** This SCX is replaced, and ends within that time, ms; undefined: it is not. */
  readonly retireWithinMs?: number | undefined;
  /** What this front end has for SCXs on other machines. */
  readonly certificate?: Answer['certificate'];
}

export interface LeaseOptions {
  /** The front end, `http://HOST:PORT`. */
  readonly url: string;
  readonly token: string;
  readonly intervalMs: number;
  /** The front end may be on another machine. Default: false. */
  readonly isElsewhere?: boolean;
  readonly log: Logger;
  status(): ScxStatus;
  /** The lease is renewed. */
  onRenewed(terms: LeaseTerms): void;
  /** The front end tells this SCX to leave (410). */
  onGone(): void;
}

/** A lease that is being renewed. */
export interface Lease {
  /** Renews at once, or right after the present renewal. */
  renewNow(): void;
  /** Resolves when a renewal that begins after this call has been answered, or has failed. */
  renewed(): Promise<void>;
  stop(): void;
}

/** Delay after a failure, ms: a restarted front end knows its SCXs within half a second. */
const RETRY_MS = 250;
/** Time for an answer, ms. Guess. */
const TIMEOUT_MS = 2000;
const ANSWER_BYTES_MAX = 16_384;
const UNPROVEN = "the answer is not that of this cluster's front end";

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
    const { listenerHook, frontEnds, remoteFallback, retireWithinMs, recording } = answer;
    const { certificate } = answer;
    const pinned = rendezvous || keep === true;
    const description = station && {
      title: station.title ?? undefined,
      genre: station.genre ?? undefined,
      text: station.description ?? undefined,
      url: station.homepage ?? undefined,
      isListed: station.isListed,
    };
    const terms = {
      pinned,
      description,
      access,
      fallback,
      listenerHook,
      recording,
      renditions: station?.renditions,
      channels: station?.channels?.map(dropAbsent),
      frontEnds,
      handOver,
      remoteFallback,
      retireWithinMs,
      certificate,
    };
    return { kind: 'renewed', terms };
  } catch {
    return failed('malformed answer');
  }
}

/** Sends one renewal; `body` is the status as JSON. Never rejects. */
async function post(ask: ProvenClient, url: string, agent: Agent, body: string): Promise<Renewal> {
  const limits = { withinMs: TIMEOUT_MS, answerBytesMax: ANSWER_BYTES_MAX };
  try {
    const { status, text, isOurs } = await ask({
      ...{ url: new URL(`${url}/leases`), method: 'POST', body, agent, ...limits },
    });
    if (!isOurs && status < 500) return failed(`${UNPROVEN} (status ${status})`);
    return parseAnswer(status, text);
  } catch (error) {
    return failed((error as Error).message);
  }
}

/** Starts the lease: renews at once, and then at each interval. */
export function startLease(options: LeaseOptions): Lease {
  const { log } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = createProvenClient(options.token, options.isElsewhere ?? false);
  let timer: NodeJS.Timeout | undefined;
  let isBusy = false;
  let isWanted = false;
  let isStopped = false;
  let hasFailed = false;
  /** Resolved by the end of the next renewal that begins. */
  let next = createLatch();

  const schedule = (ms: number): void => {
    if (isStopped) return;
    clearTimeout(timer);
    timer = setTimeout(renew, ms);
  };

  const onFailed = (reason: string): void => {
    if (!hasFailed)
      log.warn({ reason, url: options.url }, 'Lease renewal failed; it is tried again.');
    hasFailed = true;
  };

  const onRenewed = (terms: LeaseTerms): void => {
    if (hasFailed) log.info('Lease renewal works again.');
    hasFailed = false;
    options.onRenewed(terms);
  };

  const renew = async (): Promise<void> => {
    isBusy = true;
    isWanted = false;
    const present = next;
    next = createLatch();
    const renewal = await post(ask, options.url, agent, JSON.stringify(options.status()));
    isBusy = false;
    if (isStopped) return;
    if (renewal.kind === 'renewed') onRenewed(renewal.terms);
    if (renewal.kind === 'failed') onFailed(renewal.reason);
    if (renewal.kind === 'gone') options.onGone();
    present.resolve();
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
    renewed: () => next.promise,
    stop: () => {
      isStopped = true;
      clearTimeout(timer);
      agent.destroy();
    },
  };
}
