/**
 * The mark of an encoder: the same for the same program at the same address with the same password,
 * in every process and at every cluster. It travels with the encoder's titles, so it must tell
 * nobody the address: it is keyed with the password, which only the encoder and the SCX that it logs
 * in to know.
 */
import { createHmac } from 'node:crypto';
import type { ClientIdentity } from '../../http/server/client-identity.js';

/** 16 hexadecimal digits. `password`: as the encoder gave it. */
export const encoderMark = (password: string | undefined, client: ClientIdentity): string =>
  createHmac('sha256', password ?? '')
    .update(`${client.address}\n${client.agent}`)
    .digest('hex')
    .slice(0, 16);
