/**
 * What the kernel holds for connections: bytes that were written and that the peer has not
 * acknowledged. A peer that reads nothing keeps up to 4 MiB of them (tcp_wmem), which the process
 * does not see: Node tells only what the kernel has not taken, and cannot limit a TCP socket's send
 * buffer. Linux lists the queues of all connections in /proc/net/tcp and tcp6; elsewhere none is
 * known.
 *
 * The files are read outside the main thread. Their rows have fixed fields:
 *   0: 0100007F:1F90 0100007F:CF1C 01 003B0800:00000000 ...
 * number, local and remote address (32-bit words as the machine stores them, in hexadecimal) and
 * port, state, send queue, receive queue.
 *
 * Bounded: only queues above a given length are kept.
 */
import { readFile } from 'node:fs/promises';
import { type Socket, SocketAddress } from 'node:net';
import { plainAddress } from '../../lib/host-port.js';
import { lookRegularly } from './regular-looks.js';

/** The two ends of a connection: "local port, remote address, remote port". */
type Ends = string;

/** Bytes of the send queue of each connection. */
export type SendQueues = ReadonlyMap<Ends, number>;

const FILES = ['/proc/self/net/tcp', '/proc/self/net/tcp6'] as const;
const ROW =
  /^ *\d+: [\dA-F]+:([\dA-F]{4}) ((?:[\dA-F]{8}){1,4}):([\dA-F]{4}) [\dA-F]{2} ([\dA-F]{8}):/gm;
const WORD = /.{8}/g;
const LISTENING_PORT = '0000';

const numberIn = (hex: string): number => Number.parseInt(hex, 16);

/** An address as Node prints it; an IPv4 address in an IPv6 socket is the IPv4 address. */
function addressOf(address: string): string {
  const [unscoped = ''] = address.toLowerCase().split('%');
  return plainAddress(unscoped);
}

function addressIn(hex: string): string {
  const words = Uint32Array.from(hex.match(WORD) ?? [], numberIn);
  const bytes = Buffer.from(words.buffer);
  if (words.length === 1) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i).toString(16));
  const { address } = new SocketAddress({ family: 'ipv6', address: groups.join(':') });
  return addressOf(address);
}

const ends = (localPort: number, address: string, port: number): Ends =>
  `${localPort} ${address} ${port}`;

/** The key of a socket in SendQueues. */
export function endsOf({ localPort = 0, remoteAddress = '', remotePort = 0 }: Socket): Ends {
  return ends(localPort, addressOf(remoteAddress), remotePort);
}

/** The queues in the text of such a file that are longer than `over` bytes. */
export function parseSendQueues(text: string, over: number): SendQueues {
  const queues = new Map<Ends, number>();
  for (const [, localPort = '', address = '', port = '', queue = ''] of text.matchAll(ROW)) {
    const bytes = numberIn(queue);
    if (port === LISTENING_PORT || bytes <= over) continue;
    queues.set(ends(numberIn(localPort), addressIn(address), numberIn(port)), bytes);
  }
  return queues;
}

/** The queues of all connections of this machine (or container) longer than `over` bytes. */
export async function readSendQueues(over: number): Promise<SendQueues> {
  const texts = await Promise.all(FILES.map((file) => readFile(file, 'latin1').catch(() => '')));
  return new Map(texts.flatMap((text) => [...parseSendQueues(text, over)]));
}

/** Looks at the send queues, regularly. */
export interface QueueLooks {
  /** Queues that are longer are of interest, bytes; Infinity: none. */
  over(): number;
  onQueues(queues: SendQueues, over: number): void;
  /** Interval between two looks, ms. */
  readonly everyMs?: number | undefined;
  /** A look takes at most this share of the time. */
  readonly timeShareMax?: number | undefined;
  /** See readSendQueues. */
  readonly read?: ((over: number) => Promise<SendQueues>) | undefined;
}

/** Measured: 2 ms of a thread beside, with 60 connections. */
const EVERY_MS = 5000;
/** On a machine with very many connections. Guess. */
const TIME_SHARE_MAX = 0.01;

/** Starts to look; returns what ends it. */
export function lookAtSendQueues(looks: QueueLooks): () => void {
  const { everyMs = EVERY_MS, timeShareMax = TIME_SHARE_MAX, read = readSendQueues } = looks;
  const readOver = async () => {
    const over = looks.over();
    return { over, queues: Number.isFinite(over) ? await read(over) : new Map() };
  };
  return lookRegularly({ everyMs, timeShareMax }, readOver, ({ queues, over }) =>
    looks.onQueues(queues, over),
  );
}
