/**
 * One format of a session's sound as RTP to its group, for players that know nothing of us. It is sent
 * only while somebody listens, of which there are two signs: somebody has read the description (SDP) a
 * short time ago, and players send reports (RTCP), as RFC 3550 §6.4 asks of them, for as long as they
 * play. Where nobody listens nothing is sent, not even RTCP. Some players give no sign, those that have
 * found the stream by SAP and know no RTCP: for them an operator may have it sent always.
 *
 * Bounded: PLAYERS_MAX players are counted.
 */
import { createBoundedMap } from '../../lib/bounds/bounded-map.js';
import { createAduMaker } from '../../mp3/frames/adu.js';
import { parseFrameHeader } from '../../mp3/frames/frame-header.js';
import { aduPackets } from '../../rtp/adu-payload.js';
import { framePackets, type TimedFrame } from '../../rtp/frame-payload.js';
import { encodeGoodbye, encodeSenderReport, readReports } from '../../rtp/rtcp.js';
import { encodeRtp, type RtpContent } from '../../rtp/rtp-packet.js';
import { RTP_FORMATS, type RtpFormat } from '../../rtp/sdp.js';
import type { MulticastSocket } from '../../runtime/system/multicast-socket.js';

export interface RtpStreamOptions {
  readonly format: RtpFormat;
  /** It is sent whether there is a sign of a listener or not. */
  readonly isAlways: boolean;
  readonly rtp: Pick<MulticastSocket, 'send'>;
  readonly rtcp: Pick<MulticastSocket, 'send'>;
  readonly ssrc: number;
  /** ASCII. */
  readonly cname: string;
  /** The timestamp of the instant 0, drawn at random. */
  readonly timestampAt0: number;
  /** A monotonic clock, ms. */
  now(): number;
  /** Ms since 1970. */
  wallNow(): number;
}

export interface RtpStream {
  /** Somebody has read the description, and is about to listen. */
  onDescribed(): void;
  /** A datagram at the port of RTCP. */
  onReport(datagram: Uint8Array): void;
  /** Frames that are played next; dropped while nobody listens. */
  send(frames: readonly Uint8Array[]): void;
  /** To be called about once a second. */
  tick(): void;
  /** Says that the stream ends. */
  end(): void;
  readonly isWanted: boolean;
  /** Whether there is a sign of a listener. */
  readonly hasListeners: boolean;
  /** Players that have reported lately. */
  readonly players: number;
}

/** A player that reads the description begins to report within seconds, if it reports at all, ms. */
const DESCRIBED_MS = 60_000;
/** Reports of a player come every 5 s or more seldom (RFC 3550 §6.2), ms: five of them may be lost. */
const REPORTED_MS = 30_000;
/** Interval of our reports, ms: what RFC 3550 §6.2 asks of a small group at least. */
const REPORT_MS = 5000;
/** Silence after which the timestamps begin anew, ms. Guess: more than lots are ever apart. */
const PAUSE_MS = 1000;
const PLAYERS_MAX = 256;
const TICKS_PER_MS = 90;

/** Creates a stream that nobody listens to. */
export function createRtpStream(options: RtpStreamOptions): RtpStream {
  const { format, rtp, rtcp, ssrc, cname, now } = options;
  const { payloadType } = RTP_FORMATS[format];
  /** By SSRC, when it reported last. */
  const players = createBoundedMap<number, number>(PLAYERS_MAX);
  const sent = { packets: 0, bytes: 0 };
  let wantedUntil = Number.NEGATIVE_INFINITY;
  let reportAt = Number.NEGATIVE_INFINITY;
  let sentAt = Number.NEGATIVE_INFINITY;
  /** Of the next frame. */
  let timestamp = 0;
  let makeAdu = createAduMaker();

  const isWanted = (): boolean => options.isAlways || now() < wantedUntil;
  const timestampAt = (at: number): number => options.timestampAt0 + Math.round(at * TICKS_PER_MS);

  const state = () => ({
    ...{ ssrc, cname, timeMs: options.wallNow(), timestamp: timestampAt(now()), ...sent },
  });

  const timed = (bytes: Uint8Array): TimedFrame => {
    const frame = { bytes, timestamp: Math.round(timestamp) };
    timestamp += (parseFrameHeader(bytes, 0)?.durationMs ?? 0) * TICKS_PER_MS;
    return frame;
  };

  const packetsOf = (frames: readonly TimedFrame[], marker: boolean): readonly RtpContent[] => {
    if (format === 'frames') return framePackets(frames, marker);
    return frames.flatMap(({ bytes, timestamp: at }, index) => {
      const adu = makeAdu(bytes);
      return adu === undefined
        ? []
        : aduPackets({ bytes: adu, timestamp: at }, marker && index === 0);
    });
  };

  const put = (content: RtpContent): void => {
    rtp.send(encodeRtp({ ...content, payloadType, ssrc, sequence: ssrc + sent.packets }));
    sent.packets++;
    sent.bytes += content.payload.length;
  };

  return {
    onDescribed: () => {
      wantedUntil = Math.max(wantedUntil, now() + DESCRIBED_MS);
    },
    onReport: (datagram) => {
      const { present, gone } = readReports(datagram);
      for (const one of gone) players.delete(one);
      for (const one of present) players.set(one, now());
      if (present.length > 0) wantedUntil = Math.max(wantedUntil, now() + REPORTED_MS);
    },
    send: (frames) => {
      if (!isWanted() || frames.length === 0) return;
      const hasPaused = now() - sentAt > PAUSE_MS;
      sentAt = now();
      if (hasPaused) {
        timestamp = timestampAt(sentAt);
        makeAdu = createAduMaker();
      }
      for (const content of packetsOf(frames.map(timed), hasPaused)) put(content);
    },
    tick: () => {
      const isDue = isWanted() && now() >= reportAt && now() - sentAt < PAUSE_MS;
      if (!isDue) return;
      reportAt = now() + REPORT_MS;
      rtcp.send(encodeSenderReport(state()));
    },
    end: () => {
      if (sent.packets > 0) rtcp.send(encodeGoodbye(state()));
      wantedUntil = Number.NEGATIVE_INFINITY;
    },
    get isWanted() {
      return isWanted();
    },
    get hasListeners() {
      return now() < wantedUntil;
    },
    get players() {
      return [...players.entries()].filter(([, at]) => now() - at < REPORTED_MS).length;
    },
  };
}
