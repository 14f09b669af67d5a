/**
 * The state of a listener's connection that goes with it to a successor process: the request, for
 * limits and for the access log, and how long and how much it has listened. The field names are
 * those on the channel between the two processes, which may be of different versions.
 */
import type { Socket } from 'node:net';
import { z } from 'zod';
import { HEAD_BYTES_MAX } from '../../http/server/request-head.js';
import { admissionSchema } from './admission.js';

const text = z.string().max(HEAD_BYTES_MAX);

/** The state as a message between the two processes. */
export const listenerStateSchema = z.object({
  address: text,
  method: text,
  target: text,
  protocol: text,
  referer: text.optional(),
  agent: text.optional(),
  wantsTitles: z.boolean(),
  /** Time since its request, ms. */
  sinceMs: z.number().nonnegative(),
  /** Bytes sent to it by all processes. */
  bytes: z.number().int().nonnegative(),
  /** See ScxListener.id. Absent from older processes. */
  id: z.number().int().nonnegative().optional(),
  /** What the operator's hook is told at its end; absent without a hook. */
  admission: admissionSchema.optional(),
});

/** See listenerStateSchema. */
export type ListenerState = Readonly<z.infer<typeof listenerStateSchema>>;

/** A listener that is being moved to another process. */
export interface PackedListener {
  readonly socket: Socket;
  readonly state: ListenerState;
  /** The other process has it: closes this end, and logs nothing. */
  release(): void;
}
