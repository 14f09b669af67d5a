/**
 * What a front end asks an SCX about its clients, and has it do with them, on behalf of the operator
 * or of the session's owner. Each request proves that the cluster's secret is known (http/cluster-proof.ts); an
 * SCX tells it to nobody else, because these are addresses of people.
 *
 *   GET    /admin/listeners      the listeners (ScxListeners)
 *   DELETE /admin/listeners/ID   ends one: 204, or 404 if it is not here
 *   POST   /admin/listeners?to=URL   moves them all to the SCX at `http://host:port`, of another session:
 *                                204 at once
 *   POST   /admin/listeners      one that moves here from another SCX (scx/port/moved-listeners.ts)
 *   GET    /admin/admission?target=TARGET   whether the hook lets a listener in that asks for TARGET: 204, or
 *                                what the listener is to be answered (scx/listeners/promised-admissions.ts)
 *   GET    /admin/sources        the sources that are attached here (ScxSources)
 *   DELETE /admin/sources        ends them, apart from our own fallback: EndedSources
 *   GET    /admin/overlay        what is seen of the session's overlay, without an end
 *                                (api/overlay-map/overlay-record.ts)
 */
import { z } from 'zod';

export const SCX_LISTENERS = '/admin/listeners';
export const SCX_SOURCES = '/admin/sources';
export const SCX_ADMISSION = '/admin/admission';

/** Listeners that are listed; an SCX may have more. Guess: some hundred kB. */
export const LISTED_MAX = 10_000;
/** Of a User-Agent, in characters. Guess. */
export const AGENT_LENGTH_MAX = 256;

const count = z.number().int().nonnegative();
const client = z.object({
  /** The IP address. */
  address: z.string().max(64),
  /** The User-Agent header; '' without one. */
  agent: z.string().max(AGENT_LENGTH_MAX),
});

const listenerSchema = client.extend({
  /** For as long as the connection lasts; no two SCXs give the same one. */
  id: count,
  /** Since its request, s. */
  connectedS: count,
});

export const scxListenersSchema = z.object({
  listeners: z.array(listenerSchema).max(LISTED_MAX),
});

/** One listener of an SCX. */
export type ScxListener = Readonly<z.infer<typeof listenerSchema>>;
/** The listeners of an SCX, at most LISTED_MAX. */
export type ScxListeners = z.infer<typeof scxListenersSchema>;

const sourceSchema = client.extend({ id: z.string().regex(/^[0-9a-f]{16}$/) });

export const scxSourcesSchema = z.object({
  sources: z.array(sourceSchema).max(64),
  /** Sources attached since the start. */
  attached: count,
  /** Audio and titles of these sources, bytes since the start. */
  bytesRead: count,
  /** Audio to listeners, bytes since the start. */
  bytesSent: count,
  /** Listeners that were closed because they took nothing, since the start. */
  slowListeners: count,
});

/** The sources attached to an SCX, and its traffic. */
export type ScxSources = Readonly<z.infer<typeof scxSourcesSchema>>;

export const endedSourcesSchema = z.object({ ended: count });

/** How many sources were ended. */
export type EndedSources = z.infer<typeof endedSourcesSchema>;
