/**
 * The session that a player asks for: by its announcement, by its name, by a mount that encoders use
 * as well, or, as players of SHOUTcast do, by no name at all.
 */
import type { Request } from 'express';
import { parseStreamPath, type StreamPath } from '../../icecast/stream-path.js';
import { good } from '../../lib/result.js';
import { pathOf } from '../../lib/url-path.js';
import { parseRenditionPath, renditionPath } from '../../session/renditions.js';
import {
  identityOf,
  parseSessionRef,
  refPath,
  type SessionIdentity,
  type SessionRef,
} from '../../session/session-id.js';
import { sessionPath } from '../../session/session-name.js';
import type { AnnouncementFinder, Known } from '../announcements/announcement-finder.js';
import type { SessionScxs } from '../fleet/scx-for-session.js';
import { clientOfRequest } from '../web/client.js';
import { type OrProblem, problem, refused } from '../web/problem.js';

export interface WantedDependencies {
  readonly finder: AnnouncementFinder;
  readonly scxs: SessionScxs;
  /** The mounts that encoders feed (ingest/session-of-mount.ts). */
  readonly sessions: {
    atMount(mount: string): SessionRef | undefined;
    first(): SessionRef | undefined;
  };
}

/** The session that a listener asks for. */
export interface Wanted {
  readonly session: SessionIdentity;
  /** Undefined if only its SCX is known. */
  readonly known: Known | undefined;
  /** The rendition that it asks for, kbit/s; undefined: the stream as it is. */
  readonly rendition?: number | undefined;
}

const USAGE = 'Write /listen?announcement=URL, or /listen/CREATOR/SESSION.mp3.';

/** The announcement's URL in the query, if there is one. */
function announcementOf({ query }: Request): string | undefined {
  const { announcement } = query;
  return typeof announcement === 'string' && announcement !== '' ? announcement : undefined;
}

async function byAnnouncement(
  { finder }: WantedDependencies,
  request: Request,
): Promise<OrProblem<Wanted>> {
  const url = announcementOf(request);
  if (url === undefined) return refused(problem(400, USAGE));
  const known = await finder.find(url, request.host, clientOfRequest(request));
  if (!known.ok) return known;
  return good({ session: known.value.session, known: known.value });
}

/** By an announcement that must be that of the session. */
async function byBoth(
  context: WantedDependencies,
  request: Request,
  ref: SessionRef,
): Promise<OrProblem<Wanted>> {
  const wanted = await byAnnouncement(context, request);
  if (!wanted.ok) return wanted;
  const { session } = wanted.value;
  if (session.text === ref.text && (ref.key ?? session.key) === session.key) return wanted;
  return refused(problem(404, `That announcement is for ${refPath(session)}.`));
}

const PATHS_TOLD_MAX = 5;

/** A name without a key means what is published here; other sessions of the name are told. */
function notFound({ finder }: WantedDependencies, ref: SessionRef): OrProblem<never> {
  const others = finder.elsewhere(ref.text).slice(0, PATHS_TOLD_MAX);
  if (ref.key !== undefined || others.length === 0) {
    const message = `${refPath(ref)} is not known at this cluster. `;
    return refused(problem(404, `${message}Ask for it by its announcement. ${USAGE}`));
  }
  const paths = others.map((session) => `/listen/${refPath(session)}.mp3`);
  const message = `${refPath(ref)} is not published at this cluster. `;
  return refused(problem(404, `${message}Announced elsewhere: ${paths.join(', ')}`));
}

async function byName(
  context: WantedDependencies,
  request: Request,
  ref: SessionRef,
): Promise<OrProblem<Wanted>> {
  const known = context.finder.named(ref);
  if (known !== undefined) return good({ session: known.session, known });
  if (announcementOf(request) !== undefined) return byBoth(context, request, ref);
  if (ref.key === undefined) return notFound(context, ref);
  // Its SCX outlived an earlier front end, whose disk did not keep the announcement.
  const session = identityOf(ref, ref.key);
  return context.scxs.exists(session.id)
    ? good({ session, known: undefined })
    : notFound(context, ref);
}

/** `/listen?announcement=URL`, or `/listen` alone for the first session. */
export async function wantedByQuery(
  context: WantedDependencies,
  request: Request,
): Promise<OrProblem<Wanted>> {
  const first = 'announcement' in request.query ? undefined : context.sessions.first();
  if (first !== undefined) return byName(context, request, first);
  return byAnnouncement(context, request);
}

/** The rendition of a session, as far as its announcement offers it; its SCX may know better. */
function renditionOf(wanted: Wanted, kbps: number): OrProblem<Wanted> {
  const { session, known } = wanted;
  const offered = known?.announcement.renditions ?? [];
  if (known === undefined || offered.some((rate) => rate === kbps)) {
    return good({ ...wanted, rendition: kbps });
  }
  const path = known.isPublished ? sessionPath(session) : refPath(session);
  const paths = offered.map((rate) => `, /listen/${renditionPath(path, rate)}.mp3`);
  const listen = `listen at /listen/${path}.mp3${paths.join('')}`;
  return refused(problem(404, `${path} is not offered at ${kbps} kbit/s: ${listen}`));
}

async function byExactPath(
  context: WantedDependencies,
  request: Request,
  path: string,
): Promise<OrProblem<Wanted>> {
  const ref = parseSessionRef(path);
  if (!ref.ok) return refused(problem(404, 'Malformed session name:', ref.problems));
  return byName(context, request, ref.value);
}

/**
 * `CREATOR/SESSION`, or `CREATOR/SESSION@KEY`, in the path of `/listen/CREATOR/SESSION.mp3`; behind it may be the
 * rate of a rendition, `.64`. A session that is called like that itself goes first.
 */
export async function wantedByPath(
  context: WantedDependencies,
  request: Request,
  path: string,
): Promise<OrProblem<Wanted>> {
  const asked = parseRenditionPath(path);
  const exact = parseSessionRef(path);
  const isSession = exact.ok && context.finder.named(exact.value) !== undefined;
  if (asked === undefined || isSession) return byExactPath(context, request, path);
  const original = await byExactPath(context, request, asked.path);
  if (!original.ok) return byExactPath(context, request, path);
  const rendition = renditionOf(original.value, asked.kbps);
  if (rendition.ok || announcementOf(request) === undefined) return rendition;
  const named = await byExactPath(context, request, path);
  return named.ok ? named : rendition;
}

/** The session at a mount, and what is asked for. */
export interface Mounted {
  readonly ref: SessionRef;
  readonly ending: StreamPath['ending'];
  readonly rendition?: number | undefined;
}

/** The mount of the first stream of a SHOUTcast server, unless the operator gave it another meaning. */
const SHOUTCAST_MOUNT = '/stream';

/** What a path without a route of its own leads to; undefined if it is no mount. */
function mountedAt({ sessions }: WantedDependencies, path: string): Mounted | undefined {
  const decoded = pathOf(path);
  if (decoded === undefined) return undefined;
  const { mount, ending } = parseStreamPath(decoded);
  const isFirst = (mount === '/' && decoded.startsWith('/;')) || mount === SHOUTCAST_MOUNT;
  // A mount may have been given an ending that is part of its name.
  const named = [sessions.atMount(mount), sessions.atMount(`${mount}.mp3`)];
  const [ref] = [...named, isFirst ? sessions.first() : undefined].filter(
    (each) => each !== undefined,
  );
  return ref === undefined ? undefined : { ref, ending };
}

/** The same where the path may be that of a rendition: of a session that is known here. */
export function heardAt(context: WantedDependencies, path: string): Mounted | undefined {
  const mounted = mountedAt(context, path);
  if (mounted !== undefined && context.finder.named(mounted.ref) !== undefined) return mounted;
  const { mount, ending } = parseStreamPath(pathOf(path) ?? '');
  const asked = parseRenditionPath(mount);
  const ref = asked && context.sessions.atMount(asked.path);
  const known = ref && context.finder.named(ref);
  return ref && known ? { ref, ending, rendition: asked?.kbps } : mounted;
}

/** The session at a mount, as far as it is known here. */
export async function wantedAt(
  context: WantedDependencies,
  request: Request,
  { ref, rendition }: Mounted,
): Promise<OrProblem<Wanted>> {
  const wanted = await byName(context, request, ref);
  return wanted.ok && rendition !== undefined ? renditionOf(wanted.value, rendition) : wanted;
}
