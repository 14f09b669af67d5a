/**
 * `/recordings/CREATOR/SESSION`: which hours of a session are kept, and what was played; and each hour as a
 * file, whole or in parts. Who may listen to the session may have them: a private one needs its ticket, and
 * where a hook decides about listeners there are none, as it decides about streams.
 *
 * Other clusters fetch what they have missed (api/recordings/stretches-answer.ts), signed with the cluster's key.
 *
 * Bounded: DOWNLOADS_MAX files at a time, a few for each address, and a rate of what other clusters fetch.
 */
import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import { hourStart, LAST_MS } from '../../api/recordings/recording-files.js';
import { type StretchesAsked, signedPart } from '../../api/recordings/stretches-answer.js';
import { limitedAs } from '../../http/ip-address.js';
import { createConnectionCounts } from '../../http/server/connection-counts.js';
import { createRequestRate } from '../../http/server/request-rate.js';
import { CHALLENGE, SIGNATURE_FIELD, signAnswer } from '../../http/signed-answer.js';
import { printInstant } from '../../lib/instant.js';
import { good } from '../../lib/result.js';
import { refPath } from '../../session/session-id.js';
import { bytesOf, type Piece, partOf, streamOf } from '../recordings/pieces.js';
import type { RecordedSession, Recordings } from '../recordings/recordings.js';
import { clientOf } from '../web/client.js';
import type { Refusal } from '../web/methods.js';
import { type OrProblem, problem, refused } from '../web/problem.js';
import { publicUrl } from '../web/public-url.js';
import { keeperFor, recordedHere } from './earlier.js';
import { type Context, deniedPrivately, pathOf, redirect } from './leading.js';
import { type Wanted, wantedByPath } from './wanted-session.js';

const DOWNLOADS_MAX = 32;
const DOWNLOADS_PER_CLIENT_MAX = 4;
/** What another cluster may fetch, of all sessions: half a MiB a second each, and lists. Guess. */
const FETCHES = { atOnce: 60, perSecond: 6 } as const;

const NOTHING = problem(404, 'Nothing of this session is kept at this cluster.');
const NO_HOUR = problem(
  404,
  'This hour is not kept here: /recordings/CREATOR/SESSION lists those.',
);
const NO_RANGE = problem(416, 'The file is shorter: ask for its beginning.');
const MALFORMED = problem(
  400,
  'Write ?from= and &to=, in ms since 1970, and at most 64 letters of challenge.',
);
const OFTEN = { ...problem(429, 'You ask too often; come back later.'), retryAfter: 10 };
const HOOKED = problem(403, 'This cluster asks for names and passwords of listeners: listen live.');
const BUSY = { ...problem(503, 'Too many recordings are being fetched here.'), retryAfter: 30 };

/** The handlers. */
export interface RecordingHandlers {
  list(request: Request, response: Response): Promise<Refusal>;
  hour(request: Request, response: Response): Promise<Refusal>;
  stretches(request: Request, response: Response): Promise<Refusal>;
}

interface Found extends Wanted {
  readonly isPrivate: boolean;
  readonly recorded: RecordedSession;
  readonly recordings: Recordings;
}

/** Another cluster has it, at this address. */
interface Elsewhere {
  readonly at: string;
}

/** `NAME=VALUE` of the ticket, which the addresses carry on. */
const ticketOf = ({ originalUrl }: Request): string =>
  /[?&](ticket=[\w.-]{1,256})(?=&|$)/.exec(originalUrl)?.[1] ?? '';

function toldOf(context: Context, request: Request, { recorded, ...wanted }: Found) {
  const path = pathOf(wanted);
  const ticket = ticketOf(request);
  const root = `${publicUrl(context.url, request)}/recordings/${path}`;
  return {
    path,
    from: printInstant(recorded.fromMs),
    to: printInstant(recorded.toMs),
    hours: recorded.hours.map(({ hour, bytes }) => ({
      ...{ from: printInstant(hourStart(hour) ?? 0), bytes },
      url: [`${root}/${hour}.mp3`, ticket].filter(Boolean).join('?'),
    })),
    titles: recorded.titles.map(({ at, title }) => ({ at: printInstant(at), title })),
  };
}

/** Sends an hour, or the part of it that is asked for; resolves when that has ended. */
async function sendHour(
  request: Request,
  response: Response,
  path: string,
  pieces: readonly Piece[],
): Promise<Refusal> {
  const size = bytesOf(pieces);
  const tag = `"${size}-${pieces.length}"`;
  response.set({ 'Content-Type': 'audio/mpeg', 'Accept-Ranges': 'bytes', ETag: tag });
  if (request.fresh) return void response.status(304).end();
  const isSame = (request.get('If-Range') ?? tag) === tag;
  const ranges = isSame ? request.range(size) : undefined;
  if (ranges === -1) {
    response.set('Content-Range', `bytes */${size}`);
    return NO_RANGE;
  }
  const [range] = typeof ranges === 'object' && ranges.length === 1 ? ranges : [];
  const { start, end } = range ?? { start: 0, end: size - 1 };
  if (range !== undefined) {
    response.status(206).set('Content-Range', `bytes ${start}-${end}/${size}`);
  }
  response.set('Content-Length', `${end - start + 1}`);
  if (request.method === 'HEAD') return void response.end();
  await pipeline(streamOf(path, partOf(pieces, start, end)), response).catch(() => undefined);
  return undefined;
}

const instantOf = (text: unknown): number | undefined =>
  typeof text === 'string' && /^\d{1,15}$/.test(text) ? Math.min(Number(text), LAST_MS) : undefined;

/** What another cluster asks for; undefined: it is malformed. */
function askedIn({ query }: Request): StretchesAsked | undefined {
  const [from, to] = [instantOf(query.from), instantOf(query.to)];
  if (from === undefined || to === undefined) return undefined;
  return { from, to, withSound: query.sound === '1' };
}

/** Creates the handlers. */
export function createRecordingHandlers(context: Context): RecordingHandlers {
  const { clusterKey } = context;
  const downloads = createConnectionCounts(); // bounded by DOWNLOADS_MAX, twice each
  const rate = createRequestRate(FETCHES);

  const find = async (
    request: Request,
    response: Response,
    looksElsewhere = true,
  ): Promise<OrProblem<Found | Elsewhere>> => {
    response.set('Cache-Control', 'no-store');
    const { creator, session } = request.params;
    const wanted = await wantedByPath(context, request, `${creator}/${session}`);
    if (!wanted.ok) return wanted;
    const denied = deniedPrivately(context, wanted.value, request, response);
    if (denied !== undefined) return refused(denied);
    if (context.asksListeners) return refused(HOOKED);
    const here = await recordedHere(context, wanted.value);
    if (here !== undefined) return good({ ...wanted.value, ...here });
    const keeper = looksElsewhere ? await keeperFor(context, request, wanted.value) : undefined;
    if (keeper === undefined) return refused(NOTHING);
    return good({ at: `${keeper}/recordings/${refPath(wanted.value.session)}` });
  };

  const send = async (request: Request, response: Response, found: Found): Promise<Refusal> => {
    const file = `${request.params.hour}`;
    const { session, isPrivate, recorded, recordings } = found;
    const kept = recorded.hours.find(({ hour }) => `${hour}.mp3` === file);
    if (kept === undefined) return NO_HOUR;
    const keys = ['all', limitedAs(clientOf(response))] as const;
    const [all, client] = keys.map((key) => downloads.of(key)) as [number, number];
    if (all >= DOWNLOADS_MAX || client >= DOWNLOADS_PER_CLIENT_MAX) return BUSY;
    for (const key of keys) downloads.add(key);
    response.once('close', () => {
      for (const key of keys) downloads.remove(key);
    });
    response.set('Cache-Control', isPrivate ? 'private, no-cache' : 'no-cache');
    const name = `${session.session}-${kept.hour}.mp3`;
    response.set('Content-Disposition', `inline; filename="${name}"`);
    const path = recordings.pathOf(session, isPrivate, kept.hour);
    const pieces = await recordings.piecesOf(session, isPrivate, kept.hour);
    return pieces.length === 0 ? NO_HOUR : sendHour(request, response, path, pieces);
  };

  const tell = async (request: Request, response: Response, found: Found): Promise<Refusal> => {
    const { session, isPrivate, recordings } = found;
    const { challenge = '' } = request.query;
    const asked = askedIn(request);
    if (asked === undefined || typeof challenge !== 'string' || !CHALLENGE.test(challenge)) {
      return MALFORMED;
    }
    const body = await recordings.stretches(session, isPrivate, asked).catch(() => undefined);
    if (body === undefined) return NOTHING;
    const digest = createHash('sha256').update(body).digest('base64url');
    const part = `${signedPart(session, asked)} ${digest}`;
    response.set(SIGNATURE_FIELD, signAnswer(clusterKey, 'recording', challenge, part));
    response.type('application/octet-stream').send(body);
    return undefined;
  };

  return {
    list: async (request, response) => {
      const found = await find(request, response);
      if (!found.ok) return found.problem;
      if ('at' in found.value) return redirect(response, found.value.at);
      response.json(toldOf(context, request, found.value));
      return undefined;
    },
    stretches: async (request, response) => {
      if (!rate.take(clientOf(response), performance.now())) return OFTEN;
      const found = await find(request, response, false);
      if (!found.ok) return found.problem;
      return 'at' in found.value ? NOTHING : tell(request, response, found.value);
    },
    hour: async (request, response) => {
      const found = await find(request, response);
      if (!found.ok) return found.problem;
      if (!('at' in found.value)) return send(request, response, found.value);
      return redirect(response, `${found.value.at}/${request.params.hour}`);
    },
  };
}
