/**
 * The address of the client that sent a request, for limits and logs: determined once per request,
 * by the same rule as for encoders, which do not come through express
 * (http/server/client-address.ts).
 */
import type { Request, RequestHandler, Response } from 'express';
import { clientAddress, type IsTrusted } from '../../http/server/client-address.js';

/** Determines the client of each request. `trust`: the proxies whose X-Forwarded-For counts. */
export const noteClient =
  (trust: IsTrusted): RequestHandler =>
  (request, response, next) => {
    const peer = request.socket.remoteAddress ?? '';
    response.locals.client = clientAddress(peer, request.get('X-Forwarded-For'), trust);
    next();
  };

/** The client of the request that this response answers. */
export const clientOf = ({ locals }: Response): string => `${locals.client ?? ''}`;

/** The client of a request. */
export const clientOfRequest = ({ res }: Request): string =>
  res === undefined ? '' : clientOf(res);
