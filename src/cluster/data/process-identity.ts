/**
 * Identifies a process by its id and start time. Ids are reused, soon after a reboot, so a file
 * that names a process also contains the boot and the clock tick of its start (proc(5), field 22 of
 * /proc/PID/stat). Where there is no /proc (macOS) the start time is unknown, and any live process
 * with the id is taken for the same one.
 */
import { existsSync, readFileSync } from 'node:fs';

const UNKNOWN = 'unknown';
const HAS_PROC = existsSync('/proc/self/stat');

function readIfAny(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function answersSignals(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The birth of a live process; undefined if there is no such process, or only its zombie. */
export function birthOf(pid: number): string | undefined {
  if (!HAS_PROC) return answersSignals(pid) ? UNKNOWN : undefined;
  const stat = readIfAny(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The command's name may contain anything, so fields are counted from its closing bracket.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, ticks] = [fields[0], fields[19]];
  if (state === 'Z' || state === 'X' || ticks === undefined) return undefined;
  return `${readIfAny('/proc/sys/kernel/random/boot_id')?.trim() ?? ''}:${ticks}`;
}

/** Whether the process with this id and birth is still alive. */
export const isAlive = (pid: number, birth: string): boolean => birthOf(pid) === birth;

/** The arguments of a process; undefined where they cannot be read. */
export function argumentsOf(pid: number): readonly string[] | undefined {
  if (!HAS_PROC) return undefined;
  return (readIfAny(`/proc/${pid}/cmdline`) ?? '').split('\0');
}
