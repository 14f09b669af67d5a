/**
 * `GET /rendezvous/CREATOR/SESSION` (§3.4): a front end tells the SCXs of other clusters where the
 * session's rendezvous point listens now, so that a restarted one is found again.
 */
import { z } from 'zod';
import { addressSchema } from '../wire/node-schema.js';

export const rendezvousAnswerSchema = z.object({
  /** `host:port` of the SCX's overlay. */
  address: addressSchema,
});

/** The answer as a front end writes it. */
export interface RendezvousAnswer {
  readonly address: string;
}
