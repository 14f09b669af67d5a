/**
 * What clients that receive are sent, by channel. Of the sound that is what this SCX plays: of several
 * sources the one that is on the air (sound/on-air.ts), with the frames of a change in between, so that
 * a client hears the same as a player. Of every other channel it is all ADUs of all sources, as each is
 * a stream of its own.
 *
 * Bounded: a log for each channel, and PENDING_MAX ADUs of sound that are not played yet.
 */
import type { Adu, SourceId } from '../../gossamer/core/node.js';
import { createBoundedMap } from '../../lib/bounds/bounded-map.js';
import { AUDIO_CHANNEL, ENTRY_CHANNEL } from '../../session/channels.js';
import type { SessionChannels } from '../sources/session-channels.js';
import { type AduLog, createAduLog } from './adu-log.js';

export interface AduFeed {
  /** The channels that can be received. */
  channels(): readonly number[];
  /** Undefined: the session has no such channel. */
  log(channel: number): AduLog | undefined;
  /** Takes each ADU that the overlay delivers. */
  handleAdu(adu: Adu): void;
  /** Frames of a source are played next, in this order. */
  onPlayed(source: SourceId, frames: readonly { readonly sequence: number }[]): void;
  onSourceDown(source: SourceId): void;
  /** Calls back after each ADU that clients are to get. */
  onNews(callback: () => void): void;
}

export interface AduFeedOptions {
  readonly channels: Pick<SessionChannels, 'all' | 'has'>;
  /** Sound that a new client gets at once, ms. */
  readonly burstMs: number;
  /** Silence after which sound starts no client, ms. */
  readonly staleMs: number;
  now(): number;
}

/** On-air keeps 64 frames of a source in reserve; enough for sixteen sources. */
const PENDING_MAX = 1024;

const keyOf = (source: SourceId, sequence: number): string => `${source}/${sequence}`;

/** Creates a feed of which nothing is known yet. */
export function createAduFeed(options: AduFeedOptions): AduFeed {
  const { channels, burstMs, staleMs, now } = options;
  const logs = new Map<number, AduLog>();
  /** Opened when it is asked for: the session may get channels later. */
  const logOf = (channel: number): AduLog | undefined => {
    const found = logs.get(channel);
    if (found !== undefined || channel === ENTRY_CHANNEL || !channels.has(channel)) return found;
    const burst = channel === AUDIO_CHANNEL ? { burstMs } : {};
    const opened = createAduLog({ ...burst, staleMs });
    logs.set(channel, opened);
    return opened;
  };
  const pending = createBoundedMap<string, Adu>(PENDING_MAX);
  const callbacks: (() => void)[] = [];
  const tell = (): void => {
    for (const callback of callbacks) callback();
  };

  return {
    channels: () => channels.all().flatMap(({ id }) => (id === ENTRY_CHANNEL ? [] : [id])),
    log: logOf,
    handleAdu: (adu) => {
      if (adu.channel === AUDIO_CHANNEL) pending.set(keyOf(adu.source, adu.sequence), adu);
      else {
        logOf(adu.channel)?.add(adu, now());
        tell();
      }
    },
    onPlayed: (source, frames) => {
      for (const { sequence } of frames) {
        const key = keyOf(source, sequence);
        const adu = pending.get(key);
        pending.delete(key);
        if (adu !== undefined) logOf(AUDIO_CHANNEL)?.add(adu, now());
      }
      if (frames.length > 0) tell();
    },
    onSourceDown: (source) => {
      for (const log of logs.values()) log.onSourceDown(source);
    },
    onNews: (callback) => void callbacks.push(callback),
  };
}
