/**
 * Keeps the title of a mount up to date. The last title is sent once over each connection, because
 * Icecast forgets it when the source disconnects; at most one request is in flight.
 */
import type { IcecastTarget } from './icecast-target.js';
import { sendTitle } from './icecast-title.js';

export interface TitleSender {
  /** What is playing from now on. */
  setTitle(title: string): void;
  onConnected(): void;
  onLost(): void;
}

interface State {
  readonly target: IcecastTarget;
  readonly onWarning: (text: string) => void;
  readonly signal: AbortSignal;
  title: string | undefined;
  /** The title that the server has been sent over this connection. */
  sent: string | undefined;
  isConnected: boolean;
  isBusy: boolean;
  /** The last request failed: the next failure is no news. */
  hasFailed: boolean;
}

/**
 * Creates a sender of titles. It sends nothing before `onConnected`, and nothing after the signal
 * is aborted.
 */
export function createTitleSender(
  target: IcecastTarget,
  onWarning: (text: string) => void,
  signal: AbortSignal,
): TitleSender {
  const state: State = {
    ...{ target, onWarning, signal },
    title: undefined,
    sent: undefined,
    isConnected: false,
    isBusy: false,
    hasFailed: false,
  };
  return {
    setTitle: (title) => {
      state.title = title;
      void update(state);
    },
    onConnected: () => {
      state.isConnected = true;
      state.sent = undefined;
      void update(state);
    },
    onLost: () => {
      state.isConnected = false;
    },
  };
}

async function update(state: State): Promise<void> {
  if (state.isBusy) return;
  state.isBusy = true;
  const { target, onWarning, signal } = state;
  while (state.isConnected && !signal.aborted) {
    const { title } = state;
    if (title === undefined || title === state.sent) break;
    state.sent = title;
    const reason = await sendTitle(target, title, signal);
    const isNews = reason !== undefined && !state.hasFailed;
    if (isNews) onWarning(`${target.label} does not accept titles (${reason})`);
    state.hasFailed = reason !== undefined;
  }
  state.isBusy = false;
}
