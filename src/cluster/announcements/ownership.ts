/**
 * An announcement may be changed by requests that carry the session's admin token. Wrong tokens
 * slow their address down (http/server/guess-delay.ts).
 *
 * Announcements that are older than admin tokens have no owner yet. They may be changed by requests
 * from the cluster's own machine.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Request } from 'express';
import { isLoopback } from '../../http/ip-address.js';
import { createGuessDelay } from '../../http/server/guess-delay.js';
import { type Problem, problem } from '../web/problem.js';
import { isToken, type Owner } from './owner.js';

export interface Ownership {
  /** Why the request may not change what this owner announced; undefined: it may. */
  objectionTo(request: Request, owner: Owner | undefined): Promise<Problem | undefined>;
}

const NO_OWNER = 'This session was announced before admin tokens existed:';
const NO_TOKEN = 'This needs the admin token that was printed when the session was first announced';

const MISSING = problem(
  401,
  `${NO_TOKEN}: pass it with announce --token, or as Authorization: Bearer TOKEN.`,
);
const WRONG = problem(403, 'Wrong admin token for this session.');
const OWNERLESS = problem(401, `${NO_OWNER} announce it again on the cluster's own machine.`);

const PROXY_HEADERS = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'] as const;

/** Whether a request comes from this machine, and not through a web server in front of us. */
export const isLocal = ({ socket, headers }: Request): boolean =>
  isLoopback(socket.remoteAddress ?? '') && PROXY_HEADERS.every((name) => !(name in headers));

const tokenIn = ({ headers }: Request): string | undefined =>
  /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];

/** Creates the check of owners' tokens; `now` is monotonic, in ms. */
export function createOwnership(now: () => number): Ownership {
  const guessDelay = createGuessDelay();
  return {
    objectionTo: async (request, owner) => {
      if (owner === undefined) return isLocal(request) ? undefined : OWNERLESS;
      const token = tokenIn(request);
      if (token === undefined) return MISSING;
      const address = request.socket.remoteAddress ?? '';
      if (!isToken(token, owner)) {
        await pause(guessDelay.fail(address, now()), undefined, { ref: false });
        return WRONG;
      }
      guessDelay.forgive(address);
      return undefined;
    },
  };
}
