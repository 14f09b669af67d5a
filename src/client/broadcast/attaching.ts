/**
 * Attaches a source link to an SCX, and to another one when that is lost. Each attempt asks a front
 * end for an SCX and connects to it. Attempts follow each other at growing intervals, and after a
 * few failures at one cluster the next one of the list is tried. The link ends only when the SCX
 * refuses it for good, for example because the source password has changed.
 */
import type { Attachment } from '../../api/attach.js';
import { UserError } from '../../lib/user-error.js';
import { attach } from '../cluster/attach.js';
import { findAnnouncement } from '../cluster/cluster-api.js';
import { pauseBeforeAttempt, wasSteady } from '../pause.js';
import type { AduWindow } from './adu-window.js';
import type { Destination } from './destination.js';
import type { Gate } from './gate.js';
import { openSourceConnection, type SourceConnection } from './source-connection.js';
import type { Credentials } from './source-credentials.js';

/** The events of a link. */
export type LinkEvent =
  | { readonly kind: 'attached'; readonly session: string; readonly address: string }
  | { readonly kind: 'alive'; readonly listeners: number; readonly scxListeners: number }
  | { readonly kind: 'lost'; readonly reason: string }
  /** An attempt to attach again has failed for a new reason; more will follow. */
  | { readonly kind: 'failed'; readonly reason: string }
  /** The next attempts go to the next cluster of the list. */
  | { readonly kind: 'moved'; readonly cluster: string }
  /** No further attempt makes sense: the link has ended. */
  | { readonly kind: 'refused'; readonly error: UserError };

export interface LinkOptions extends Destination {
  readonly credentials: Credentials;
  readonly onEvent: (event: LinkEvent) => void;
}

/** A link, as far as attaching is concerned. */
export interface Attaching {
  readonly options: LinkOptions;
  readonly window: AduWindow;
  /** Aborted when the link ends. */
  readonly ending: AbortController;
  /** Opened whenever something was sent, or nothing more will be. */
  readonly gate: Gate;
  /** Undefined while there is no SCX. */
  connection: SourceConnection | undefined;
  /** The cluster that is used, an index in the list. */
  current: number;
  /** Failures at that cluster in a row. */
  failures: number;
  /** The number of attachments so far: SCXs recognise a source that has attached again by it. */
  epoch: number;
  /** The last failure that was reported: the same one again is no news. */
  reportedReason: string;
  /** Set while what waits is soon to be sent. */
  waiting: NodeJS.Timeout | undefined;
  /** Sends what waits. */
  pump(): void;
}

/** Failures at one cluster before the next one is tried. Guess: one may be bad luck. */
const ATTEMPTS_EACH = 2;

/** Attaches at the first cluster that accepts us. Rejects with a UserError when none does. */
export async function attachFirst(link: Attaching): Promise<void> {
  for (;;) {
    try {
      return await attachOnce(link);
    } catch (error) {
      if (!(error instanceof UserError) || error.isFinal) throw error;
      if (link.current + 1 === link.options.clusters.length) throw error;
      onFailed(link, error.message);
      moveOn(link);
    }
  }
}

/** Waits for the end of each connection and attaches again, until the link ends. */
export async function keepAttached(link: Attaching): Promise<void> {
  const { signal } = link.ending;
  let attempt = 0;
  while (!signal.aborted) {
    const since = performance.now();
    if (link.connection === undefined) {
      await tryAgain(link, attempt++);
      continue;
    }
    const reason = await link.connection.closed;
    link.connection = undefined;
    if (wasSteady(performance.now() - since)) attempt = 0;
    if (!signal.aborted) link.options.onEvent({ kind: 'lost', reason });
  }
}

async function attachOnce(link: Attaching): Promise<void> {
  const { options, window, ending } = link;
  const { credentials, onEvent } = options;
  const { signal } = ending;
  const attachment = options.attachment ?? (await findScx(link, signal));
  link.epoch++;
  const connection = await openSourceConnection({
    attachment,
    signed: await credentials(attachment, link.epoch),
    onAlive: (alive) => onEvent({ kind: 'alive', ...alive }),
    onDrain: link.pump,
    signal,
  });
  link.connection = connection;
  const { session, scx } = attachment;
  onEvent({ kind: 'attached', session, address: scx.overlayAddress });
  link.reportedReason = '';
  link.failures = 0;
  window.rewind();
  link.pump();
}

async function findScx({ options, current }: Attaching, signal: AbortSignal): Promise<Attachment> {
  const cluster = options.clusters[current] as string;
  const announcement = await findAnnouncement(cluster, options.announcement);
  return attach({ cluster, announcement, role: 'source', signal });
}

async function tryAgain(link: Attaching, attempt: number): Promise<void> {
  const { signal } = link.ending;
  const round = Math.floor(attempt / link.options.clusters.length);
  await pauseBeforeAttempt(round, signal);
  if (signal.aborted) return;
  try {
    await attachOnce(link);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (error.isFinal) return becomeRefused(link, error);
    onFailed(link, error.message);
    if (++link.failures >= ATTEMPTS_EACH) moveOn(link);
  }
}

function onFailed(link: Attaching, reason: string): void {
  if (link.ending.signal.aborted || reason === link.reportedReason) return;
  link.reportedReason = reason;
  link.options.onEvent({ kind: 'failed', reason });
}

function moveOn(link: Attaching): void {
  const { clusters, onEvent } = link.options;
  link.failures = 0;
  link.current = (link.current + 1) % clusters.length;
  if (clusters.length > 1) onEvent({ kind: 'moved', cluster: clusters[link.current] as string });
}

function becomeRefused(link: Attaching, error: UserError): void {
  link.ending.abort();
  link.gate.open();
  link.options.onEvent({ kind: 'refused', error });
}
