/**
 * Defines routes: one table of methods per path. A method that is not in the table is answered with
 * 405 and the list of those that are; HEAD is GET without the body. A public route may be read by
 * pages of any origin (http/server/cors.ts); the others grant such pages nothing. A handler that
 * refuses a request returns the problem, which is sent here.
 *
 * Bodies are read within a limit of bytes and of time.
 */
import { type Request, type RequestHandler, type Response, type Router, raw } from 'express';
import type { z } from 'zod';
import { PREFLIGHT, READABLE } from '../../http/server/cors.js';
import { good } from '../../lib/result.js';
import { type OrProblem, type Problem, problem, refused, sendProblem } from './problem.js';

/** What a handler leaves to be sent; undefined: it has answered itself. */
export type Refusal = Problem | undefined;

type Handler = (request: Request, response: Response) => Refusal | Promise<Refusal>;

type Methods = Readonly<Partial<Record<'GET' | 'PUT' | 'POST' | 'DELETE', Handler>>>;

const isMethod = (methods: Methods, name: string): name is keyof Methods =>
  Object.hasOwn(methods, name);

function allowed(methods: Methods): string {
  const names = Object.keys(methods);
  return [...names, ...(names.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ');
}

/** Answers the methods of one path; the path is also the label in the metrics. */
export function route(router: Router, path: string, methods: Methods): void {
  router.all(path, handler(path, methods, false));
}

/** The same for a path that pages of any origin may read; with other methods they cannot use it. */
export function publicRoute(router: Router, path: string, methods: Methods): void {
  router.all(path, publicHandler(path, methods));
}

/** The same for several paths; `label` is for the metrics. */
export const publicHandler = (label: string, methods: Methods): RequestHandler =>
  handler(label, methods, true);

function handler(label: string, methods: Methods, isPublic: boolean): RequestHandler {
  return async (request, response) => {
    response.locals.route = label;
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    if (isPublic) response.set(method === 'OPTIONS' ? PREFLIGHT : READABLE);
    if (isMethod(methods, method)) {
      const why = await methods[method]?.(request, response);
      if (why !== undefined) sendProblem(request, response, why);
      return;
    }
    response.set('Allow', allowed(methods));
    if (method === 'OPTIONS') return void response.status(204).end();
    sendProblem(request, response, problem(405, `${request.method} is not possible here.`));
  };
}

/** How long a small body may take to arrive, ms. Guess. */
const BODY_MS_MAX = 30_000;

/** Reads a body of at most `bytesMax`; rejects with an HTTP error that names its status. */
export function bodyReader(bytesMax: number) {
  const parse = raw({ type: () => true, limit: bytesMax, inflate: false });
  return (request: Request, response: Response): Promise<Buffer> =>
    new Promise((fulfil, reject) => {
      const late = setTimeout(() => request.destroy(), BODY_MS_MAX);
      parse(request, response, (error?: unknown) => {
        clearTimeout(late);
        const body: unknown = request.body;
        if (error !== undefined) reject(error);
        else fulfil(Buffer.isBuffer(body) ? body : Buffer.alloc(0));
      });
    });
}

/** UTF-8 text; undefined if the bytes are not UTF-8. */
export function decodeText(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** The value of a JSON text; undefined if it is not JSON. */
function decodeJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(decodeText(bytes) ?? '');
  } catch {
    return undefined;
  }
}

/** `role: Invalid option`; the message alone when the document as a whole is wrong. */
const mistakesIn = ({ issues }: z.ZodError): readonly string[] =>
  issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join('.')}: ${message}`,
  );

/**
 * Reads a JSON body of at most `bytesMax` that matches the schema. `refuse` makes a problem of the
 * mistakes in any other body. `objection` may refuse the bytes before anything is made of them.
 */
export function jsonReader<Schema extends z.ZodType>(
  schema: Schema,
  bytesMax: number,
  refuse: (mistakes: readonly string[]) => Problem,
) {
  const readBody = bodyReader(bytesMax);
  return async (
    request: Request,
    response: Response,
    objection: (bytes: Buffer) => Problem | undefined = () => undefined,
  ): Promise<OrProblem<z.infer<Schema>>> => {
    const bytes = await readBody(request, response);
    const problem = objection(bytes);
    if (problem !== undefined) return refused(problem);
    const body = schema.safeParse(decodeJson(bytes));
    return body.success ? good(body.data) : refused(refuse(mistakesIn(body.error)));
  };
}
