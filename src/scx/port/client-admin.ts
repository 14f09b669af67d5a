/**
 * The listeners and sources of an SCX for its front end (api/scx-admin.ts), which asks on behalf of the
 * operator or of the session's owner. Only requests with the cluster's secret are answered here; for
 * everybody else there is nothing at these paths.
 */
import { SCX_OVERLAY } from '../../api/overlay-map/overlay-record.js';
import {
  AGENT_LENGTH_MAX,
  type EndedSources,
  LISTED_MAX,
  SCX_ADMISSION,
  SCX_LISTENERS,
  SCX_SOURCES,
  type ScxListeners,
  type ScxSources,
} from '../../api/scx-admin.js';
import type { SourceId } from '../../gossamer/core/node.js';
import { createProofCheck, PROOF_FIELD } from '../../http/cluster-proof.js';
import type { IncomingRequest } from '../../http/server/head-gate.js';
import { type Answer, textAnswer } from '../../http/server/response.js';
import { pathOf, urlOf } from '../../lib/url-path.js';
import type { Ingest } from '../ingest/ingest.js';
import type { ListenerConnections } from '../listeners/listener-connections.js';
import type { Playout } from '../listeners/playout.js';
import type { AttachedSources } from '../sources/attached-sources.js';
import type { MovedListeners } from './moved-listeners.js';
import type { OverlayStream } from './overlay-stream.js';

/** The sources of an SCX. */
export interface SourcesAdmin {
  draw(): ScxSources;
  /** Ends those that are not ours; returns how many. */
  end(): number;
}

export interface SourcesAdminOptions {
  readonly sources: AttachedSources;
  readonly ingest: Pick<Ingest, 'clientOf'>;
  readonly playout: Pick<Playout, 'listeners'>;
  /** The source of our own fallback process, which stays. */
  fallbackSource(): SourceId | undefined;
}

/** Creates the access to the sources of an SCX. */
export function createSourcesAdmin(options: SourcesAdminOptions): SourcesAdmin {
  const { sources, ingest, playout } = options;
  const foreign = () => sources.list().filter(({ id }) => id !== options.fallbackSource());
  return {
    draw: () => ({
      sources: foreign().map(({ id, address }) => ({
        ...{ id, address },
        agent: (ingest.clientOf(id)?.agent ?? '').slice(0, AGENT_LENGTH_MAX),
      })),
      attached: sources.counters.attached,
      bytesRead: sources.counters.bytes,
      bytesSent: playout.listeners.counters.bytes,
      slowListeners: playout.listeners.counters.idle,
    }),
    end: () => {
      const ended = foreign();
      for (const { id } of ended) sources.end(id, 'it was ended by an administrator');
      return ended.length;
    },
  };
}

export interface ClientAdminOptions {
  /** The cluster's secret. */
  readonly secret: string;
  readonly connections: Pick<ListenerConnections, 'list' | 'end'>;
  readonly sources: SourcesAdmin;
  readonly moved: Pick<MovedListeners, 'moveTo' | 'receive'>;
  /** Tells what is seen of the overlay. */
  readonly overlay: OverlayStream;
  /** Answers whether a listener with this target may come in. */
  admit(request: IncomingRequest, target: string): void;
}

/**
 * Answers a request of the front end or of another SCX; `taken`: its connection is a listener now, or is
 * answered later;
 * undefined for any other request.
 */
type ClientAdmin = (request: IncomingRequest) => Answer | 'taken' | undefined;

const ID = /^\d{1,16}$/;

const json = (document: ScxListeners | ScxSources | EndedSources): Answer => ({
  status: 200,
  body: JSON.stringify(document),
  // Addresses of people: not for pages of any origin, unlike all else here.
  fields: { 'Content-Type': 'application/json', 'Access-Control-Allow-Origin': undefined },
});

/** Creates the answers to the front end. */
export function createClientAdmin(options: ClientAdminOptions): ClientAdmin {
  const { connections, sources, moved } = options;
  const proofs = createProofCheck(options.secret);

  const endListener = (id: string): Answer =>
    ID.test(id) && connections.end(Number(id))
      ? { status: 204, body: '' }
      : textAnswer(404, 'There is no such listener.');

  /** `?to=URL` moves all listeners there; without it the request is a listener that moves here. */
  const move = (request: IncomingRequest): Answer | 'taken' => {
    const to = urlOf(request.head.target, 'http://scx')?.searchParams.get('to') ?? null;
    if (to === null) return moved.receive(request) ?? 'taken';
    const url = urlOf(to);
    if (url?.protocol !== 'http:') return textAnswer(400, 'Move to where?');
    moved.moveTo(url);
    return { status: 204, body: '' };
  };

  const admission = (request: IncomingRequest): 'taken' => {
    const url = urlOf(request.head.target, 'http://scx');
    options.admit(request, url?.searchParams.get('target') ?? '/');
    return 'taken';
  };

  const answer = (request: IncomingRequest, path: string): Answer | 'taken' | undefined => {
    const { method } = request.head;
    switch (`${method} ${path}`) {
      case `GET ${SCX_LISTENERS}`:
        return json({ listeners: [...connections.list(LISTED_MAX)] });
      case `POST ${SCX_LISTENERS}`:
        return move(request);
      case `GET ${SCX_ADMISSION}`:
        return admission(request);
      case `GET ${SCX_SOURCES}`:
        return json(sources.draw());
      case `DELETE ${SCX_SOURCES}`:
        return json({ ended: sources.end() });
      case `GET ${SCX_OVERLAY}`:
        return options.overlay(request.socket);
      default:
        if (method !== 'DELETE' || !path.startsWith(`${SCX_LISTENERS}/`)) return undefined;
        return endListener(path.slice(SCX_LISTENERS.length + 1));
    }
  };

  return (request) => {
    const { method, target, headers } = request.head;
    const path = pathOf(target) ?? '';
    const isAdmin = [SCX_SOURCES, SCX_ADMISSION, SCX_OVERLAY].includes(path);
    if (!isAdmin && !path.startsWith(SCX_LISTENERS)) return undefined;
    const isFrontEnd = proofs.isProven(headers.get(PROOF_FIELD), { method, target });
    return isFrontEnd ? answer(request, path) : undefined;
  };
}
