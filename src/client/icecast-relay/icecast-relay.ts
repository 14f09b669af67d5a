/**
 * Feeds an Icecast server from a session, so that a station can migrate step by step: its listeners
 * stay at Icecast, while the sound comes through Scattercast. The relay is an ordinary listener of
 * a cluster and an ordinary source client of Icecast; frames pass through it unchanged.
 */
import type { Station } from '../pull/icy-stream.js';
import { pull } from '../pull/pull.js';
import { tellStalls } from '../track/stall-watch.js';
import type { TrackEvent } from '../track/track.js';
import { createIcecastLink, type IcecastLink } from './icecast-link.js';
import type { IcecastTarget } from './icecast-target.js';

export interface RelayOptions {
  /** Stream URLs of the session, one for each cluster that may be used. */
  readonly urls: readonly URL[];
  readonly target: IcecastTarget;
  /** Called with one sentence for each event; it never contains a password. */
  readonly onEvent: (text: string) => void;
  readonly onWarning: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Time to send what is left at the end, ms. Guess. */
const FINISH_MS_MAX = 1500;

/**
 * Relays until the signal is aborted. Rejects with a UserError when, at the beginning, the session
 * cannot be listened to or the server refuses.
 */
export async function relay(options: RelayOptions): Promise<void> {
  const { urls, target, onEvent, onWarning, signal } = options;
  let headers: Readonly<Record<string, string>> = {};
  let bitrateKbps = 0;
  const link = createIcecastLink({
    target,
    headers: () => ({ ...headers, 'ice-bitrate': `${bitrateKbps}` }),
    onConnected: () => onEvent(`relaying to ${target.label}`),
    onWarning,
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
  link.setTitle(event.title);
}

function headersOf({ name, genre, url }: Station): Readonly<Record<string, string>> {
  return {
    'ice-public': '0',
    ...(name === undefined ? {} : { 'ice-name': name }),
    ...(genre === undefined ? {} : { 'ice-genre': genre }),
    ...(url === undefined ? {} : { 'ice-url': url }),
  };
}
