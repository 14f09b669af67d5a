/**
 * Requests for HLS at the SCX's port: playlists, and segments. A playlist that has nothing to list yet,
 * because the SCX is joining or the session is off the air, is waited for as a listener waits for the
 * stream. A segment never changes, so caches may keep it, unless the client knows another title of it,
 * or the session is private: then each request shows its ticket, and playlists lead on with it.
 *
 * Earlier sound (`?ago=`, `?at=`) has a list of variants as well, whose address says where it begins; its
 * segments come from the recording (recording/kept-segments.ts).
 *
 * Bounded: WAITING_MAX requests that wait, WAIT_MS each; the rate limit of each address.
 */
import { instantIn } from '../../api/recordings/asked-instant.js';
import { AGENT_LENGTH_MAX } from '../../api/scx-admin.js';
import type { RequestHead } from '../../http/server/request-head.js';
import { createRequestRate } from '../../http/server/request-rate.js';
import { type Answer, textAnswer, unavailable } from '../../http/server/response.js';
import { parseSegmentName } from '../../icecast/segment-name.js';
import { isHlsPlaylistOf } from '../../icecast/stream-path.js';
import { pathOf, urlOf } from '../../lib/url-path.js';
import { steadyTimeMs } from '../../runtime/steady-time.js';
import { ticketIn } from '../../runtime/ticket.js';
import { parseRenditionPath, type RenditionKbps, renditionPath } from '../../session/renditions.js';
import type { SessionIdentity } from '../../session/session-id.js';
import type { Playout } from '../listeners/playout.js';
import { drawPollingId, isPollingId } from '../listeners/polling-listeners.js';
import type { TicketGate } from '../listeners/ticket-gate.js';
import { type ListedSegment, parseStart, printStart } from '../recording/kept-segments.js';
import { MALFORMED, NOT_KEPT } from '../recording/rewind.js';
import { createRenditionSegments } from '../renditions/rendition-segments.js';
import { titleDigest } from '../sound/segment.js';
import type { Segment } from '../sound/segments.js';
import { mediaPlaylist, PLAYLIST_TYPE, variantPlaylist } from './hls-playlists.js';

export interface HlsOptions {
  readonly name: SessionIdentity;
  readonly playout: Pick<
    Playout,
    'segments' | 'polling' | 'playing' | 'bitrateKbps' | 'rewind' | 'renditions'
  >;
  /** The operator's hook is asked about listeners, which cannot be done for those that only fetch. */
  isHooked(): boolean;
  readonly tickets: Pick<TicketGate, 'isPrivate' | 'refusal'>;
  isLeaving(): boolean;
  now(): number;
  /** Ms since 1970. Default: the time of this process. */
  readonly wallNow?: () => number;
}

/** A request, and the address of its client. */
interface HlsRequest {
  readonly head: RequestHead;
  readonly address: string;
}

/** Answers a request for HLS; undefined if it asks for something else. */
export type HlsAnswers = (request: HlsRequest) => Answer | Promise<Answer> | undefined;

/** Requests of one address. Guesses: a campus of 500 listeners asks 400 times a second. */
const RATE = { atOnce: 2000, perSecond: 500 } as const;
/** How long a playlist without a segment is waited for, ms. The same as for the stream. */
const WAIT_MS = 10_000;
const WAITING_MAX = 256;
/** Retry-After, s. Guesses. */
const RETRY_S = { leaving: 1, offAir: 5, toCome: 1, full: 10, rate: 10, busy: 2 } as const;

const HOOKED =
  'This cluster asks for names and passwords of listeners: listen to the .mp3 instead.';
const FULL = 'This relay is full.';
const ADDRESS_FULL = 'Too many listeners at your address.';
const OFTEN = 'You ask too often; come back later.';
const OFF_AIR = 'The session is off the air.';
const BUSY = 'The recording is read by too many at once; try again.';
const NOT_FROM_HERE = 'There is nothing to be heard from there on: begin anew, with ?ago= or ?at=.';
const GONE = 'This segment is gone: fetch the playlist, and go on from there.';
const TO_COME = 'This segment is not there yet: fetch the playlist.';
const UNKNOWN = 'There is no such segment here: fetch the playlist, and go on from there.';

/** Where a recording has a segment, ms since 1970. */
const KEPT_AT = /^\d{1,15}$/;

/** The key behind the name of a session that is announced elsewhere. */
const KEY = /@[A-Za-z0-9_-]{43}$/;

const IMMUTABLE = 'public, max-age=31536000, immutable';

/** The answer with a body that has this entity tag, or that the client has it already (RFC 9110 §13.1.2). */
function tagged(head: RequestHead, tag: string, answer: Answer): Answer {
  const known = head.headers.get('if-none-match')?.split(',') ?? [];
  const isKnown = known.some((one) => one.trim().replace(/^W\//, '') === tag);
  const fields = { ...answer.fields, ETag: tag };
  if (!isKnown) return { ...answer, fields };
  return {
    status: 304,
    body: '',
    fields: { ...fields, 'Content-Type': undefined, 'Content-Length': undefined },
  };
}

/** The segment that a path asks for, and the rate of the rendition that it is of. */
function segmentAt(path: string, { session }: SessionIdentity) {
  const [, folder = '', file = ''] = /^\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
  if (parseSegmentName(file) === undefined) return undefined;
  if (folder === session) return { file, kbps: undefined };
  const asked = parseRenditionPath(folder);
  return asked?.path === session ? { file, kbps: asked.kbps } : undefined;
}

const queryOf = ({ target }: RequestHead): URLSearchParams =>
  urlOf(target, 'http://scx')?.searchParams ?? new URLSearchParams();

const playlist = (body: string, cacheControl: string): Answer => ({
  status: 200,
  body,
  fields: { 'Content-Type': PLAYLIST_TYPE, 'Cache-Control': cacheControl },
});

/** Creates the answers of one port. */
export function createHlsAnswers(options: HlsOptions): HlsAnswers {
  const { name, tickets, now } = options;
  const { segments, polling, playing, bitrateKbps, rewind, renditions } = options.playout;
  const made = createRenditionSegments(renditions);
  const { wallNow = steadyTimeMs } = options;
  const rate = createRequestRate(RATE);
  let waiting = 0;

  const refusal = ({ head, address }: HlsRequest): Answer | undefined => {
    if (options.isHooked()) return textAnswer(403, HOOKED);
    if (options.isLeaving()) return unavailable('This relay is leaving.', RETRY_S.leaving);
    if (rate.take(address, now())) return tickets.refusal(head.target, address);
    return textAnswer(429, OFTEN, { 'Retry-After': RETRY_S.rate });
  };

  /** The ticket that the addresses in a playlist carry on; a public session needs none. */
  const ticketFor = ({ target }: RequestHead): string | undefined =>
    tickets.isPrivate ? ticketIn(target) : undefined;

  /** The name of the session in addresses: a front end that passes the request on may have a longer one. */
  const nameFor = (head: RequestHead): string => {
    const wanted = queryOf(head).get('as') ?? '';
    return wanted.startsWith(`${name.session}@`) && KEY.test(wanted) ? wanted : name.session;
  };

  /** The rendition that the address of a list asks for. */
  const rateIn = (head: RequestHead): RenditionKbps | undefined =>
    renditions.rates.find((rate) => `${rate}` === queryOf(head).get('rate'));

  /** Where the segments of a list are. */
  const folderFor = (head: RequestHead): string => {
    const rate = rateIn(head);
    return rate === undefined ? nameFor(head) : renditionPath(nameFor(head), rate);
  };

  const variants = (head: RequestHead, from?: string): Answer =>
    playlist(
      variantPlaylist(
        nameFor(head),
        drawPollingId(),
        bitrateKbps(),
        {
          ...{ ticket: ticketFor(head), from },
        },
        from === undefined ? renditions.rates : [],
      ),
      'no-store',
    );

  /** The variants of what was played from an instant on. */
  const earlier = async (head: RequestHead, instant: number): Promise<Answer> => {
    const kept = rewind.kept();
    if (kept === undefined) return NOT_KEPT;
    const start = await kept.begin(instant, wallNow());
    if (start === 'busy') return unavailable(BUSY, RETRY_S.busy);
    return variants(head, start && printStart(start));
  };

  const beginning = (head: RequestHead): Answer | Promise<Answer> => {
    const instant = instantIn(head.target, wallNow());
    if (instant === null) return MALFORMED;
    return instant === undefined ? variants(head) : earlier(head, instant);
  };

  const listing = (head: RequestHead, listed: readonly ListedSegment[]): Answer => {
    const newest = listed.at(-1);
    const tag = `"${newest?.number}-${newest?.name}"`;
    const body = mediaPlaylist(folderFor(head), listed, ticketFor(head));
    return tagged(head, tag, playlist(body, tickets.isPrivate ? 'private, no-cache' : 'no-cache'));
  };

  /** Resolves with the next segment, or when that takes too long. */
  const nextSegment = (): Promise<void> =>
    new Promise((resolve) => {
      waiting++;
      const end = (): void => {
        waiting--;
        clearTimeout(late);
        forget();
        resolve();
      };
      const late = setTimeout(end, WAIT_MS);
      const forget = segments.onNext(end);
    });

  /** Takes the listener in; undefined: it listens. */
  const refuseListener = (head: RequestHead, id: string, address: string): Answer | undefined => {
    const agent = Buffer.from((head.headers.get('user-agent') ?? '').slice(0, AGENT_LENGTH_MAX));
    switch (polling.poll({ id, address, agent: agent.toString() }, now())) {
      case 'full':
        return unavailable(FULL, RETRY_S.full);
      case 'addressFull':
        return textAnswer(429, ADDRESS_FULL, { 'Retry-After': RETRY_S.full });
      case 'listening':
        return undefined;
    }
  };

  const media = async ({ head, address }: HlsRequest, id: string): Promise<Answer> => {
    const isNew = !polling.has(id);
    const refused = head.method === 'GET' ? refuseListener(head, id, address) : undefined;
    if (refused !== undefined) return refused;
    const rendition = rateIn(head);
    if (rendition !== undefined) renditions.ringOf(rendition); // it is made from now on
    const isOff = segments.listed().length === 0 || (isNew && playing() === undefined);
    if (isOff && waiting < WAITING_MAX) await nextSegment();
    const listed = segments.listed();
    if (listed.length === 0 || (isNew && playing() === undefined)) {
      return unavailable(OFF_AIR, RETRY_S.offAir);
    }
    return listing(head, listed);
  };

  /** A list of earlier sound. */
  const keptMedia = async (
    { head, address }: HlsRequest,
    id: string,
    from: string,
  ): Promise<Answer> => {
    const refused = head.method === 'GET' ? refuseListener(head, id, address) : undefined;
    if (refused !== undefined) return refused;
    const [kept, start] = [rewind.kept(), parseStart(from)];
    if (kept === undefined) return NOT_KEPT;
    const listed = start && (await kept.listed(start, wallNow()));
    if (listed === 'busy') return unavailable(BUSY, RETRY_S.busy);
    return listed === undefined ? textAnswer(410, NOT_FROM_HERE) : listing(head, listed);
  };

  const absent = (file: string): Answer => {
    const absence = segments.absence(file);
    if (absence === 'gone') return textAnswer(410, GONE);
    if (absence === 'unknown') return textAnswer(404, UNKNOWN);
    return textAnswer(404, TO_COME, { 'Retry-After': RETRY_S.toCome });
  };

  /** The segment as it is live, or else from the recording. */
  const segment = async (head: RequestHead, file: string): Promise<Answer> => {
    const live = segments.find(file);
    const keptAt = Number(KEPT_AT.exec(queryOf(head).get('kept') ?? '')?.[0] ?? Number.NaN);
    if (live !== undefined || Number.isNaN(keptAt)) return sent(head, file, live);
    const kept = await rewind.kept()?.find(file, keptAt);
    if (kept === 'busy') return unavailable(BUSY, RETRY_S.busy);
    return kept === undefined ? textAnswer(410, GONE) : sent(head, file, kept);
  };

  const sent = (
    head: RequestHead,
    file: string,
    found: Pick<Segment, 'title' | 'bytes' | 'isMended'> | undefined,
  ): Answer => {
    if (found === undefined) return absent(file);
    const digest = titleDigest(found.title);
    const isSame = digest === (queryOf(head).get('t') ?? '');
    const isMended = found.isMended === true;
    const isKept = isSame && !isMended && !tickets.isPrivate;
    const cacheControl = isKept ? IMMUTABLE : 'no-store';
    const fields = { 'Content-Type': 'audio/mpeg', 'Cache-Control': cacheControl };
    const tag = `"${[file.replace(/\.mp3$/, ''), digest, isMended && 'mended'].filter(Boolean).join('-')}"`;
    return tagged(head, tag, { status: 200, body: found.bytes, fields });
  };

  /** The same segment of a rendition; as it was sent, where it cannot be made. */
  const renditionSegment = async (
    head: RequestHead,
    file: string,
    kbps: number,
  ): Promise<Answer> => {
    const live = segments.find(file);
    const rate = renditions.rates.find((offered) => offered === kbps);
    const bytes = live && rate && (await made(live, rate));
    if (live === undefined || bytes === undefined) return segment(head, file);
    const fields = { 'Content-Type': 'audio/mpeg', 'Cache-Control': 'no-store' };
    return { status: 200, body: bytes, fields };
  };

  return (request) => {
    const { head } = request;
    const path = pathOf(head.target) ?? '';
    const asked = segmentAt(path, name);
    if (asked === undefined && !isHlsPlaylistOf(path, name)) return undefined;
    const refused = refusal(request);
    if (refused !== undefined) return refused;
    if (asked !== undefined) {
      const { file, kbps } = asked;
      return kbps === undefined ? segment(head, file) : renditionSegment(head, file, kbps);
    }
    const id = queryOf(head).get('id') ?? '';
    if (!isPollingId(id)) return beginning(head);
    const from = queryOf(head).get('from');
    return from === null ? media(request, id) : keptMedia(request, id, from);
  };
}
