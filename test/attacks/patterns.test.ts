/**
 * Every regular expression in `src` takes time that is linear in the length of the text. A stranger
 * who finds one that is not stops a process with one request: a header of 16 kB cost an SCX 150 ms.
 * `recheck` decides it for each pattern by its automaton, and says which text is slow.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type Expression, parseSync, Visitor } from 'oxc-parser';
import { expect, test } from 'vitest';

/** What the check says of a pattern. */
interface Diagnosis {
  readonly status: 'safe' | 'vulnerable' | 'unknown';
  readonly attack?: { readonly pattern: string };
}

/** A CommonJS package, of which one function is used. */
interface Recheck {
  checkSync(source: string, flags: string, options: object): Diagnosis;
}

const require = createRequire(import.meta.url);
const { checkSync } = require('recheck') as Recheck;

const SOURCE = join(import.meta.dirname, '../../src');

/** Patterns that are composed of strings, which the parser does not see. `parsing` measures them. */
const COMPOSED = ['lib/plain-text.ts', 'mp3/tags/legacy-text.ts'];

interface Pattern {
  readonly source: string;
  readonly flags: string;
}

interface Found {
  readonly literals: readonly Pattern[];
  readonly isComposed: boolean;
}

function patternsIn(file: string): Found {
  const { program } = parseSync(file, readFileSync(join(SOURCE, file), 'utf8'));
  const literals: Pattern[] = [];
  let isComposed = false;
  const note = (callee: Expression): void => {
    if (callee.type === 'Identifier' && callee.name === 'RegExp') isComposed = true;
  };
  new Visitor({
    Literal: (node) => {
      if (!('regex' in node)) return;
      literals.push({ source: node.regex.pattern, flags: node.regex.flags });
    },
    NewExpression: ({ callee }) => note(callee),
    CallExpression: ({ callee }) => note(callee),
  }).visit(program);
  return { literals, isComposed };
}

const FILES = (readdirSync(SOURCE, { recursive: true }) as string[])
  .filter((name) => name.endsWith('.ts'))
  .sort();

/** Undefined if it is linear. */
function problemOf({ source, flags }: Pattern): string | undefined {
  const result = checkSync(source, flags, { randomSeed: 1, timeout: 100_000 });
  if (result.status === 'safe') return undefined;
  return `/${source}/${flags} is ${result.status}: ${result.attack?.pattern}`;
}

test('The check knows linear patterns from others', () => {
  expect(problemOf({ source: '^[a-z]+:', flags: '' })).toBeUndefined();
  expect(problemOf({ source: '^a[ \\t]*(.*?)[ \\t]*$', flags: '' })).toContain('vulnerable');
  expect(problemOf({ source: ';[^/]*$', flags: '' })).toContain('vulnerable');
});

test('Every regular expression is linear in the length of the text', () => {
  const all = FILES.flatMap((file) => patternsIn(file).literals);
  const distinct = new Map(all.map((pattern) => [`/${pattern.source}/${pattern.flags}`, pattern]));
  expect(distinct.size).toBeGreaterThan(100);
  expect([...distinct.values()].flatMap((pattern) => problemOf(pattern) ?? [])).toEqual([]);
}, 300_000);

test('Regular expressions are written as literals, which can be checked', () => {
  expect(FILES.filter((file) => patternsIn(file).isComposed)).toEqual(COMPOSED);
});

test('URLs are parsed by urlOf, because canParse is wrong about some texts', () => {
  const callers = FILES.filter((file) =>
    /^(?! \*).*URL\.canParse/m.test(readFileSync(join(SOURCE, file), 'utf8')),
  );
  expect(callers).toEqual([]);
});
