/** Refuses what pages of other sites make a browser send (http/server/page-origin.ts). */
import type { Request, RequestHandler } from 'express';
import { FOREIGN_PAGE, isForeignPage } from '../../http/server/page-origin.js';
import { problem, sendProblem } from './problem.js';

/** Paths at which encoders and administrators change something with GET. */
const CHANGING_PATHS: readonly string[] = ['/admin/metadata', '/admin.cgi'];

/** Whether a page that is not ours has sent the request. `own`: the name by which others reach us. */
export const isFromForeignPage = (request: Request, own: string): boolean => {
  const [host, origin, site] = ['Host', 'Origin', 'Sec-Fetch-Site'].map((name) =>
    request.get(name),
  );
  return isForeignPage({ host, origin, site }, own);
};

const isChanging = ({ method, path }: Request): boolean =>
  !['GET', 'HEAD', 'OPTIONS'].includes(method) || CHANGING_PATHS.includes(path);

/** Refuses requests that change something and come from such a page. */
export const refuseForeignPages =
  (own: string): RequestHandler =>
  (request, response, next) => {
    if (!isChanging(request) || !isFromForeignPage(request, own)) return next();
    sendProblem(request, response, problem(403, FOREIGN_PAGE));
  };
