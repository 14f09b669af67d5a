/**
 * Processor time, memory and core of a process, and the load of the machine. Linux only: it reads
 * /proc.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** Ticks of utime and stime in a second: USER_HZ, which is 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** Processor time of all threads, user and system, s. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is a name in parentheses, and may hold anything; 14 and 15 are what we want.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/**
 * User memory that no other process shares, bytes. What sockets hold in the kernel is not in it.
 */
export function privateBytes(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const parts = [...rollup.matchAll(/^Private_\w+:\s+(\d+) kB$/gm)];
  return parts.reduce((sum, [, kilobytes]) => sum + Number(kilobytes) * 1024, 0);
}

/**
 * Puts a process with all its threads on one core. Where there is one core only, or no taskset, it
 * stays where the system puts it: the processor times are right anyway, the waits are longer.
 */
export function pin(pid: number, core: number): void {
  if (availableParallelism() <= core) return;
  try {
    execFileSync('taskset', ['-a', '-p', '-c', String(core), String(pid)], { stdio: 'pipe' });
  } catch {
    console.error(`taskset cannot put process ${pid} on core ${core}`);
  }
}

/** The machine's load average over a minute. */
export const loadAverage = (): number =>
  Number(readFileSync('/proc/loadavg', 'utf8').split(' ')[0]);

/** The limit of open files of a process of ours. */
export function openFilesMax(): number {
  const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
  return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft);
}
