/**
 * The session's channels in this SCX: those of its launch, and those that a newer announcement adds while it
 * runs, which each renewal of the lease tells. A channel that an announcement no longer has stays until the next
 * start of the SCX, and so does the way in which a channel is carried: an added one travels over TCP. The
 * channel of entries makes a session a directory, so it is not added either.
 *
 * Bounded: as many channels as an announcement may have.
 */
import { ANNOUNCEMENT_LIMITS, type Channel } from '../../session/announcement.js';
import { ENTRY_CHANNEL } from '../../session/channels.js';

/** A channel, and what it may carry. */
export type RatedChannel = Pick<Channel, 'id' | 'rateKbps'>;

export interface SessionChannels {
  all(): readonly RatedChannel[];
  has(id: number): boolean;
  /** The ids of those that were not there at the start. */
  added(): readonly number[];
  /** Takes what is announced now: new channels, and other rates. */
  update(announced: readonly RatedChannel[]): void;
}

const { channelsMax } = ANNOUNCEMENT_LIMITS;

/** Creates the channels of the launch document. */
export function createSessionChannels(launched: readonly RatedChannel[]): SessionChannels {
  const channels = new Map(launched.map((channel) => [channel.id, channel]));
  return {
    all: () => [...channels.values()],
    has: (id) => channels.has(id),
    added: () => [...channels.keys()].slice(launched.length),
    update: (announced) => {
      for (const channel of announced) {
        const isNew = !channels.has(channel.id);
        if (isNew && (channel.id === ENTRY_CHANNEL || channels.size >= channelsMax)) continue;
        channels.set(channel.id, channel);
      }
    },
  };
}
