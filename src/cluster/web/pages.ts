/**
 * The pages: a few small files in web/, read once at the start. Titles and descriptions come from
 * strangers, so the pages insert them as text only; even if one did not, the security policy lets
 * only our own files run.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Router } from 'express';
import { isSource, packageFile } from '../../runtime/package-files.js';
import { route } from './methods.js';
import { HOME_POLICY, PAGE_POLICY } from './page-policy.js';

export interface Page {
  readonly path: string;
  readonly type: string;
  readonly body: Buffer;
}

const FOLDER = packageFile('web/');
/** Scripts that the build has put together (scripts/build.ts). */
const BUILT = packageFile('dist/web/');

interface PageFile {
  readonly path: string;
  readonly file: string;
  readonly type: string;
  readonly isBuilt?: boolean;
}

const FILES = [
  { path: '/', file: 'index.html', type: 'text/html' },
  { path: '/directory.js', file: 'directory.js', type: 'text/javascript' },
  { path: '/session.js', file: 'session.js', type: 'text/javascript' },
  { path: '/player.js', file: 'player.js', type: 'text/javascript' },
  { path: '/rewind.js', file: 'rewind.js', type: 'text/javascript' },
  { path: '/embed.js', file: 'embed.js', type: 'text/javascript' },
  { path: '/style.css', file: 'style.css', type: 'text/css' },
  { path: '/overlay.css', file: 'overlay.css', type: 'text/css' },
  { path: '/overlay.js', file: 'overlay.js', type: 'text/javascript', isBuilt: true },
  { path: '/dashboard.css', file: 'dashboard.css', type: 'text/css', isBuilt: true },
  { path: '/dashboard.js', file: 'dashboard.js', type: 'text/javascript', isBuilt: true },
  { path: '/favicon.ico', file: 'icon.svg', type: 'image/svg+xml' },
  { path: '/icon.svg', file: 'icon.svg', type: 'image/svg+xml' },
] as const satisfies readonly PageFile[];

const urlOf = ({ file, isBuilt }: PageFile): URL => new URL(file, isBuilt ? BUILT : FOLDER);

/** A checkout in which nothing has been built yet is without scripts that are built. */
const isThere = (file: PageFile): boolean => !isSource || existsSync(urlOf(file));

/** Reads the files. Rejects if one is missing: the installation is damaged. */
export const loadPages = (): Promise<readonly Page[]> =>
  Promise.all(
    FILES.filter(isThere).map(async (page) => {
      const { path, type } = page;
      return { path, type: `${type}; charset=utf-8`, body: await readFile(urlOf(page)) };
    }),
  );

/** The routes of browsers. */
export function pageRoutes(pages: readonly Page[]): Router {
  const router = Router({ caseSensitive: true });
  for (const { path, type, body } of pages) {
    route(router, path, {
      GET: (_request, response) => {
        const policy = path === '/' ? HOME_POLICY : PAGE_POLICY;
        response.set({ 'Content-Security-Policy': policy, 'Cache-Control': 'no-cache' });
        response.set('Content-Type', type).send(body);
        return undefined;
      },
    });
  }
  return router;
}
