/** Programs that a test starts, whose output it keeps, and that it waits for. */
import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

export const ROOT = resolve(import.meta.dirname, '../../..');
export const CLIP = resolve(ROOT, 'web/demo/clip.mp3');

/** A process that has been started; its output is kept, up to a limit. */
export interface Running {
  readonly child: ChildProcess;
  readonly pid: number;
  stdout(): string;
  stderr(): string;
  /** Waits for a line of stdout or stderr. */
  line(pattern: RegExp, withinMs?: number): Promise<RegExpMatchArray>;
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>;
}

/** Of each stream of a process, bytes. */
const OUTPUT_MAX = 4 * 1024 * 1024;
/** A busy machine takes ten times as long as a quiet one. */
const WITHIN_MS = 45_000;
/** A check may ask a server: it is repeated at once at first, and then less often. */
const CHECK_MS = { first: 20, longest: 100, growth: 1.3 } as const;

/**
 * Waits until a check returns a value other than false and undefined, and returns that. A check
 * that throws has no value yet. Rejects after `withinMs`.
 */
export async function until<T>(
  what: string,
  check: () => Promise<T | undefined | false> | T | undefined | false,
  withinMs = WITHIN_MS,
): Promise<T> {
  const end = Date.now() + withinMs;
  for (let waitMs: number = CHECK_MS.first; ; waitMs *= CHECK_MS.growth) {
    const found = await Promise.resolve(check()).catch(() => undefined);
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`waited ${withinMs} ms in vain for ${what}`);
    await pause(Math.min(waitMs, CHECK_MS.longest));
  }
}

export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Starts any program in the repository's root. */
export function start(program: string, args: readonly string[], env?: NodeJS.ProcessEnv): Running {
  const child = spawn(program, args, { cwd: ROOT, env: env ?? process.env, stdio: 'pipe' });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    if (stdout.length < OUTPUT_MAX) stdout += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    if (stderr.length < OUTPUT_MAX) stderr += chunk;
  });
  let isOver = false;
  const exited = new Promise<{ code: number | null; signal: string | null }>((done) => {
    child.on('error', (error) => {
      stderr += String(error);
      done({ code: null, signal: null });
    });
    child.on('close', (code, signal) => done({ code, signal }));
  }).finally(() => {
    isOver = true;
  });

  const line: Running['line'] = async (pattern, withinMs = WITHIN_MS) => {
    const find = () => stdout.match(pattern) ?? stderr.match(pattern) ?? undefined;
    const what = `${pattern} from ${program} ${args.join(' ')}`;
    const found = await until(what, () => find() ?? (isOver && null), withinMs).catch(() => null);
    if (found !== null) return found;
    const why = isOver ? 'it has ended without' : `waited ${withinMs} ms in vain for`;
    throw new Error(`${why} ${what}; it said: ${stdout.slice(-2000)} ${stderr.slice(-4000)}`);
  };
  return {
    child,
    pid: child.pid ?? Number.NaN,
    stdout: () => stdout,
    stderr: () => stderr,
    exited,
    line,
  };
}
