/**
 * The import rules of the architecture, checked: rooms may only import from rooms below them, pure
 * rooms touch neither clock nor network nor process, and no import goes in a circle.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const PURE = ['lib', 'session', 'gossamer', 'wire', 'mp3', 'simulator'];
/** What each room may import besides itself. */
const BELOW: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  session: ['lib'],
  gossamer: ['lib'],
  mp3: ['lib'],
  wire: ['lib', 'session', 'gossamer'],
  simulator: ['lib', 'session', 'gossamer', 'wire', 'mp3'],
  overlay: ['lib', 'session', 'gossamer', 'wire', 'mp3'],
  scx: ['lib', 'session', 'gossamer', 'wire', 'mp3', 'overlay'],
  cluster: ['lib', 'session', 'gossamer', 'wire', 'mp3', 'overlay', 'scx'],
  client: ['lib', 'session', 'gossamer', 'wire', 'mp3', 'overlay', 'scx'],
  cli: [...PURE, 'overlay', 'scx', 'cluster', 'client'],
};
/** What makes a room impure. Comments and strings are not searched. */
const IMPURE: readonly (readonly [RegExp, string])[] = [
  [/\basync\b|\bawait\b|\bPromise\b/, 'waits'],
  [/\bDate\.now\b|\bnew Date\b|\bperformance\./, 'reads a clock'],
  [/\bset(Timeout|Interval|Immediate)\b|\bqueueMicrotask\b/, 'sets a timer'],
  [/\bMath\.random\b|\bcrypto\b/, 'draws unrepeatable numbers'],
  [/\bprocess\./, 'looks at the process'],
  [/\bEventEmitter\b|\bEventTarget\b/, 'emits events'],
];

const source = resolve(dirname(fileURLToPath(import.meta.url)), '../src');
const files = (readdirSync(source, { recursive: true }) as string[])
  .filter((name) => name.endsWith('.ts'))
  .map((name) => join(source, name));
const problems: string[] = [];
const imports = new Map<string, string[]>();

const roomOf = (file: string): string => relative(source, file).split('/')[0] ?? '';
const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');
const withoutStrings = (text: string): string =>
  text.replace(/'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g, "''");

function checkImport(file: string, specifier: string): void {
  const room = roomOf(file);
  const name = relative(source, file);
  if (specifier.startsWith('node:')) {
    if (PURE.includes(room)) problems.push(`${name}: a pure room imports ${specifier}`);
    return;
  }
  if (!specifier.startsWith('.')) return;
  const target = resolve(dirname(file), specifier.replace(/\.js$/, '.ts'));
  imports.set(file, [...(imports.get(file) ?? []), target]);
  const other = roomOf(target);
  if (other === room || BELOW[room]?.includes(other)) return;
  problems.push(`${name}: ${room} may not import from ${other}`);
}

function checkFile(file: string): void {
  const text = withoutComments(readFileSync(file, 'utf8'));
  const room = roomOf(file);
  if (!(room in BELOW)) problems.push(`${relative(source, file)}: no such room in the design`);
  for (const match of text.matchAll(/(?:from|import\()\s*'([^']+)'/g)) {
    checkImport(file, match[1] as string);
  }
  if (!PURE.includes(room)) return;
  const code = withoutStrings(text);
  for (const [pattern, what] of IMPURE) {
    if (pattern.test(code)) problems.push(`${relative(source, file)}: a pure room ${what}`);
  }
}

function checkCycles(): void {
  const state = new Map<string, 'open' | 'done'>();
  const visit = (file: string, trail: readonly string[]): void => {
    if (state.get(file) === 'done') return;
    if (state.get(file) === 'open') {
      const circle = [...trail.slice(trail.indexOf(file)), file];
      problems.push(`imports in a circle: ${circle.map((f) => relative(source, f)).join(' > ')}`);
      return;
    }
    state.set(file, 'open');
    for (const target of imports.get(file) ?? []) visit(target, [...trail, file]);
    state.set(file, 'done');
  };
  for (const file of files) visit(file, []);
}

for (const file of files) checkFile(file);
checkCycles();
for (const problem of problems) console.error(problem);
console.log(`layers: ${files.length} files, ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
