/** A directory session of real overlays, and entries of one author. */
import type { Entry } from '../../../src/gossamer/core/entry.js';
import { signEntry } from '../../../src/overlay/entries/entry-signature.js';
import { type SigningKey, signingKeyOf } from '../../../src/runtime/signing-key.js';
import { steadyTimeMs } from '../../../src/runtime/steady-time.js';
import { SESSION, type Station, startMesh } from '../support.js';

export const AUTHOR = signingKeyOf(new Uint8Array(32).fill(9));

/** An entry with a body of two bytes: 1, and its slot. */
export const entryOf = (
  slot: number,
  more: Partial<Omit<Entry, 'author' | 'signature'>> = {},
  key: SigningKey = AUTHOR,
  session = SESSION,
): Entry =>
  signEntry(
    {
      ...{ slot, issuedMs: steadyTimeMs(), lifeMs: 60_000, body: Uint8Array.of(1, slot) },
      ...more,
    },
    session,
    key,
  );

/** The bodies of the entries that an SCX keeps, in hexadecimal digits. */
export const bodiesAt = ({ overlay }: Station): string[] =>
  [...overlay.entries()].map(({ body }) => Buffer.from(body).toString('hex')).sort();

export const startDirectory = (scxs: number): Promise<Station[]> =>
  startMesh(scxs, { hasEntries: true });
