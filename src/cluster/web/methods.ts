/**
 * How routes are written here: one table of methods per path. What is not in the table is
 * answered with 405 and the methods that are; HEAD is GET without the body; OPTIONS that is not in
 * the table allows no page of another origin anything; bodies are read within limits.
 */
import { type Request, type Response, type Router, raw } from 'express';
import { problem, sendProblem } from './problem.js';

type Handler = (request: Request, response: Response) => void | Promise<void>;

type Methods = Readonly<Partial<Record<'GET' | 'PUT' | 'POST' | 'DELETE' | 'OPTIONS', Handler>>>;

const isMethod = (methods: Methods, name: string): name is keyof Methods =>
  Object.hasOwn(methods, name);

function allowed(methods: Methods): string {
  const names = Object.keys(methods).filter((name) => name !== 'OPTIONS');
  return [...names, ...(names.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ');
}

/** Answers the methods of one path; the path is also the label in the metrics. */
export function route(router: Router, path: string, methods: Methods): void {
  router.all(path, async (request, response) => {
    response.locals.route = path;
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    if (isMethod(methods, method)) return methods[method]?.(request, response);
    response.set('Allow', allowed(methods));
    if (method === 'OPTIONS') return void response.status(204).end();
    sendProblem(request, response, problem(405, `${request.method} is not possible here.`));
  });
}

/** A small body is here within so many ms. Guess. */
const BODY_MS_MAX = 30_000;

/** Reads a body of so many bytes at most; rejects with an HTTP error that names its status. */
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

/** UTF-8 text; undefined if the bytes are none. */
export function decodeText(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** The value of a JSON text; undefined if it is none. */
export function decodeJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(decodeText(bytes) ?? '');
  } catch {
    return undefined;
  }
}
