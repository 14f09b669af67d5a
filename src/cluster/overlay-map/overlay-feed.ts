/**
 * The overlay of one session for everybody who looks at it: one SCX here is asked, and what it tells is
 * sent to all. It is asked while somebody looks, and a little longer; when it ends, another one is asked,
 * and the picture stays. What comes within a moment is sent together, as the same bytes to everybody.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { OverlayLine } from '../../api/overlay-map/overlay-record.js';
import type { ScxStatus } from '../../api/scx-status.js';
import { createEvents, type OverlayEvents } from './overlay-events.js';
import { createOverlayPicture, type OverlayPicture } from './overlay-picture.js';
import type { ReadScxOverlay } from './scx-overlay.js';

/** Takes what has happened since the last call; the first call has all SCXs. */
type OnEvents = (events: OverlayEvents) => void;

interface OverlayFeed {
  /** Tells what is there now and whatever changes, until the returned function is called. */
  subscribe(onEvents: OnEvents): () => void;
  close(): void;
}

interface OverlayFeedOptions {
  /** An SCX of the session that runs here. */
  scx(): ScxStatus | undefined;
  readonly read: ReadScxOverlay;
  readonly log: Logger;
  onIdle(): void;
}

/** How long lines wait for others, ms. */
const BATCH_MS = 40;
/** Somebody who reloads the page is back within this time, ms. */
const LINGER_MS = 5000;
/** The wait before an SCX is asked again, ms. */
const RETRY_MS = 500;
/** By then an SCX has told of all that it knows by gossip, ms. */
const SETTLE_MS = 3000;

interface State extends OverlayFeedOptions {
  readonly picture: OverlayPicture;
  readonly subscribers: Set<OnEvents>;
  waiting: OverlayLine[];
  batch: NodeJS.Timeout | undefined;
  linger: NodeJS.Timeout | undefined;
  asking: AbortController | undefined;
}

function flush(state: State): void {
  const lines = state.waiting;
  clearTimeout(state.batch);
  state.waiting = [];
  state.batch = undefined;
  if (lines.length === 0) return;
  const events = createEvents(lines);
  for (const onEvents of [...state.subscribers]) onEvents(events);
}

function handle(state: State, line: OverlayLine): void {
  const news = state.picture.take(line);
  if (news === undefined) return;
  state.waiting.push(news);
  state.batch ??= setTimeout(() => flush(state), BATCH_MS);
}

/** Asks one SCX until it tells no more. */
async function ask(state: State, scx: ScxStatus, signal: AbortSignal): Promise<void> {
  const { picture, read } = state;
  picture.begin();
  const settling = setTimeout(() => {
    for (const line of picture.settle(Date.now())) {
      state.waiting.push(line);
      state.batch ??= setTimeout(() => flush(state), BATCH_MS);
    }
  }, SETTLE_MS);
  try {
    await read(scx, (line) => handle(state, line), signal);
  } finally {
    clearTimeout(settling);
  }
}

async function keepAsking(state: State, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const scx = state.scx();
    try {
      if (scx !== undefined) await ask(state, scx, signal);
    } catch (error) {
      if (!signal.aborted) state.log.debug({ err: error }, 'an SCX does not tell of its overlay');
    }
    await pause(RETRY_MS, undefined, { ref: false, signal }).catch(() => undefined);
  }
}

function start(state: State): void {
  clearTimeout(state.linger);
  if (state.asking !== undefined) return;
  state.asking = new AbortController();
  void keepAsking(state, state.asking.signal);
}

function close(state: State): void {
  clearTimeout(state.linger);
  clearTimeout(state.batch);
  state.asking?.abort();
  state.asking = undefined;
}

/** Creates the feed of a session; nobody looks yet. */
function createOverlayFeed(options: OverlayFeedOptions): OverlayFeed {
  const state: State = {
    ...options,
    ...{ picture: createOverlayPicture(), subscribers: new Set(), waiting: [] },
    ...{ batch: undefined, linger: undefined, asking: undefined },
  };
  const becomeIdle = (): void => {
    close(state);
    options.onIdle();
  };
  return {
    subscribe: (onEvents) => {
      start(state);
      flush(state); // what waits is part of the picture already
      onEvents(createEvents(state.picture.lines()));
      const own: OnEvents = (events) => onEvents(events);
      state.subscribers.add(own);
      return () => {
        state.subscribers.delete(own);
        if (state.subscribers.size > 0) return;
        clearTimeout(state.linger);
        state.linger = setTimeout(becomeIdle, LINGER_MS);
        state.linger.unref();
      };
    },
    close: () => close(state),
  };
}

/** The feeds of all sessions that somebody looks at. */
export interface OverlayFeeds {
  /** The feed of a session, which is named by its id. */
  of(session: string): OverlayFeed;
  close(): void;
}

export interface OverlayFeedsOptions {
  /** The SCX that has been running longest for a session. */
  running(session: string): ScxStatus | undefined;
  readonly read: ReadScxOverlay;
  readonly log: Logger;
}

/** Nobody looks yet. Bounded: the sessions that are here. */
export function createOverlayFeeds({ running, read, log }: OverlayFeedsOptions): OverlayFeeds {
  const feeds = new Map<string, OverlayFeed>();
  return {
    of: (session) => {
      const known = feeds.get(session);
      if (known !== undefined) return known;
      const feed = createOverlayFeed({
        ...{ read, log },
        scx: () => running(session),
        onIdle: () => feeds.delete(session),
      });
      feeds.set(session, feed);
      return feed;
    },
    close: () => {
      for (const feed of feeds.values()) feed.close();
      feeds.clear();
    },
  };
}
