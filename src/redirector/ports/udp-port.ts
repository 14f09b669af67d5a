/** The UDP port: one datagram, one answer, within the rate of the asker's network. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { listening } from '../../http/server/bind-problem.js';
import { plainAddress } from '../../lib/host-port.js';
import { readQuery } from '../dns/read-query.js';
import { udpBytesMax, writeReply, writeTruncated } from '../dns/write-reply.js';
import type { Answering } from './answering.js';
import type { ResponseRate } from './response-rate.js';

export interface UdpPortOptions {
  readonly host: string;
  readonly port: number;
  readonly answering: Answering;
  readonly rate: ResponseRate;
  now(): number;
}

export interface OpenPort {
  readonly port: number;
  close(): Promise<void>;
}

/** Enough for a burst while this process works, bytes. */
const BUFFER_BYTES = 2 ** 20;

/** Opens the port. Rejects with the error of the system. */
export async function openUdpPort(options: UdpPortOptions): Promise<OpenPort> {
  const { host, port, answering, rate, now } = options;
  const socket: Socket = createSocket({
    ...{ type: isIPv6(host) ? 'udp6' : 'udp4', recvBufferSize: BUFFER_BYTES },
  });

  const onDatagram = (bytes: Buffer, from: RemoteInfo): void => {
    const query = readQuery(bytes);
    // Port 0 cannot be sent to; it would be an error of ours.
    if (query === undefined || from.port === 0) return answering.onMalformed('udp');
    const address = plainAddress(from.address);
    const verdict = rate.judge(address, now());
    if (verdict !== 'send') answering.onLimited(verdict);
    if (verdict === 'drop') return;
    const reply = answering.answer(query, address, 'udp');
    const isWhole = verdict === 'send';
    const answer = isWhole
      ? writeReply(query, reply, udpBytesMax(query))
      : writeTruncated(query, reply);
    socket.send(answer, from.port, from.address, () => undefined);
  };

  socket.on('message', onDatagram);
  socket.bind(port, host);
  await listening(socket, host, port);
  socket.on('error', answering.onSocketError);
  return {
    port: socket.address().port,
    close: () => new Promise((closed) => socket.close(closed)),
  };
}
