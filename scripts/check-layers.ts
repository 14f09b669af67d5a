/**
 * Checks the import rules of the architecture (docs/architecture.md):
 * - a room imports only from the rooms listed for it, which are all below it;
 * - a pure room touches neither clock, network nor process, and imports only pure rooms;
 * - imports form no cycle, neither between files nor between folders;
 * - no package is imported dynamically by name: the bundle (build.ts) cannot name the exports of a
 *   CommonJS package then; a module of ours that imports it statically can be loaded late;
 * - a folder holds at most FOLDER_FILES_MAX files.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Room {
  readonly pure: boolean;
  /** The rooms that it may import besides itself. */
  readonly below: readonly string[];
}

const pure = (...below: string[]): Room => ({ pure: true, below });
const edge = (...below: string[]): Room => ({ pure: false, below });

const CORE = ['lib', 'session', 'gossamer', 'mp3', 'wire'];
/** What the siblings `scx`, `cluster` and `client` share. They never import each other. */
const SHARED = [
  ...CORE,
  'api',
  'icecast',
  'image',
  'rtp',
  'multicast',
  'runtime',
  'transcode',
  'http',
  'overlay',
];

const ROOMS: Readonly<Record<string, Room>> = {
  lib: pure(),
  session: pure('lib'),
  gossamer: pure('lib'),
  mp3: pure('lib'),
  image: pure('lib'),
  rtp: pure('lib'),
  wire: pure('lib', 'session', 'gossamer'),
  simulator: pure(...CORE),
  library: pure(...CORE, 'simulator'),
  multicast: pure('lib', 'gossamer', 'wire'),
  locating: pure('lib', 'gossamer'),
  api: pure(...CORE),
  icecast: pure('lib', 'session', 'mp3'),
  runtime: edge('lib', 'session'),
  transcode: edge('lib', 'session', 'mp3', 'runtime'),
  http: edge('lib', 'session', 'runtime'),
  overlay: edge(...CORE, 'api', 'runtime', 'http'),
  scx: edge(...SHARED),
  cluster: edge(...SHARED, 'locating'),
  redirector: edge('lib', 'session', 'gossamer', 'locating', 'api', 'runtime', 'http'),
  client: edge(...SHARED),
  cli: edge(...SHARED, 'simulator', 'scx', 'cluster', 'client', 'redirector'),
};

/** What makes a room impure. Comments and strings are not searched. */
const IMPURE: readonly (readonly [RegExp, string])[] = [
  [/\basync\b|\bawait\b|\bPromise\b/, 'waits'],
  [/\bDate\.now\b|\bnew Date\(\)|\bperformance\./, 'reads a clock'],
  [/\bset(Timeout|Interval|Immediate)\b|\bqueueMicrotask\b/, 'sets a timer'],
  [/\bMath\.random\b|\bcrypto\b/, 'draws unrepeatable numbers'],
  [/\bprocess\./, 'looks at the process'],
  [/\bEventEmitter\b|\bEventTarget\b/, 'emits events'],
];

/** Used by their default export only; tsx is for development. */
const DYNAMIC_DEFAULTS = ['pino-pretty', 'tsx/esm/api'];

/** "At most about 15 files in any folder": a chapter that is still surveyed at a glance. */
const FOLDER_FILES_MAX = 16;

const source = resolve(dirname(fileURLToPath(import.meta.url)), '../src');
const files = (readdirSync(source, { recursive: true }) as string[])
  .filter((name) => name.endsWith('.ts'))
  .map((name) => join(source, name));
const problems: string[] = [];

/** A directed graph of paths relative to `src`. */
type Graph = Map<string, Set<string>>;
const fileImports: Graph = new Map();
const folderImports: Graph = new Map();

const nameOf = (file: string): string => relative(source, file);
const roomOf = (file: string): string => nameOf(file).split('/')[0] ?? '';
const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');
const withoutStrings = (text: string): string =>
  text.replace(/'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g, "''");

function addArrow(graph: Graph, from: string, to: string): void {
  if (from !== to) graph.set(from, (graph.get(from) ?? new Set()).add(to));
}

function checkImport(file: string, specifier: string): void {
  const room = roomOf(file);
  if (specifier.startsWith('node:')) {
    if (ROOMS[room]?.pure) problems.push(`${nameOf(file)}: a pure room imports ${specifier}`);
    return;
  }
  if (!specifier.startsWith('.')) return;
  const target = resolve(dirname(file), specifier.replace(/\.js$/, '.ts'));
  addArrow(fileImports, nameOf(file), nameOf(target));
  addArrow(folderImports, nameOf(dirname(file)), nameOf(dirname(target)));
  const other = roomOf(target);
  if (other === room || ROOMS[room]?.below.includes(other)) return;
  problems.push(`${nameOf(file)}: ${room} may not import from ${other}`);
}

function checkFile(file: string): void {
  const text = withoutComments(readFileSync(file, 'utf8'));
  const room = ROOMS[roomOf(file)];
  if (room === undefined) problems.push(`${nameOf(file)}: the design has no such room`);
  for (const match of text.matchAll(/(?:from|import\()\s*'([^']+)'/g)) {
    checkImport(file, match[1] as string);
  }
  for (const [, name = ''] of text.matchAll(/import\('([^'.][^']*)'\)/g)) {
    if (DYNAMIC_DEFAULTS.includes(name)) continue;
    problems.push(`${nameOf(file)}: imports the package ${name} dynamically`);
  }
  if (!room?.pure) return;
  const code = withoutStrings(text);
  for (const [pattern, what] of IMPURE) {
    if (pattern.test(code)) problems.push(`${nameOf(file)}: a pure room ${what}`);
  }
}

/** Depth-first search; each cycle is reported once, at the arrow that closes it. */
function checkCycles(graph: Graph, what: string): void {
  const state = new Map<string, 'open' | 'done'>();
  const visit = (node: string, trail: readonly string[]): void => {
    if (state.get(node) === 'done') return;
    if (state.get(node) === 'open') {
      const cycle = [...trail.slice(trail.indexOf(node)), node];
      problems.push(`${what} import each other in a cycle: ${cycle.join(' > ')}`);
      return;
    }
    state.set(node, 'open');
    for (const target of graph.get(node) ?? []) visit(target, [...trail, node]);
    state.set(node, 'done');
  };
  for (const node of graph.keys()) visit(node, []);
}

function checkFolderSizes(): void {
  const sizes = new Map<string, number>();
  for (const file of files) {
    const folder = nameOf(dirname(file));
    sizes.set(folder, (sizes.get(folder) ?? 0) + 1);
  }
  for (const [folder, size] of sizes) {
    if (size > FOLDER_FILES_MAX) {
      problems.push(`${folder}: ${size} files, at most ${FOLDER_FILES_MAX}: split it by meaning`);
    }
  }
}

for (const room of Object.values(ROOMS)) {
  const impure = room.pure ? room.below.filter((name) => !ROOMS[name]?.pure) : [];
  if (impure.length > 0) problems.push(`a pure room may import ${impure.join(', ')}`);
}
for (const file of files) checkFile(file);
checkCycles(fileImports, 'files');
checkCycles(folderImports, 'folders');
checkFolderSizes();
for (const problem of problems) console.error(problem);
console.log(`layers: ${files.length} files, ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
