/**
 * Listeners that move to another session's SCX of this cluster, as Icecast moves them to another mount:
 * the player's connection stays open. Its socket cannot be given to a process that is neither parent
 * nor child, so the old SCX passes on what the new one sends; the new one serves, counts and lists the
 * listener as its own, from its next frame on and at the same place between two titles.
 *
 * The old SCX proves that it knows the cluster's secret, `POST /admin/listeners` with the listener's state in a
 * header field, and gets a stream without the head of an answer for players. A listener that is not
 * taken stays where it was.
 *
 * Bounded: listeners of this SCX, and at the new one its own limit.
 */
import { type IncomingMessage, request } from 'node:http';
import type { Logger } from 'pino';
import { z } from 'zod';
import { SCX_LISTENERS } from '../../api/scx-admin.js';
import { PROOF_FIELD, proveRequest } from '../../http/cluster-proof.js';
import type { IncomingRequest } from '../../http/server/head-gate.js';
import { type Answer, textAnswer, unavailable } from '../../http/server/response.js';
import type { DetachedListener, ListenerConnections } from '../listeners/listener-connections.js';
import { listenerStateSchema } from '../listeners/listener-state.js';
import type { Listeners } from '../listeners/listeners.js';

export interface MovedListenersOptions {
  /** The cluster's secret. */
  readonly secret: string;
  readonly listeners: Pick<Listeners, 'count' | 'hasRoom'>;
  readonly connections: Pick<ListenerConnections, 'detach' | 'resume'>;
  readonly log: Logger;
  isLeaving(): boolean;
}

/** The listeners that come and go. */
export interface MovedListeners {
  /** Begins to move all listeners to the SCX at `http://host:port`. */
  moveTo(url: URL): void;
  /** Takes a listener from another SCX; undefined: it is ours now. */
  receive(incoming: IncomingRequest): Answer | undefined;
  /** Listeners that another SCX serves through this one. */
  readonly count: number;
}

/** The header field with the state, as base64url of JSON. */
const STATE_FIELD = 'x-scattercast-listener';
/** Of each text in the state, so that the whole fits a request head. Guess. */
const TEXT_LENGTH_MAX = 1000;
/** Until the other SCX has taken a listener, ms. Guess: it needs a few. */
const TAKE_MS = 3000;
const TAKEN = 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n';

const stateSchema = z.object({
  state: listenerStateSchema,
  icy: z
    .object({ left: z.number().int().nonnegative(), told: z.string().max(1024).nullable() })
    .nullable(),
});

const shortened = (text: string | undefined): string | undefined => text?.slice(0, TEXT_LENGTH_MAX);

function packed({ state, icy }: DetachedListener): string {
  const { referer, agent, target, admission } = state;
  const texts = {
    referer: shortened(referer),
    agent: shortened(agent),
    target: target.slice(0, 200),
    admission: admission && {
      ...admission,
      mount: admission.mount.slice(0, 2 * TEXT_LENGTH_MAX),
      user: admission.user.slice(0, TEXT_LENGTH_MAX / 2),
      password: admission.password.slice(0, TEXT_LENGTH_MAX / 2),
    },
  };
  return Buffer.from(JSON.stringify({ state: { ...state, ...texts }, icy })).toString('base64url');
}

function unpacked(text: string | undefined): z.infer<typeof stateSchema> | undefined {
  try {
    return stateSchema.parse(JSON.parse(Buffer.from(text ?? '', 'base64url').toString('utf8')));
  } catch {
    return undefined;
  }
}

/** The stream of the SCX that takes the listener; rejects if it does not. */
function offer(url: URL, secret: string, listener: DetachedListener): Promise<IncomingMessage> {
  return new Promise((fulfil, reject) => {
    const method = 'POST';
    const proof = proveRequest(secret, { method, target: SCX_LISTENERS });
    const headers = { [PROOF_FIELD]: proof.value, [STATE_FIELD]: packed(listener) };
    const target = new URL(SCX_LISTENERS, url);
    const asking = request(target, { method, headers, agent: false }, (response) => {
      clearTimeout(late);
      if (response.statusCode === 200) return fulfil(response);
      response.destroy();
      reject(new Error(`status ${response.statusCode}`));
    });
    const late = setTimeout(() => asking.destroy(new Error('no answer')), TAKE_MS);
    asking.on('error', reject).on('close', () => clearTimeout(late));
    asking.end();
  });
}

/** Creates the moves of a port's listeners. */
export function createMovedListeners(options: MovedListenersOptions): MovedListeners {
  const { secret, connections, listeners, log } = options;
  let count = 0;
  /** The number of the last order: an earlier one that is still being carried out ends. */
  let orders = 0;

  const passOn = (stream: IncomingMessage, { socket, release }: DetachedListener): void => {
    if (socket.destroyed) return void stream.destroy();
    release();
    count++;
    socket.once('close', () => {
      count--;
      stream.destroy();
    });
    stream.on('error', () => socket.destroy()).on('close', () => socket.destroySoon());
    stream.pipe(socket);
  };

  const moveAll = async (url: URL, order: number): Promise<void> => {
    for (const listener of connections.detach()) {
      try {
        passOn(await offer(url, secret, listener), listener);
      } catch (error) {
        if (!listener.socket.destroyed) listener.keep();
        return void log.warn({ err: error, url: url.href }, 'The other listeners do not move.');
      }
      if (order !== orders) return;
    }
  };

  return {
    moveTo: (url) => {
      orders++;
      log.info({ url: url.href, listeners: listeners.count }, 'Listeners move to another session.');
      void moveAll(url, orders);
    },
    receive: ({ head, socket }) => {
      const taken = unpacked(head.headers.get(STATE_FIELD));
      if (taken === undefined) return textAnswer(400, 'The state of the listener is malformed.');
      if (options.isLeaving()) return unavailable('This relay is leaving.', 1);
      if (!listeners.hasRoom) return unavailable('This relay is full.', 10);
      socket.write(TAKEN);
      connections.resume(socket, taken.state, { isOpen: true, frame: null, icy: taken.icy });
      return undefined;
    },
    get count() {
      return count;
    },
  };
}
