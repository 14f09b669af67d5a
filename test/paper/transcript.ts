/**
 * Golden traces: an exchange in the simulated world as a transcript of who sent what to whom, and
 * when. A trace is a text file under test/paper/traces and is compared literally. When the protocol
 * changes on purpose, run the test with SCATTERCAST_REWRITE_TRACES=1 and review the difference.
 *
 * A line is the instant at which a message is sent, in ms, the sender, the receiver, and the message
 * in the paper's words. Lines without a receiver are what the SCX tells its own process.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Effect, GossamerEvent } from '../../src/gossamer/core/effects.js';
import type {
  DataMessage,
  Death,
  Message,
  Route,
  Sighting,
} from '../../src/gossamer/core/message.js';
import type { Adu } from '../../src/gossamer/core/node.js';
import type { Session } from './support.js';

const FOLDER = join(import.meta.dirname, 'traces');

/** Compares a text with a golden file, or writes the file where that is wanted. */
export function matchTrace(name: string, text: string): { text: string; golden: string } {
  const file = join(FOLDER, `${name}.txt`);
  if (process.env.SCATTERCAST_REWRITE_TRACES === '1') writeFileSync(file, text);
  return { text, golden: existsSync(file) ? readFileSync(file, 'utf8') : '' };
}

/** One line of a transcript. */
export interface Line {
  readonly now: number;
  readonly from: number;
  /** Undefined: for the SCX's own process. */
  readonly to: number | undefined;
  /** The kind of the message or event, for choosing lines. */
  readonly kind: string;
  readonly text: string;
}

/** Names SCXs by their index, and sources by the order of their appearance. */
function createNames(session: Session) {
  const sources: string[] = [];
  return {
    scx: (id: string): string =>
      `${session.world.scxs.findIndex(({ gossamer }) => gossamer.self().id === id)}`,
    at: (address: string): number => session.world.scxs.findIndex((scx) => scx.address === address),
    source: (id: string): string => {
      if (!sources.includes(id)) sources.push(id);
      return String.fromCharCode('A'.charCodeAt(0) + sources.indexOf(id));
    },
  };
}

type Names = ReturnType<typeof createNames>;

const listOf = (items: readonly string[], none = 'none'): string =>
  items.length === 0 ? none : items.join(' ');

const ms = (value: number): string => `${Math.round(value * 10) / 10} ms`;

function describeMessage(message: Message, names: Names): string {
  const members = (items: readonly Sighting[]): string =>
    listOf(items.map(({ member }) => names.scx(member.id)));
  const deaths = (items: readonly Death[]): string =>
    items.length === 0 ? '' : `, dead ${listOf(items.map(({ id }) => names.scx(id)))}`;
  const routeOf = ({ scx, costMs, path, sources }: Route): string =>
    `[to ${names.scx(scx)} over ${path.map(names.scx).join('-')}, ${ms(costMs)}, ` +
    `sources ${listOf(sources.map(({ id }) => names.source(id)))}]`;
  const routes = (items: readonly Route[]): string => listOf(items.map(routeOf));
  const gain = (value: number | null): string => (value === null ? 'no' : ms(value));
  const follows = (id: string | null): string => (id === null ? 'nobody' : names.scx(id));
  switch (message.kind) {
    case 'discovery':
    case 'discoveryResponse': {
      const what = message.kind === 'discovery' ? 'DISCOVERY' : 'DISCOVERY_RESPONSE';
      const digest = message.digest === null ? '' : ', and a digest';
      const known = `members ${members(message.members)}${deaths(message.deaths)}`;
      return `${what}: ${known}, follows ${follows(message.generator)}${digest}`;
    }
    case 'notice': {
      const { what, about, reporter, atMs } = message.notice;
      const by = `by ${names.scx(reporter)} at ${ms(atMs)}`;
      return `NOTICE: ${names.scx(about.id)} ${what === 'alive' ? 'is alive' : what}, ${by}`;
    }
    case 'keepAlive':
      return `KEEP_ALIVE: the edge is worth ${ms(message.worthMs)}`;
    case 'heartbeat':
      return `HEARTBEAT: ${message.sequence} of ${names.scx(message.generator)}`;
    case 'requestStatus':
      return 'REQUEST_STATUS';
    case 'status': {
      const flag = message.canAccept ? 'CAN_ACCEPT' : 'full';
      return `STATUS: ${flag}, routes ${routes(message.routes)}`;
    }
    case 'edgeRequest': {
      const { rttMs, addGainMs, acceptGainMs } = message;
      return `EDGE_REQUEST: RTT ${ms(rttMs)}, gain to add ${gain(addGainMs)}, to accept ${gain(acceptGainMs)}`;
    }
    case 'edgeAccept':
      return message.reversed ? 'EDGE_ACCEPT: reversed' : 'EDGE_ACCEPT';
    case 'edgeReject':
      return 'EDGE_REJECT';
    case 'edgeDrop':
      return `EDGE_DROP: instead ${message.instead === null ? 'nobody' : names.scx(message.instead.id)}`;
    case 'update': {
      const lost =
        message.lost.length === 0 ? '' : `, lost ${message.lost.map(names.scx).join(' ')}`;
      const gone = message.withdrawn.map(({ scx }) => names.scx(scx));
      const withdrawn = gone.length === 0 ? '' : `, withdrawn ${gone.join(' ')}`;
      const extent = message.whole ? 'whole table' : 'changes';
      return `UPDATE: ${extent} ${routes(message.routes)}${lost}${withdrawn}`;
    }
    case 'ping':
      return 'PING';
    case 'pong':
      return 'PONG';
    case 'entries':
    case 'entryNews':
    case 'entryEager':
    case 'entryDigest':
    case 'entryHaves':
    case 'entryWants':
      return message.kind;
  }
}

function describeData(message: DataMessage, names: Names): string {
  const source = names.source(message.source);
  switch (message.kind) {
    case 'subscribe':
      return `SUBSCRIBE: source ${source}, channel ${message.channel}, from ${message.from ?? 'the recent ADUs'}`;
    case 'subscribed':
      return `SUBSCRIBED: source ${source}, channel ${message.channel}, from ${message.from}`;
    case 'unsubscribe':
    case 'refused':
      return `${message.kind.toUpperCase()}: source ${source}, channel ${message.channel}`;
    case 'audience':
      return `AUDIENCE: source ${source}, ${message.listeners} listeners`;
    case 'nack':
    case 'head':
    case 'lost':
      return `${message.kind.toUpperCase()}: source ${source}, channel ${message.channel}`;
  }
}

const describeAdu = ({ source, channel, sequence }: Adu, names: Names): string =>
  `ADU ${sequence} of source ${names.source(source)}, channel ${channel}`;

function describeEvent(event: GossamerEvent, names: Names): string {
  switch (event.kind) {
    case 'edgeUp':
      return `edge to ${names.scx(event.member.id)} begins, ${event.ours ? 'added' : 'accepted'}`;
    case 'edgeDown':
      return `edge to ${names.scx(event.member.id)} ends: ${event.reason}`;
    case 'memberFailed':
    case 'memberLeft':
      return `marks ${names.scx(event.member.id)} dead: ${event.kind === 'memberLeft' ? 'left' : 'failed'}`;
    case 'partitionSuspected':
      return 'suspects a partition';
    case 'heartbeatHeard':
      return `follows the heartbeat of ${names.scx(event.generator)}`;
    case 'demand':
      return `source ${names.source(event.source)} is wanted on channels ${event.channels}`;
    case 'generating':
      return event.generating ? 'generates the heartbeat' : 'generates no more';
    case 'parentChanged':
      return `parent for source ${names.source(event.source)}: ${event.parent === null ? 'none' : names.scx(event.parent)}`;
    case 'sourceUp':
      return `source ${names.source(event.source.id)} is at ${names.scx(event.scx)}`;
    case 'sourceDown':
      return `source ${names.source(event.source)} is gone`;
    case 'entry':
      return `keeps an entry of ${event.entry.author}`;
    case 'entryForged':
      return `gets a forged entry from ${names.scx(event.member.id)}`;
    case 'missed':
      return `misses ${event.count} ADUs of source ${names.source(event.source)}`;
    case 'left':
      return 'has left';
  }
}

function describeEffect(effect: Effect, names: Names): Omit<Line, 'now' | 'from'> {
  switch (effect.kind) {
    case 'locate':
      return { to: undefined, kind: 'locate', text: `locates ${effect.location}` };
    case 'send': {
      const { kind } = effect.message;
      return { to: names.at(effect.to), kind, text: describeMessage(effect.message, names) };
    }
    case 'hangUp':
      return { to: names.at(effect.to), kind: 'hangUp', text: '(closes the connection)' };
    case 'sendData': {
      const { body } = effect.message;
      const to = names.at(effect.to.address);
      return { to, kind: body.kind, text: describeData(body, names) };
    }
    case 'forward': {
      const to = Number(names.scx(effect.to));
      return { to, kind: 'forward', text: describeAdu(effect.adu, names) };
    }
    case 'deliver': {
      const text = `delivers ${describeAdu(effect.adu, names)}`;
      return { to: undefined, kind: 'deliver', text };
    }
    case 'notify': {
      const text = describeEvent(effect.event, names);
      return { to: undefined, kind: effect.event.kind, text };
    }
  }
}

/** All lines of a session since an instant. */
export function linesSince(session: Session, since: number): Line[] {
  const names = createNames(session);
  return session.effects
    .filter(({ now }) => now >= since)
    .map(({ scx, what, now }) => ({ now, from: scx.index, ...describeEffect(what, names) }));
}

/** The transcript: a head that says what happens, and the chosen lines with instants from `since`. */
export function transcriptOf(
  head: readonly string[],
  lines: readonly Line[],
  since: number,
): string {
  const rows = lines.map(({ now, from, to, text }) => {
    const instant = (now - since).toFixed(1).padStart(8);
    const parties = to === undefined ? `${from}` : `${from} > ${to}`;
    return `${instant}  ${parties.padEnd(7)} ${text}`;
  });
  return [...head.map((text) => `# ${text}`), ...rows, ''].join('\n');
}
