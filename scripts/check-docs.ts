/**
 * Checks what documents and comments say about files: each one that they mention exists. A
 * header that points to a file which was renamed long ago is worse than none.
 *
 * A mention is a path or its last part (`mesh/optimizer.ts`, `optimizer.ts`). In documents paths
 * between backticks count, with or without `src/`, and folders, too (`gossamer/mesh/`).
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '..');

const listOf = (folder: string, ending: string): readonly string[] =>
  (readdirSync(join(ROOT, folder), { recursive: true }) as string[])
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name));

const sources = ['src', 'test', 'scripts'].flatMap((folder) => listOf(folder, '.ts'));
const known = new Set(
  sources.flatMap((file) => {
    const parts = file.split('/');
    return parts.map((_, index) => parts.slice(index).join('/'));
  }),
);

const MENTION = /\b((?:[a-z0-9-]+\/)*[a-z0-9-]+(?:\.test)?\.ts)\b/g;
/** Strings and templates too, because a glob in one looks like the start of a comment. */
const TOKEN = /'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|\/\*[\s\S]*?\*\/|\/\/.*$/gm;
const IN_BACKTICKS = /`([a-z0-9-]+(?:\/[a-z0-9.-]+)*\/?)`/g;
/** The first parts of paths in documents that are files of this repository. */
const ROOMS = new Set([...readdirSync(join(ROOT, 'src')), 'src', 'test', 'scripts', 'docs', 'web']);

const problems: string[] = [];

for (const file of sources) {
  const tokens = readFileSync(join(ROOT, file), 'utf8').match(TOKEN) ?? [];
  const comments = tokens.filter((token) => token.startsWith('/'));
  for (const [, mention = ''] of comments.join('\n').matchAll(MENTION)) {
    if (!known.has(mention)) problems.push(`${file} mentions ${mention}, which does not exist`);
  }
}

for (const file of ['README.md', ...listOf('docs', '.md')]) {
  const text = readFileSync(join(ROOT, file), 'utf8');
  for (const [, path = ''] of text.matchAll(IN_BACKTICKS)) {
    if (!path.includes('/') || !ROOMS.has(path.split('/')[0] ?? '')) continue;
    if (existsSync(join(ROOT, path)) || existsSync(join(ROOT, 'src', path))) continue;
    problems.push(`${file} mentions ${path}, which does not exist`);
  }
}

for (const problem of problems) console.error(problem);
console.log(`docs: ${sources.length} files, ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
