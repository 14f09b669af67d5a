/**
 * A listener's papers. When an SCX hands over to its successor, the connection itself goes along,
 * and with it what the new process must know: who it is, for limits and for the access log, and how
 * long and how much it has listened.
 */
import type { Socket } from 'node:net';
import { z } from 'zod';
import { HEAD_BYTES_MAX } from '../../http/server/request-head.js';

const text = z.string().max(HEAD_BYTES_MAX);

export const listenerStateSchema = z.object({
  address: text,
  method: text,
  target: text,
  protocol: text,
  referer: text.optional(),
  agent: text.optional(),
  wantsTitles: z.boolean(),
  /** Since its request, ms. */
  sinceMs: z.number().nonnegative(),
  /** Sent to it so far. */
  bytes: z.number().int().nonnegative(),
});

export type ListenerState = Readonly<z.infer<typeof listenerStateSchema>>;

/** A listener on its way. */
export interface PackedListener {
  readonly socket: Socket;
  readonly passport: ListenerState;
  /** The other process has it: our end of it is closed, and nothing is logged. */
  release(): void;
}
