/**
 * Keeps a client attached to an SCX, and to another one when that is lost. Each attempt asks a front
 * end for an SCX and connects to it. Attempts follow each other at growing intervals, and after a
 * few failures at one cluster the next one of the list is tried. It ends only when the client is
 * refused for good, for example because the source password has changed.
 */
import { UserError } from '../../lib/user-error.js';
import { pauseBeforeAttempt, wasSteady } from '../pause.js';

/** What happens on the way. */
export type AttachingEvent =
  | { readonly kind: 'lost'; readonly reason: string }
  /** An attempt to attach again has failed for a new reason; more will follow. */
  | { readonly kind: 'failed'; readonly reason: string }
  /** The next attempts go to the next cluster of the list. */
  | { readonly kind: 'moved'; readonly cluster: string }
  /** No further attempt makes sense: this is the last event. */
  | { readonly kind: 'refused'; readonly error: UserError };

/** An event in words, for a warning. After a refusal an error is thrown instead. */
export function warningOf(event: Exclude<AttachingEvent, { kind: 'refused' }>): string {
  switch (event.kind) {
    case 'lost':
      return `the connection to the SCX is lost (${event.reason}); attaching again`;
    case 'failed':
      return `${event.reason}; trying again`;
    case 'moved':
      return `trying the cluster at ${event.cluster}`;
  }
}

/** A connection that the SCX has accepted. */
interface OpenConnection {
  /** Resolves with the reason of its end. */
  readonly closed: Promise<string>;
  /** Whether the cluster is to be left, now that it has ended. Default: it is not. */
  isBad?(): boolean;
}

export interface AttachingOptions {
  /** `http://HOST:PORT` of one or more front ends; the first one that answers is used. */
  readonly clusters: readonly string[];
  /** One attempt at a cluster. Resolves with an open connection; rejects with a UserError. */
  open(cluster: string): Promise<OpenConnection>;
  onEvent(event: AttachingEvent): void;
  /** Aborted when the client does not want to be attached any more. */
  readonly signal: AbortSignal;
}

interface State extends AttachingOptions {
  /** Undefined while there is no SCX. */
  connection: OpenConnection | undefined;
  /** The cluster that is used, an index in the list. */
  current: number;
  /** Failures at that cluster in a row. */
  failures: number;
  /** The last failure that was reported: the same one again is no news. */
  reportedReason: string;
}

/** Failures at one cluster before the next one is tried. Guess: one may be bad luck. */
const ATTEMPTS_EACH = 2;

/**
 * Attaches at the first cluster that accepts us. Rejects with a UserError when none does. From then on
 * the client is kept attached until the signal is aborted, or it is refused for good.
 */
export async function keepAttached(options: AttachingOptions): Promise<void> {
  const state: State = {
    ...options,
    connection: undefined,
    current: 0,
    failures: 0,
    reportedReason: '',
  };
  await attachFirst(state);
  void followOn(state);
}

async function attachFirst(state: State): Promise<void> {
  for (;;) {
    try {
      return await attachOnce(state);
    } catch (error) {
      if (!(error instanceof UserError) || error.isFinal) throw error;
      if (state.current + 1 === state.clusters.length) throw error;
      onFailed(state, error.message);
      moveOn(state);
    }
  }
}

/** Waits for the end of each connection and attaches again. */
async function followOn(state: State): Promise<void> {
  const { signal, onEvent } = state;
  let attempt = 0;
  let refusal: UserError | undefined;
  while (!signal.aborted && refusal === undefined) {
    const since = performance.now();
    const { connection } = state;
    if (connection === undefined) {
      refusal = await tryAgain(state, attempt++);
      continue;
    }
    const reason = await connection.closed;
    state.connection = undefined;
    if (wasSteady(performance.now() - since)) attempt = 0;
    if (!signal.aborted) onEvent({ kind: 'lost', reason });
    if (!signal.aborted && connection.isBad?.() === true) moveOn(state);
  }
  if (refusal !== undefined) onEvent({ kind: 'refused', error: refusal });
}

async function attachOnce(state: State): Promise<void> {
  state.connection = await state.open(state.clusters[state.current] as string);
  state.reportedReason = '';
  state.failures = 0;
}

/** Returns the refusal after which no attempt makes sense. */
async function tryAgain(state: State, attempt: number): Promise<UserError | undefined> {
  const { signal, clusters } = state;
  await pauseBeforeAttempt(Math.floor(attempt / clusters.length), signal);
  if (signal.aborted) return undefined;
  try {
    await attachOnce(state);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (error.isFinal) return error;
    onFailed(state, error.message);
    if (++state.failures >= ATTEMPTS_EACH) moveOn(state);
  }
  return undefined;
}

function onFailed(state: State, reason: string): void {
  if (state.signal.aborted || reason === state.reportedReason) return;
  state.reportedReason = reason;
  state.onEvent({ kind: 'failed', reason });
}

function moveOn(state: State): void {
  const { clusters, onEvent } = state;
  state.failures = 0;
  state.current = (state.current + 1) % clusters.length;
  if (clusters.length > 1) onEvent({ kind: 'moved', cluster: clusters[state.current] as string });
}
