/**
 * Feeds an Icecast server from a session, so that a station can move over step by step: its
 * listeners stay where they are, while the sound comes by Scattercast. We are a listener of the
 * cluster like any other, and a source of Icecast like any other; frames go through unchanged.
 */

import type { Station } from '../pull/icy-stream.js';
import { pull } from '../pull/pull.js';
import { tellStalls } from '../track/stall-watch.js';
import type { TrackEvent } from '../track/track.js';
import { createIcecastLink, type IcecastLink } from './icecast-link.js';
import type { IcecastTarget } from './icecast-target.js';

export interface RelayOptions {
  /** Where the session can be heard; if there are several, each is as good as the others. */
  readonly urls: readonly URL[];
  readonly target: IcecastTarget;
  /** What happens, one sentence each; never with a password. */
  readonly onEvent: (text: string) => void;
  readonly onWarning: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Guess: what is on its way to the server. */
const FINISH_MS_MAX = 1500;

/**
 * Relays until the signal is aborted. Rejects with a UserError when the session cannot be listened
 * to, or the server says no, at the beginning.
 */
export async function relay(options: RelayOptions): Promise<void> {
  const { urls, target, onEvent, onWarning, signal } = options;
  let headers: Readonly<Record<string, string>> = {};
  let bitrateKbps = 0;
  const link = createIcecastLink({
    target,
    headers: () => ({ ...headers, 'ice-bitrate': `${bitrateKbps}` }),
    onConnected: () => onEvent(`relaying to ${target.label}`),
    tell: onWarning,
  });
  const onStation = (station: Station): void => {
    headers = headersOf(station);
  };
  const events = pull({ urls, tell: onWarning, onStation, signal });
  try {
    for await (const event of tellStalls(events, 'the session', onWarning)) {
      if (event.kind === 'frame') bitrateKbps = event.bitrateKbps;
      take(event, link, onEvent);
    }
  } finally {
    await link.finish(FINISH_MS_MAX);
  }
}

function take(event: TrackEvent, link: IcecastLink, onEvent: (text: string) => void): void {
  if (event.kind === 'frame') return link.publish(event.bytes, event.durationMs);
  onEvent(`now playing: ${event.title}`);
  link.title(event.title);
}

function headersOf({ name, genre, url }: Station): Readonly<Record<string, string>> {
  return {
    'ice-public': '0',
    ...(name === undefined ? {} : { 'ice-name': name }),
    ...(genre === undefined ? {} : { 'ice-genre': genre }),
    ...(url === undefined ? {} : { 'ice-url': url }),
  };
}
