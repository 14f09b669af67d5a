/**
 * Encoders that ask for a mount, until it is clear whether another source has it (encoder-slots.ts).
 * They wait without an answer: encoders give up on a refusal, but all of them wait some seconds for
 * an answer. What they send meanwhile waits in the socket.
 *
 * Bounded: WAITING_MAX encoders; more are told that the mount is in use. Each waits for at most
 * STILL_HEARD_MS + MOUNT_SILENT_MS.
 */
import type { Logger } from 'pino';
import { mountInUse } from '../../icecast/encoder-refusal.js';
import { mountOf } from '../../icecast/mount.js';
import type { SessionName } from '../../session/session-name.js';
import type { Claim, EncoderSlot, EncoderSlots, MountHolder } from './encoder-slots.js';
import type { AdmittedRequest } from './source-request.js';

export interface MountClaimsOptions {
  readonly name: SessionName;
  readonly slots: EncoderSlots;
  readonly log: Logger;
  now(): number;
  /** The encoder may have the slot. */
  start(request: AdmittedRequest, slot: EncoderSlot): void;
}

/** The encoders that ask for a mount. */
export interface MountClaims {
  add(request: AdmittedRequest, priority: number): void;
  /** Decides on those that wait; call it a few times per second. */
  tick(now: number): void;
}

interface Waiting {
  readonly request: AdmittedRequest;
  readonly priority: number;
  readonly since: number;
}

/** Guess: far more than a station has encoders. */
const WAITING_MAX = 32;

/** Creates the claims of one SCX; nobody waits. */
export function createMountClaims(options: MountClaimsOptions): MountClaims {
  const { name, slots, log } = options;
  const advice = `Another priority is a mount like ${mountOf(name)}?priority=100`;
  let waiting: Waiting[] = [];

  const refuse = ({ request, priority }: Waiting, by: MountHolder | undefined): void => {
    const { client } = request;
    log.warn({ client, priority, by }, 'An encoder is refused: another source has its mount.');
    request.reply(mountInUse(advice));
  };

  /** Carries out a decision; false if there is none yet. */
  const settle = (one: Waiting, claim: Claim): boolean => {
    if (one.request.socket.destroyed) return true;
    if (claim.kind === 'free') options.start(one.request, claim.slot);
    if (claim.kind === 'taken') refuse(one, claim.by);
    return claim.kind !== 'undecided';
  };

  const claimOf = ({ priority, since, request }: Waiting, now: number): Claim =>
    slots.claim(priority, request.key, since, now);

  return {
    add: (request, priority) => {
      const since = options.now();
      const one = { request, priority, since };
      if (settle(one, claimOf(one, since))) return;
      if (waiting.length < WAITING_MAX) waiting.push(one);
      else refuse(one, undefined);
    },
    tick: (at) => {
      waiting = waiting.filter((one) => !settle(one, claimOf(one, at)));
    },
  };
}
