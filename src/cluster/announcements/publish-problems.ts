/** What publishers are told when it does not work. */
import type { Request, Response } from 'express';
import { type Problem, problem, sendProblem } from '../web/problem.js';
import { ANNOUNCEMENTS_MAX, type PutResult } from './announcement-store.js';

const DISK_FULL: readonly (string | undefined)[] = ['ENOSPC', 'EDQUOT', 'EFBIG'];

const TOO_MANY =
  `This cluster holds ${ANNOUNCEMENTS_MAX} announcements, which is its limit: ` +
  'unpublish one of them first.';

export function diskProblem({ code }: NodeJS.ErrnoException): Problem {
  if (DISK_FULL.includes(code)) return problem(507, "The cluster's disk is full.");
  return problem(500, `The cluster cannot write to its data directory (${code}).`);
}

/** Why it was not stored; undefined if it was. */
export function putProblem(result: PutResult): Problem | undefined {
  if (result.kind === 'failed') return diskProblem(result.error);
  if (result.kind === 'tooMany') return problem(507, TOO_MANY);
  if (result.kind === 'overtaken') return problem(409, 'Somebody else has just changed it.');
  return undefined;
}

/** Answers who may not do that. */
export function sendDenial(request: Request, response: Response, denial: Problem): void {
  if (denial.status === 401) response.set('WWW-Authenticate', 'Bearer');
  sendProblem(request, response, denial);
}
