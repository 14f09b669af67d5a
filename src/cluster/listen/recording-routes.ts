/**
 * `/recordings/CREATOR/SESSION`: which hours of a session are kept, and what was played; and each hour as a
 * file, whole or in parts. Who may listen to the session may have them: a private one needs its ticket, and
 * where a hook decides about listeners there are none, as it decides about streams.
 *
 * Bounded: DOWNLOADS_MAX files at a time, a few for each address.
 */
import type { Request, Response } from 'express';
import { hourStart } from '../../api/recordings/recording-files.js';
import { limitedAs } from '../../http/ip-address.js';
import { createConnectionCounts } from '../../http/server/connection-counts.js';
import { printInstant } from '../../lib/instant.js';
import { good } from '../../lib/result.js';
import type { RecordedSession, Recordings } from '../recordings/recordings.js';
import { clientOf } from '../web/client.js';
import type { Refusal } from '../web/methods.js';
import { type OrProblem, problem, refused } from '../web/problem.js';
import { publicUrl } from '../web/public-url.js';
import { type Context, deniedPrivately, pathOf } from './leading.js';
import { type Wanted, wantedByPath } from './wanted-session.js';

const DOWNLOADS_MAX = 32;
const DOWNLOADS_PER_CLIENT_MAX = 4;

const NOTHING = problem(404, 'Nothing of this session is kept at this cluster.');
const NO_HOUR = problem(
  404,
  'This hour is not kept here: /recordings/CREATOR/SESSION lists those.',
);
const NO_RANGE = problem(416, 'The file is shorter: ask for its beginning.');
const HOOKED = problem(403, 'This cluster asks for names and passwords of listeners: listen live.');
const BUSY = { ...problem(503, 'Too many recordings are being fetched here.'), retryAfter: 30 };

/** The handlers. */
export interface RecordingHandlers {
  list(request: Request, response: Response): Promise<Refusal>;
  hour(request: Request, response: Response): Promise<Refusal>;
}

interface Found extends Wanted {
  readonly isPrivate: boolean;
  readonly recorded: RecordedSession;
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

/** Sends a file, or the part of it that is asked for; resolves when that has ended. */
const sendFile = (response: Response, path: string, name: string): Promise<Refusal> =>
  new Promise((resolve) => {
    const headers = {
      'Content-Type': 'audio/mpeg',
      'Content-Disposition': `inline; filename="${name}"`,
    };
    response.sendFile(
      path,
      { headers, dotfiles: 'allow', cacheControl: false },
      (error?: Error) => {
        if (error === undefined || response.headersSent) return resolve(undefined);
        resolve((error as { readonly status?: unknown }).status === 416 ? NO_RANGE : NO_HOUR);
      },
    );
  });

/** Creates the handlers; `recordings`: undefined where nothing is recorded. */
export function createRecordingHandlers(
  context: Context,
  recordings: Recordings | undefined,
): RecordingHandlers {
  const downloads = createConnectionCounts(); // bounded by DOWNLOADS_MAX, twice each

  const find = async (request: Request, response: Response): Promise<OrProblem<Found>> => {
    response.set('Cache-Control', 'no-store');
    const { creator, session } = request.params;
    const wanted = await wantedByPath(context, request, `${creator}/${session}`);
    if (!wanted.ok) return wanted;
    const denied = deniedPrivately(context, wanted.value, request, response);
    if (denied !== undefined) return refused(denied);
    if (context.asksListeners) return refused(HOOKED);
    const { known } = wanted.value;
    const isPrivate = known?.announcement.privacy !== undefined;
    const keeps = known?.isPublished === true && known.announcement.keepMs !== undefined;
    const recorded = keeps ? await recordings?.list(wanted.value.session, isPrivate) : undefined;
    return recorded === undefined
      ? refused(NOTHING)
      : good({ ...wanted.value, isPrivate, recorded });
  };

  const send = async (request: Request, response: Response, found: Found): Promise<Refusal> => {
    const file = `${request.params.hour}`;
    const { session, isPrivate, recorded } = found;
    const kept = recorded.hours.find(({ hour }) => `${hour}.mp3` === file);
    if (kept === undefined || recordings === undefined) return NO_HOUR;
    const keys = ['all', limitedAs(clientOf(response))] as const;
    const [all, client] = keys.map((key) => downloads.of(key)) as [number, number];
    if (all >= DOWNLOADS_MAX || client >= DOWNLOADS_PER_CLIENT_MAX) return BUSY;
    for (const key of keys) downloads.add(key);
    response.once('close', () => {
      for (const key of keys) downloads.remove(key);
    });
    response.set('Cache-Control', isPrivate ? 'private, no-cache' : 'no-cache');
    const path = recordings.pathOf(session, isPrivate, kept.hour);
    return sendFile(response, path, `${session.session}-${kept.hour}.mp3`);
  };

  return {
    list: async (request, response) => {
      const found = await find(request, response);
      if (!found.ok) return found.problem;
      response.json(toldOf(context, request, found.value));
      return undefined;
    },
    hour: async (request, response) => {
      const found = await find(request, response);
      return found.ok ? send(request, response, found.value) : found.problem;
    },
  };
}
