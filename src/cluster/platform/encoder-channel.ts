/**
 * The channel over which a front end gives encoders to an SCX process that it has started, or to its
 * carrier (carrier-process.ts): api/encoder-channel.ts. Node can pass sockets only between a parent and its child. The channel
 * keeps neither process alive, and each of them survives its end.
 *
 * An SCX that does not answer is not timed: two processes would read one socket if it answered
 * late. It does not renew its lease either, so it is ended, and that closes the channel.
 *
 * Bounded: the sender limits its encoders (ingest/encoder-limit.ts), and one is given at a time.
 */
import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import {
  type EncoderReply,
  encoderReplySchema,
  type GivenEncoder,
} from '../../api/encoder-channel.js';
import { createLatch, type Latch } from '../../runtime/latch.js';

/** The connection of an encoder, for an SCX. Nothing may read the socket meanwhile. */
export interface EncoderGift extends Pick<GivenEncoder, 'isAnswered' | 'scx'> {
  readonly socket: Socket;
  /** The request head, and all that was read behind it. */
  readonly bytes: Buffer;
  /** The encoder, which the SCX took, has left. */
  onGone(): void;
}

export interface EncoderChannel {
  /** Whether the SCX takes it; if not, the socket is still the caller's only. */
  give(gift: EncoderGift): Promise<boolean>;
  /** Closes the channel, not the connections that were given. */
  close(): void;
}

/** The connection that the SCX has not answered yet. */
interface Asked {
  readonly id: number;
  readonly answer: Latch<boolean>;
  onGone(): void;
}

/** Opens the channel of a child that was started with one. */
export function openEncoderChannel(child: ChildProcess): EncoderChannel {
  const lost = createLatch<false>();
  const taken = new Map<number, () => void>(); // bounded by the sender's limit
  let asked: Asked | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let ids = 0;

  const onAnswer = (id: number, isTaken: boolean): void => {
    if (asked?.id !== id) return;
    if (isTaken) taken.set(id, asked.onGone);
    asked.answer.resolve(isTaken);
    asked = undefined;
  };

  const onReply = ({ kind, id }: EncoderReply): void => {
    if (kind !== 'gone') return onAnswer(id, kind === 'took');
    taken.get(id)?.();
    taken.delete(id);
  };

  const onLost = (): void => {
    lost.resolve(false);
    for (const onGone of taken.values()) onGone();
    taken.clear();
  };

  const giveNow = async (gift: EncoderGift): Promise<boolean> => {
    const { socket, bytes, isAnswered, scx, onGone } = gift;
    if (!child.connected || socket.destroyed) return false;
    const id = ids++;
    const answer = createLatch<boolean>();
    asked = { id, answer, onGone };
    const request = bytes.toString('base64');
    const message: GivenEncoder = { kind: 'encoder', id, request, isAnswered, scx };
    child.send(message, socket, { keepOpen: true }, (error) => error && onAnswer(id, false));
    return Promise.race([answer.promise, lost.promise]);
  };

  child.on('message', (raw) => {
    const reply = encoderReplySchema.safeParse(raw);
    if (reply.success) onReply(reply.data);
  });
  child.once('disconnect', onLost);
  child.channel?.unref();

  return {
    give: (gift) => {
      const given = last.then(() => giveNow(gift));
      last = given.catch(() => undefined);
      return given;
    },
    close: () => {
      if (child.connected) child.disconnect();
    },
  };
}
