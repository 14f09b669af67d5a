/**
 * `GET /room` (api/locating/room.ts). Who asks with a challenge gets a signed answer, which shows that the
 * cluster with that key is reached at this address. A signature costs 50 us, less than the request.
 */
import { Router } from 'express';
import { ROOM_PATH } from '../../api/locating/room.js';
import { freshFor } from '../../http/server/fresh-for.js';
import { CHALLENGE, SIGNATURE_FIELD, signAnswer } from '../../http/signed-answer.js';
import type { SigningKey } from '../../runtime/signing-key.js';
import { publicRoute } from '../web/methods.js';
import { problem } from '../web/problem.js';
import type { Room } from './room.js';

export interface RoomDependencies {
  readonly clusterKey: SigningKey;
  room(): Room;
  /** ms that never decrease. */
  now(): number;
}

/** Many may ask at once; what they are told is at most this old, ms. */
const FRESH_MS = 100;

/** The route of those who send listeners here. */
export function roomRoutes({ clusterKey, room, now }: RoomDependencies): Router {
  const drawn = freshFor(room, FRESH_MS, now);
  const router = Router({ caseSensitive: true });
  publicRoute(router, ROOM_PATH, {
    GET: (request, response) => {
      const { challenge, known } = request.query;
      const { sessions, ...told } = drawn();
      const body = JSON.stringify(known === told.version ? told : { ...told, sessions });
      response.set('Cache-Control', 'no-store').type('application/json');
      if (challenge === undefined) return void response.send(body);
      if (typeof challenge !== 'string' || !CHALLENGE.test(challenge))
        return problem(400, 'challenge must be up to 64 letters, digits, "-" or "_".');
      response.set(SIGNATURE_FIELD, signAnswer(clusterKey, 'room', challenge, body)).send(body);
      return undefined;
    },
  });
  return router;
}
