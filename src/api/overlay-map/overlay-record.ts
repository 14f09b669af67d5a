/**
 * What is told about the overlay of a session as time goes by: the one format of the live map, of
 * recordings (`status --record`, `simulate --record`), and of what an SCX tells its front end. JSON lines:
 *
 *   {"kind":"recording","version":1,"at":0,"session":"scattercast://radio.example/night"}
 *   {"kind":"scx","at":120,"id":"…","place":{…},"sketch":{…}}    an SCX as it is from now on
 *   {"kind":"gone","at":950,"id":"…","reason":"closed"}          an SCX that is there no more
 *
 * The first line is the header. Times are ms since any instant, the same one for a whole recording, and
 * never go back. A reader ignores kinds and fields that it does not know; docs/http.md describes all.
 */
import { z } from 'zod';
import { addressSchema, nodeIdSchema, placeSchema, sketchSchema } from '../../wire/node-schema.js';

/** The path at which an SCX tells its front end, and the front end's for pages and programs. */
export const SCX_OVERLAY = '/admin/overlay';
export const overlayPath = (path: string): string => `/api/overlay/${path}`;

const RECORD_VERSION = 1;
/** A line, in characters: the longest sketch has half of it. */
export const RECORD_LINE_MAX = 16_384;
/** A recording; more is not written. Guess: days of a small session, an hour of 500 SCXs. */
export const RECORD_BYTES_MAX = 256 * 1024 * 1024;

const at = z.number().nonnegative();

const headerSchema = z.object({
  kind: z.literal('recording'),
  version: z.literal(RECORD_VERSION),
  at,
  session: z.string().max(400),
});

const scxSchema = z.object({
  kind: z.literal('scx'),
  at,
  id: nodeIdSchema,
  /** `host:port` of its overlay port; for operators only. */
  address: addressSchema.optional(),
  /** Null while nothing is known. */
  place: placeSchema.nullable(),
  /** Null: it is known from others only. */
  sketch: sketchSchema.nullable(),
});

const goneSchema = z.object({
  kind: z.literal('gone'),
  at,
  id: nodeIdSchema,
  /** `closed`: its connection ended; `forgotten`: the others know it no more. */
  reason: z.enum(['closed', 'forgotten']),
});

const lineSchema = z.discriminatedUnion('kind', [headerSchema, scxSchema, goneSchema]);

/** One line of a recording. */
export type RecordLine = Readonly<z.infer<typeof lineSchema>>;
export type RecordHeader = Readonly<z.infer<typeof headerSchema>>;
/** An SCX from an instant on. */
export type ScxLine = Readonly<z.infer<typeof scxSchema>>;
export type GoneLine = Readonly<z.infer<typeof goneSchema>>;
/** What happens to SCXs. */
export type OverlayLine = ScxLine | GoneLine;

/** The header of a recording that begins at this instant, ms. */
export const recordHeader = (session: string, at: number): RecordHeader => ({
  ...{ kind: 'recording', version: RECORD_VERSION, at, session },
});

/** Reads a line; undefined if it is none of these. */
export function parseRecordLine(text: string): RecordLine | undefined {
  if (text.length > RECORD_LINE_MAX) return undefined;
  try {
    return lineSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
