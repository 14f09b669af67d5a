/**
 * `POST /entries` and `POST /entries/own`: what the SCX of a directory session and its front end tell each
 * other. The SCX tells the entries that it has got, and asks for the cluster's own; that request waits
 * until there are newer ones. Both prove that they know the cluster's secret (http/cluster-proof.ts).
 */
import { z } from 'zod';
import {
  type AuthorKey,
  ENTRY_BODY_BYTES_MAX,
  ENTRY_LIFE_MS_MAX,
  type Entry,
  SLOTS_MAX,
} from '../../gossamer/core/entry.js';

export const ENTRIES_PATH = '/entries';
export const OWN_ENTRIES_PATH = '/entries/own';

/**
 * Entries in one request. The front end reads and verifies the announcements in them, which takes up to
 * 1 ms each: clients must not wait long for it.
 */
export const ENTRIES_TOLD_MAX = 32;

/** How long a request for own entries waits, ms; and how much longer its client waits. */
export const OWN_ENTRIES_WAIT_MS = 20_000;

const toBase64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');

const fromBase64 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'base64url'));

const BASE64 = /^[A-Za-z0-9_-]*$/;
const base64 = (bytesMax: number) =>
  z
    .string()
    .max(Math.ceil((4 * bytesMax) / 3))
    .regex(BASE64);

const entrySchema = z.strictObject({
  author: z.string().regex(/^[0-9a-f]{64}$/),
  slot: z
    .number()
    .int()
    .min(0)
    .max(SLOTS_MAX - 1),
  issuedMs: z.number().int().nonnegative(),
  lifeMs: z.number().int().min(0).max(ENTRY_LIFE_MS_MAX),
  body: base64(ENTRY_BODY_BYTES_MAX),
  signature: z.string().regex(/^[A-Za-z0-9_-]{86}$/),
});

type EntryText = z.infer<typeof entrySchema>;

const session = z.string().max(400);

export const toldEntriesSchema = z.strictObject({
  session,
  /** Where the SCX is, by its network coordinates, ms. */
  place: z.strictObject({ x: z.number(), y: z.number(), height: z.number(), error: z.number() }),
  entries: z.array(entrySchema).max(ENTRIES_TOLD_MAX),
});

/** What an SCX tells its front end. */
export type ToldEntries = z.infer<typeof toldEntriesSchema>;

export const toldAnswerSchema = z.strictObject({
  /** Of the front end: another one knows nothing of what was told before. */
  instance: z.string().max(64),
});

export const askOwnSchema = z.strictObject({
  session,
  /** The version that the SCX has; '' if none. */
  version: z.string().max(64),
});

export const ownEntriesSchema = z.strictObject({
  version: z.string().max(64),
  entries: z.array(entrySchema).max(SLOTS_MAX),
});

/** The cluster's own entries. */
export type OwnEntries = z.infer<typeof ownEntriesSchema>;

/** An entry as JSON. */
export const entryText = ({ body, signature, ...entry }: Entry): EntryText => ({
  ...entry,
  body: toBase64(body),
  signature: toBase64(signature),
});

/** The entry in its JSON. */
export const entryIn = ({ author, body, signature, ...entry }: EntryText): Entry => ({
  ...entry,
  author: author as AuthorKey,
  body: fromBase64(body),
  signature: fromBase64(signature),
});
