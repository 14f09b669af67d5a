/**
 * The connection to a mount of an Icecast server, for as long as we feed it. It is opened when
 * there is something to send, because Icecast closes a source that is silent for ten seconds. While
 * the server is away the last seconds of audio wait (frame-queue.ts); older audio is lost, and that
 * is reported.
 */
import { UserError } from '../../lib/user-error.js';
import { pauseBeforeAttempt, unlessAborted, wasSteady } from '../pause.js';
import { createFrameQueue, type FrameQueue } from './frame-queue.js';
import { type IcecastSource, openIcecastSource } from './icecast-source.js';
import type { IcecastTarget } from './icecast-target.js';
import { createTitleSender, type TitleSender } from './title-sender.js';

export interface IcecastLinkOptions {
  readonly target: IcecastTarget;
  /** The `ice-*` headers; asked for at each connection. */
  headers(): Readonly<Record<string, string>>;
  readonly onConnected: () => void;
  /** Called with one sentence about a problem that the link has survived. */
  readonly onWarning: (text: string) => void;
}

export interface IcecastLink {
  /** Sends a frame now or soon. Throws a UserError when the first connection has failed. */
  publish(frame: Uint8Array, durationMs: number): void;
  /** What is playing from now on. */
  setTitle(title: string): void;
  /** Sends what waits, if that is possible within `timeoutMs`, and ends. */
  finish(timeoutMs: number): Promise<void>;
}

interface State {
  readonly options: IcecastLinkOptions;
  /** Aborted at the end. */
  readonly ending: AbortController;
  readonly queue: FrameQueue;
  readonly titles: TitleSender;
  /** Undefined while there is no connection. */
  source: IcecastSource | undefined;
  /** Why the first connection failed. */
  problem: UserError | undefined;
  isRunning: boolean;
  /** `finish` has been called. */
  isOver: boolean;
  hasConnected: boolean;
  /** The last failure that was reported: the same one again is no news. */
  reported: string;
}

/** Creates a link that has sent nothing yet. */
export function createIcecastLink(options: IcecastLinkOptions): IcecastLink {
  const ending = new AbortController();
  const state: State = {
    options,
    ending,
    queue: createFrameQueue(),
    titles: createTitleSender(options.target, options.onWarning, ending.signal),
    source: undefined,
    problem: undefined,
    isRunning: false,
    isOver: false,
    hasConnected: false,
    reported: '',
  };
  return {
    publish: (frame, durationMs) => {
      if (state.problem !== undefined) throw state.problem;
      state.queue.add(frame, durationMs);
      if (state.source !== undefined) flush(state);
      else if (!state.isRunning) void run(state);
    },
    setTitle: state.titles.setTitle,
    finish: (timeoutMs) => finish(state, timeoutMs),
  };
}

function flush({ queue, source }: State): void {
  for (let next = queue.take(); next !== undefined; next = queue.take()) source?.send(next);
}

/** Connects again and again: from the first frame until the end, or a loss while nothing waits. */
async function run(state: State): Promise<void> {
  const { target, onWarning } = state.options;
  state.isRunning = true;
  let attempt = 0;
  while (!state.isOver && state.problem === undefined) {
    const since = performance.now();
    await connect(state).catch((error) => onFailed(state, error));
    const reason = await state.source?.closed;
    state.source = undefined;
    state.titles.onLost();
    if (wasSteady(performance.now() - since)) attempt = 0;
    if (reason !== undefined && !state.isOver) {
      onWarning(`the connection to ${target.label} is lost (${reason}); connecting again`);
    }
    await pauseBeforeAttempt(attempt++, state.ending.signal);
    if (state.queue.isEmpty()) break;
  }
  state.isRunning = false;
}

async function connect(state: State): Promise<void> {
  const { target, headers, onConnected, onWarning } = state.options;
  const { signal } = state.ending;
  state.source = await openIcecastSource({ target, headers: headers(), signal });
  state.hasConnected = true;
  state.reported = '';
  onConnected();
  const lostMs = state.queue.takeLostMs();
  if (lostMs > 0) onWarning(`${(lostMs / 1000).toFixed(1)} s were not sent to ${target.label}`);
  flush(state);
  state.titles.onConnected();
}

function onFailed(state: State, error: unknown): void {
  if (!(error instanceof UserError)) throw error;
  const isNews = error.message !== state.reported && !state.isOver;
  if (!state.hasConnected) state.problem = error;
  else if (isNews) state.options.onWarning(`${error.message}; trying again`);
  state.reported = error.message;
}

async function finish(state: State, timeoutMs: number): Promise<void> {
  state.isOver = true;
  const { source } = state;
  source?.end();
  if (source !== undefined) await unlessAborted(source.closed, AbortSignal.timeout(timeoutMs));
  state.ending.abort();
}
