/**
 * Multicast for players that know nothing of us: RTP in two formats, the descriptions (SDP) by which they
 * play it, and SAP by which some list it. A private session is not sent, nor one whose listeners the
 * operator's hook is asked about: whoever is in the local network could hear it.
 */
import { randomInt } from 'node:crypto';
import { type Answer, textAnswer } from '../../http/server/response.js';
import type { StreamDescription } from '../../icecast/stream-description.js';
import { pathOf, urlOf } from '../../lib/url-path.js';
import { rtpTarget } from '../../rtp/ports.js';
import { SAP_GROUPS, SAP_PORT } from '../../rtp/sap.js';
import { printSdp, RTP_FORMATS, type RtpFormat, SDP_TYPE } from '../../rtp/sdp.js';
import type { MulticastSocket } from '../../runtime/system/multicast-socket.js';
import type { PlacedSession } from '../../session/session-id.js';
import { sessionPath } from '../../session/session-name.js';
import { createRtpStream, type RtpStream } from './rtp-stream.js';
import { createSapAnnouncer } from './sap-announcer.js';

/** Opens a socket of the interface; with a function it listens. */
type OpenSocket = (
  to: { readonly group: string; readonly port: number },
  onDatagram?: (bytes: Uint8Array) => void,
) => Promise<MulticastSocket>;

export interface PlayersOptions {
  readonly name: PlacedSession;
  /** The first group of the session. */
  readonly group: string;
  readonly ttl: number;
  /** The format that all players know is sent always. */
  readonly isAlways: boolean;
  /**
   * Another SCX of the session has sent here before. Players that get nothing report nothing: so it is sent
   * at first as if its description had been read just now.
   */
  readonly isResumed: boolean;
  /** Our address in the local network. */
  readonly origin: string;
  open: OpenSocket;
  description(): StreamDescription;
  isOnAir(): boolean;
  /** Why players get nothing by multicast; undefined: they do. */
  objection(): string | undefined;
  now(): number;
  wallNow(): number;
}

export interface Players {
  /** Answers a request for a description; undefined: it is for something else. */
  answer(target: string): Answer | undefined;
  /** Frames are played next. */
  send(frames: readonly Uint8Array[]): void;
  /** To be called about once a second. */
  tick(): void;
  /** The formats that are sent. */
  sending(): RtpFormat[];
  /** Players that have reported lately; at least 1 while there is another sign of one. */
  readonly count: number;
  /** Says that the streams end. */
  end(): void;
}

const FORMATS = Object.keys(RTP_FORMATS) as readonly RtpFormat[];
const ID_MAX = 2 ** 47;
const U32_SPAN = 2 ** 32;

const UNKNOWN_FORMAT = `There is no such format: ${FORMATS.join(', ')}.`;

/** Opens the sockets of a format. */
async function openStream(options: PlayersOptions, format: RtpFormat) {
  const { group, port } = rtpTarget(options.group, format);
  let stream: RtpStream | undefined;
  const rtp = await options.open({ group, port });
  const rtcp = await options.open({ group, port: port + 1 }, (bytes) => stream?.onReport(bytes));
  stream = createRtpStream({
    ...{ ...options, format, rtp, rtcp, isAlways: options.isAlways && format === 'frames' },
    ...{ ssrc: randomInt(U32_SPAN), timestampAt0: randomInt(U32_SPAN) },
    cname: `scattercast@${options.origin}`,
  });
  if (options.isResumed) stream.onDescribed();
  return stream;
}

/** Opens the sockets of both formats, and those of SAP. Rejects with the system's error. */
export async function openPlayers(options: PlayersOptions): Promise<Players> {
  const { name, group, ttl, origin, now } = options;
  const sap = await Promise.all(
    SAP_GROUPS.map((to) => options.open({ group: to, port: SAP_PORT })),
  );
  const announcer = createSapAnnouncer(sap, origin, now);
  const streams = {
    frames: await openStream(options, 'frames'),
    adus: await openStream(options, 'adus'),
  };
  const id = randomInt(ID_MAX);
  let version = 0;
  let printed = '';

  /** The description of a format; the version grows when it changes. */
  const describe = (format: RtpFormat): string => {
    const { title, text, url } = options.description();
    const facts = {
      ...{ format, origin, id, title: title ?? sessionPath(name), text, homepage: url, ttl },
      ...rtpTarget(group, format),
    };
    const plain = printSdp({ ...facts, format: 'frames', version: 0 });
    if (plain !== printed) version++;
    printed = plain;
    return printSdp({ ...facts, version });
  };

  const told = (): string | undefined => {
    const { isListed } = options.description();
    const isTold = options.isOnAir() && isListed !== false && options.objection() === undefined;
    return isTold ? describe('frames') : undefined;
  };

  return {
    answer: (target) => {
      if (pathOf(target) !== `/${name.session}.sdp`) return undefined;
      const objection = options.objection();
      if (objection !== undefined) return textAnswer(403, objection);
      const wanted = urlOf(target, 'http://scx')?.searchParams.get('format') ?? 'frames';
      const format = FORMATS.find((one) => one === wanted);
      if (format === undefined) return textAnswer(404, UNKNOWN_FORMAT);
      streams[format].onDescribed();
      const fields = { 'Content-Type': SDP_TYPE, 'Cache-Control': 'no-store' };
      return { status: 200, body: describe(format), fields };
    },
    send: (played) => {
      if (options.objection() !== undefined) return;
      for (const format of FORMATS) streams[format].send(played);
    },
    tick: () => {
      for (const format of FORMATS) streams[format].tick();
      announcer.tick(told());
    },
    sending: () => FORMATS.filter((format) => streams[format].isWanted),
    get count() {
      const reported = streams.frames.players + streams.adus.players;
      const isThere = FORMATS.some((format) => streams[format].hasListeners);
      return Math.max(reported, Number(isThere));
    },
    end: () => {
      for (const format of FORMATS) streams[format].end();
      announcer.end();
    },
  };
}
