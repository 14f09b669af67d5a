/**
 * The multicast of one SCX in its local network: the group of our own receivers (own-group.ts), and RTP for
 * players (players.ts). Without it everything goes over the receivers' own connections, so whatever is
 * wrong with it, the interface that is gone for example, is told and tried again.
 */
import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import type { Launch } from '../../api/scx-launch.js';
import type { ScxStatus } from '../../api/scx-status.js';
import type { Answer } from '../../http/server/response.js';
import { textAnswer } from '../../http/server/response.js';
import type { StreamDescription } from '../../icecast/stream-description.js';
import { pathOf } from '../../lib/url-path.js';
import { createGroupSeal, drawSender, GROUP_KEY_BYTES } from '../../overlay/tls/group-seal.js';
import { OWN_PORT } from '../../rtp/ports.js';
import type { RtpFormat } from '../../rtp/sdp.js';
import { steadyTimeMs } from '../../runtime/steady-time.js';
import {
  interfaceAddress,
  type MulticastSocket,
  openMulticastSocket,
} from '../../runtime/system/multicast-socket.js';
import { AUDIO_CHANNEL } from '../../session/channels.js';
import type { PlacedSession } from '../../session/session-id.js';
import type { AduFeed } from '../receivers/adu-feed.js';
import {
  createOwnGroup,
  type GroupAudience,
  type OwnGroup,
  STATE_MS,
} from '../receivers/own-group.js';
import type { Receivers } from '../receivers/receivers.js';
import { openPlayers, type Players } from './players.js';

export interface MulticastOptions {
  readonly launch: Launch;
  readonly name: PlacedSession;
  readonly feed: AduFeed;
  readonly receivers: Pick<Receivers, 'ofGroup' | 'setGroup'>;
  readonly log: Logger;
  description(): StreamDescription;
  /** Another SCX of the session has run here before. */
  readonly isResumed: boolean;
  isOnAir(): boolean;
  /** Another SCX of the session sends to the groups now. */
  isReplaced(): boolean;
  isPrivate(): boolean;
  /** The operator's hook is asked about listeners. */
  isHooked(): boolean;
  now(): number;
}

export interface Multicast {
  /** Answers a request for the description of a stream; undefined: it is for something else. */
  answer(target: string): Answer | undefined;
  /** Players that RTP is sent to. */
  readonly clients: number;
  status(): ScxStatus['multicast'];
  close(): Promise<void>;
}

type Settings = NonNullable<Launch['multicast']>;

/** What is open while there is an interface and a group. */
interface Opened {
  readonly own: OwnGroup;
  readonly players: Players;
  readonly sockets: readonly MulticastSocket[];
}

const NO_MULTICAST = 'This cluster sends no multicast: listen to the .mp3 instead.';
const NO_GROUP = 'more sessions than groups: see --multicast';
const PRIVATE = 'A private session is not sent to players by multicast: use scattercast tune.';
const HOOKED =
  'This cluster asks for names and passwords of listeners: listen to the .mp3 instead.';

/** After this time it is tried again, ms. Guess. */
const RETRY_MS = 10_000;
const SECOND_MS = 1000;

/** Why players get no RTP. */
function objectionTo({ isPrivate, isHooked }: MulticastOptions): string | undefined {
  if (isPrivate()) return PRIVATE;
  return isHooked() ? HOOKED : undefined;
}

async function openOwnGroup({ feed, now }: MulticastOptions, open: Open, group: string) {
  const key = randomBytes(GROUP_KEY_BYTES);
  const token = drawSender();
  let own: OwnGroup | undefined;
  const target = { group, port: OWN_PORT };
  const socket = await open(target, (bytes, address) => own?.onDatagram(bytes, address));
  own = createOwnGroup({
    ...{ feed, socket, now, seal: createGroupSeal({ key, scx: token }, token) },
    invitation: { address: group, port: OWN_PORT, token, key: key.toString('base64url') },
  });
  return { own, socket };
}

type Open = (
  to: { readonly group: string; readonly port: number },
  onDatagram?: (bytes: Uint8Array, address: string) => void,
) => Promise<MulticastSocket>;

/** Opens all sockets. Rejects with a reason; then none is open. */
async function open(options: MulticastOptions, settings: Settings, group: string): Promise<Opened> {
  const origin = interfaceAddress(settings.interface);
  if (origin === undefined) throw new Error(`no interface ${settings.interface} with IPv4`);
  const sockets: MulticastSocket[] = [];
  const openSocket: Open = async (to, onDatagram) => {
    const socket = await openMulticastSocket({
      ...{ ...to, interfaceAddress: origin, ttl: settings.ttl },
      ...(onDatagram === undefined ? {} : { onDatagram }),
    });
    sockets.push(socket);
    return socket;
  };
  try {
    const { own } = await openOwnGroup(options, openSocket, group);
    const players = await openPlayers({
      ...{
        ...options,
        group,
        ttl: settings.ttl,
        isAlways: settings.isAlways === true,
        origin,
        open: openSocket,
      },
      ...{ objection: () => objectionTo(options), wallNow: steadyTimeMs },
    });
    return { own, players, sockets };
  } catch (error) {
    await Promise.all(sockets.map((socket) => socket.close()));
    throw error;
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : `${error}`);

/** Opens the multicast of an SCX, if its cluster has any. */
export function openMulticast(options: MulticastOptions): Multicast {
  const { launch, name, feed, receivers, log, now } = options;
  const settings = launch.multicast;
  let opened: Opened | undefined;
  let problem: string | undefined = settings?.group === null ? NO_GROUP : undefined;
  let retryAt = Number.NEGATIVE_INFINITY;
  let isBusy = false;
  let isClosed = false;
  /** The next frame that players are sent. */
  let cursor = 0;

  const tryToOpen = async (group: string, wanted: Settings): Promise<void> => {
    isBusy = true;
    retryAt = now() + RETRY_MS;
    try {
      const found = await open(options, wanted, group);
      if (isClosed) await closeAll(found);
      else become(found);
    } catch (error) {
      if (problem === undefined) log.warn({ reason: reasonOf(error) }, 'No multicast is sent.');
      problem = reasonOf(error).slice(0, PROBLEM_MAX);
    }
    isBusy = false;
  };

  const become = (found: Opened): void => {
    opened = found;
    problem = undefined;
    cursor = feed.log(AUDIO_CHANNEL)?.end ?? 0;
    receivers.setGroup(found.own);
  };

  const sendToPlayers = (): void => {
    const sound = feed.log(AUDIO_CHANNEL);
    if (opened === undefined || sound === undefined) return;
    const frames: Uint8Array[] = [];
    for (cursor = Math.max(cursor, sound.start); cursor < sound.end; cursor++) {
      const adu = sound.at(cursor);
      if (adu !== undefined) frames.push(adu.payload);
    }
    if (!options.isReplaced()) opened.players.send(frames);
  };

  const tick = (): void => {
    const group = settings?.group;
    if (opened === undefined && group && settings && !isBusy && now() >= retryAt) {
      void tryToOpen(group, settings);
    }
    if (!options.isReplaced()) opened?.players.tick();
  };

  const audience = (): GroupAudience => receivers.ofGroup;
  const timers = settings === undefined ? [] : [setInterval(tick, SECOND_MS)];
  if (settings !== undefined) {
    timers.push(setInterval(() => opened?.own.sendState(audience()), STATE_MS));
    feed.onNews(sendToPlayers);
    if (problem !== undefined) log.warn({ reason: problem }, 'No multicast is sent.');
    tick();
  }

  return {
    answer: (target) => {
      const isForIt = pathOf(target) === `/${name.session}.sdp`;
      if (isForIt && opened === undefined) return textAnswer(404, NO_MULTICAST);
      return opened?.players.answer(target);
    },
    get clients() {
      return opened?.players.count ?? 0;
    },
    status: () => {
      if (settings === undefined) return undefined;
      const group = settings.group ?? undefined;
      if (opened === undefined) return { group, problem, receivers: 0, players: 0, sending: [] };
      const { moved } = audience();
      const sending: (RtpFormat | 'lots')[] = opened.players.sending();
      if (moved > 0) sending.push('lots');
      return { group, receivers: moved, players: opened.players.count, sending };
    },
    close: async () => {
      isClosed = true;
      for (const timer of timers) clearInterval(timer);
      if (opened !== undefined) await closeAll(opened);
    },
  };
}

const PROBLEM_MAX = 200;

/** Says that the streams end, and closes the sockets. */
async function closeAll({ players, sockets }: Opened): Promise<void> {
  players.end();
  await Promise.all(sockets.map((socket) => socket.close()));
}
