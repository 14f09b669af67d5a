/**
 * Receives channels of a session (§2.5's client), for as long as it is wanted. It attaches at a
 * cluster, connects to the SCX that it is told, and is sent numbered ADUs in signed lots. When the SCX
 * leaves, dies or hangs, or the cluster fails, it attaches again (cluster/keep-attached.ts) and goes on
 * behind the number that came last: nothing is lost as long as the next SCX still has it, and nothing
 * comes twice.
 *
 * Each lot is verified here, with the keys of the announcement that this client has read itself
 * (cluster/trusted-session.ts). An SCX that sends a lot which no listed key has signed is left, for another
 * cluster if there is one.
 */

import type { Adu } from '../../gossamer/core/node.js';
import { EXIT, UserError } from '../../lib/user-error.js';
import { createLotCheck, isFault, type LotRefusal } from '../../overlay/lots/lot-check.js';
import { createAttendedClock } from '../../runtime/attended-clock.js';
import { steadyTimeMs } from '../../runtime/steady-time.js';
import { AUDIO_CHANNEL } from '../../session/channels.js';
import type { ClientMessage } from '../../wire/client-message.js';
import type { WireEvent } from '../../wire/decoder.js';
import { encodeClientMessage } from '../../wire/encoder.js';
import { WIRE_VERSION } from '../../wire/hello.js';
import type { LotFrame } from '../../wire/lot-codec.js';
import { attach } from '../cluster/attach.js';
import { findAnnouncement } from '../cluster/cluster-api.js';
import { type AttachingEvent, keepAttached } from '../cluster/keep-attached.js';
import { type Alive, openScxConnection, type ScxConnection } from '../cluster/scx-connection.js';
import { openTrustedSession, type TrustedSession } from '../cluster/trusted-session.js';
import { type AduOrder, createAduOrder } from './adu-order.js';
import { createGroupReception, type GroupEvent, type GroupReception } from './group-reception.js';

/** What happens besides what is received. */
export type ReceptionEvent =
  | { readonly kind: 'attached'; readonly session: string; readonly address: string }
  | ({ readonly kind: 'alive' } & Alive)
  /** ADUs that no SCX had any more. */
  | { readonly kind: 'missed'; readonly channel: number; readonly count: number }
  /** A lot was not believed, for a reason that is no fault of the SCX. */
  | { readonly kind: 'unbelieved'; readonly why: LotRefusal }
  | GroupEvent
  | AttachingEvent;

/** An ADU that comes next. */
export interface ReceivedAdu {
  readonly adu: Adu;
  /** It continues what came before it of its source, and on the channel of sound what was played. */
  readonly continues: boolean;
}

export interface ReceptionOptions {
  readonly clusters: readonly string[];
  /** The announcement's URL, or the session's name. */
  readonly announcement: string;
  /** The channels to receive, those first whose ADUs are wanted first. */
  readonly channels: readonly number[];
  /** Of a private session. */
  readonly ticket?: string | undefined;
  /**
   * The interface, by name or address, through which a group of the local network is received; `none`: by
   * none. Default: the one that leads to the SCX.
   */
  readonly interfaceName?: string | undefined;
  onAdu(received: ReceivedAdu): void;
  onEvent(event: ReceptionEvent): void;
}

export interface Reception {
  /** Whether more can be taken; until then the SCX keeps it, for as long as it can. */
  setReading(isReading: boolean): void;
  /** Says AM_LEAVING and ends. */
  leave(): Promise<void>;
}

interface State extends ReceptionOptions {
  readonly order: AduOrder;
  readonly ending: AbortController;
  session: TrustedSession | undefined;
  connection: ScxConnection | undefined;
  group: GroupReception | undefined;
  isReading: boolean;
  readonly attended: () => number;
}

/** How often the announcement is read again, ms: a source key may be taken out. Guess. */
const READ_AGAIN_MS = 60_000;
/** Time for AM_LEAVING to be sent, ms. Guess. */
const LEAVE_MS_MAX = 1000;

/** Attaches for the first time. Rejects with a UserError when no cluster accepts us. */
export async function openReception(options: ReceptionOptions): Promise<Reception> {
  const ending = new AbortController();
  const state: State = {
    ...options,
    ...{ order: createAduOrder(), ending, session: undefined },
    ...{ connection: undefined, group: undefined, isReading: true },
    attended: createAttendedClock(() => performance.now()),
  };
  await keepAttached({
    clusters: options.clusters,
    signal: ending.signal,
    open: (cluster) => attachOnce(state, cluster),
    onEvent: (event) => {
      if (event.kind === 'lost') state.connection = undefined;
      options.onEvent(event);
    },
  });
  return {
    setReading: (isReading) => {
      state.isReading = isReading;
      state.group?.setReading(isReading);
      state.connection?.setReading(isReading);
    },
    leave: () => leave(state),
  };
}

async function leave({ ending, connection, group }: State): Promise<void> {
  ending.abort();
  group?.close();
  connection?.setReading(true);
  connection?.leave();
  const timer = setTimeout(() => connection?.destroy('we leave'), LEAVE_MS_MAX);
  await connection?.closed;
  clearTimeout(timer);
}

/** The session, whose announcement this cluster names. */
async function readSession(state: State, url: string): Promise<TrustedSession> {
  if (state.session === undefined) {
    state.session = await openTrustedSession(state.announcement, url);
  } else await state.session.read(url);
  return state.session;
}

async function attachOnce(state: State, cluster: string) {
  const { channels, ticket, ending, onEvent, order } = state;
  const { signal } = ending;
  const announcement = await findAnnouncement(cluster, state.announcement);
  const session = await readSession(state, announcement);
  const attachment = await attach({
    ...{ cluster, announcement, role: 'listener', signal },
    ...(ticket === undefined ? {} : { ticket }),
  });
  if (attachment.session !== session.identity.id) {
    throw new UserError(EXIT.refused, `the cluster at ${cluster} names an SCX of another session`);
  }
  const reader = createLotReader(state, session);
  /** Messages about the group that come before this client knows its own end of the connection. */
  const early: ClientMessage[] = [];
  let group: GroupReception | undefined;
  const isInvited = attachment.multicast != null && state.interfaceName !== 'none';
  const connection = await openScxConnection({
    attachment,
    hello: {
      ...{ version: WIRE_VERSION, session: session.identity.id, purpose: 'receive', channels },
      ...{ positions: order.positions(), ticket, ...(isInvited ? { group: true } : {}) },
    },
    onAlive: (alive) => {
      group?.handle(alive);
      const { listeners, scxListeners } = alive;
      onEvent({ kind: 'alive', listeners, scxListeners });
    },
    onFrame: (event) => {
      if (event.kind !== 'client' || !isInvited) return reader.onFrame(event);
      if (group === undefined) early.push(event.message);
      else if (!group.handle(event.message)) return `unexpected ${event.message.kind}`;
      return undefined;
    },
    signal,
  });
  group = createGroupReception({
    ...{ interfaceName: state.interfaceName, localAddress: connection.localAddress, onEvent },
    believed: reader.believed,
    take: (adu) => take(state, adu),
    attended: state.attended,
    positions: order.positions,
    send: (message) => connection.send(encodeClientMessage(message)),
  });
  group.setReading(state.isReading);
  for (const message of early) group.handle(message);
  const timer = setInterval(() => void session.read(announcement).catch(() => {}), READ_AGAIN_MS);
  void connection.closed.then(() => {
    clearInterval(timer);
    group.close();
  });
  state.connection = connection;
  state.group = group;
  if (!state.isReading) connection.setReading(false);
  onEvent({
    ...{ kind: 'attached', session: session.identity.text },
    address: attachment.scx.overlayAddress,
  });
  return { closed: connection.closed, isBad: () => reader.hasLied };
}

/** Verifies the lots of one connection, and passes their ADUs on. */
function createLotReader(state: State, { identity, trust }: TrustedSession) {
  const { channels, onEvent } = state;
  const onRefused = (): void => {};
  const now = steadyTimeMs;
  const check = createLotCheck({
    session: identity.id,
    isLive: (channel) => channel === AUDIO_CHANNEL,
    trust,
    now,
    onRefused,
  });
  let hasLied = false;
  /** Each reason is told once. */
  const told = new Set<LotRefusal>();
  return {
    get hasLied() {
      return hasLied;
    },
    /** What comes by the group: what is not believed may be anybody's. */
    believed: (lot: LotFrame): readonly Adu[] => {
      if (!channels.includes(lot.lot.channel)) return [];
      const checked = check(lot);
      return checked.kind === 'believed' ? checked.adus : [];
    },
    onFrame: (event: WireEvent): string | undefined => {
      if (event.kind !== 'lot') return `unexpected ${event.kind}`;
      if (!channels.includes(event.lot.channel)) return 'ADUs of a channel that was not asked for';
      const checked = check(event);
      if (checked.kind === 'believed') {
        for (const adu of checked.adus) take(state, adu);
        return undefined;
      }
      hasLied ||= isFault(checked.why);
      if (hasLied) return `it sends what no source of the session has signed (${checked.why})`;
      if (!told.has(checked.why)) onEvent({ kind: 'unbelieved', why: checked.why });
      told.add(checked.why);
      return undefined;
    },
  };
}

function take({ order, onAdu, onEvent }: State, adu: Adu): void {
  const placed = order.place(adu);
  if (placed.kind === 'again') return;
  const { missed, isFirst } = placed;
  if (missed > 0) onEvent({ kind: 'missed', channel: adu.channel, count: missed });
  onAdu({ adu, continues: !isFirst && missed === 0 });
}
