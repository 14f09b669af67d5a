/** The problems that publishers are answered with when the store refuses or fails. */
import { type Problem, problem } from '../web/problem.js';
import { ANNOUNCEMENTS_MAX, type PutResult } from './announcement-store.js';

const DISK_FULL: readonly (string | undefined)[] = ['ENOSPC', 'EDQUOT', 'EFBIG'];

const TOO_MANY =
  `This cluster holds ${ANNOUNCEMENTS_MAX} announcements, which is its limit: ` +
  'unpublish one of them first.';
const OVERTAKEN = 'Another request has just changed it: read it again, then repeat your change.';
const OTHER_KEY =
  'This name is announced here with another key. If the session is yours, announce it with its ' +
  'admin token (announce --token). If the token is lost, remove the announcement first: the ' +
  "cluster's operator may, with announce --remove.";
const OLDER =
  'A newer announcement of this session, or another one of the same time, is published here: ' +
  'announce it again, which signs it anew.';
const WITHDRAWN =
  'This announcement was withdrawn here, or is older than one that was: announce the session ' +
  'again, which signs it anew.';

export function diskProblem({ code }: NodeJS.ErrnoException): Problem {
  if (DISK_FULL.includes(code)) {
    return problem(507, "The cluster's disk is full: its operator must make room.");
  }
  return problem(500, `The cluster cannot write to its data directory (${code}).`);
}

/** Why the store did not take it; undefined if it did. */
export function putProblem(result: PutResult): Problem | undefined {
  switch (result.kind) {
    case 'created':
    case 'replaced':
      return undefined;
    case 'failed':
      return diskProblem(result.error);
    case 'tooMany':
      return problem(507, TOO_MANY);
    case 'overtaken':
      return problem(409, OVERTAKEN);
    case 'otherKey':
      return problem(409, OTHER_KEY);
    case 'older':
      return problem(409, OLDER);
    case 'withdrawn':
      return problem(409, WITHDRAWN);
  }
}
