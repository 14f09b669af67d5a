/** The problems that publishers are answered with when the store refuses or fails. */
import { type Problem, problem } from '../web/problem.js';
import { ANNOUNCEMENTS_MAX, type PutResult } from './announcement-store.js';

const DISK_FULL: readonly (string | undefined)[] = ['ENOSPC', 'EDQUOT', 'EFBIG'];

const TOO_MANY =
  `This cluster holds ${ANNOUNCEMENTS_MAX} announcements, which is its limit: ` +
  'unpublish one of them first.';
const OVERTAKEN = 'Another request has just changed it: read it again, then repeat your change.';

export function diskProblem({ code }: NodeJS.ErrnoException): Problem {
  if (DISK_FULL.includes(code)) {
    return problem(507, "The cluster's disk is full: its operator must make room.");
  }
  return problem(500, `The cluster cannot write to its data directory (${code}).`);
}

/** Why the store did not take it; undefined if it did. */
export function putProblem(result: PutResult): Problem | undefined {
  if (result.kind === 'failed') return diskProblem(result.error);
  if (result.kind === 'tooMany') return problem(507, TOO_MANY);
  return result.kind === 'overtaken' ? problem(409, OVERTAKEN) : undefined;
}
