/**
 * `POST /entries` and `POST /entries/own` (api/directory/entries.ts): the SCX of the directory session tells what it has
 * got, and waits for our own entries. Both sides prove that they know the cluster's secret.
 */
import { type Request, type Response, Router } from 'express';
import {
  askOwnSchema,
  ENTRIES_PATH,
  entryIn,
  entryText,
  OWN_ENTRIES_PATH,
  OWN_ENTRIES_WAIT_MS,
  type OwnEntries,
  type ToldEntries,
  toldEntriesSchema,
} from '../../api/directory/entries.js';
import type { Entry } from '../../gossamer/core/entry.js';
import { PROOF_FIELD, type ProofCheck } from '../../http/cluster-proof.js';
import { isProven, tellClock } from '../data/lease-secret.js';
import { jsonReader, type Refusal, route } from '../web/methods.js';
import { type Problem, problem } from '../web/problem.js';

export interface EntryDependencies {
  readonly proofs: ProofCheck;
  /** Tells a new front end from an earlier one. */
  readonly instance: string;
  /** The id of the directory session; undefined: this cluster takes part in none. */
  session(): string | undefined;
  onTold(entries: readonly Entry[], place: ToldEntries['place']): void;
  own(): { readonly version: string; readonly entries: readonly Entry[] };
  /** Resolves when there are newer entries of our own, or after a while. */
  changed(withinMs: number): Promise<void>;
}

const NOT_OURS = problem(401, 'Only the SCXs of this cluster may tell entries.');
const NO_DIRECTORY = 'This front end takes no part in that directory.\n';

const BYTES_MAX = 1024 * 1024;
const malformed = (mistakes: readonly string[]) =>
  problem(400, 'Malformed entries:', mistakes.slice(0, 5));

const readTold = jsonReader(toldEntriesSchema, BYTES_MAX, malformed);
const readAsked = jsonReader(askOwnSchema, BYTES_MAX, malformed);

function answer(
  { proofs }: EntryDependencies,
  request: Request,
  response: Response,
  [code, body]: readonly [number, string],
): undefined {
  response.set(PROOF_FIELD, proofs.answerTo(request.get(PROOF_FIELD), code, body));
  response
    .status(code)
    .type(code === 200 ? 'application/json' : 'text/plain')
    .send(body);
}

function refused(response: Response, why: Problem): Problem {
  if (why === NOT_OURS) tellClock(response);
  return why;
}

async function takeTold(dependencies: EntryDependencies, request: Request, response: Response) {
  const { proofs, instance, session, onTold } = dependencies;
  const told = await readTold(request, response, (body) =>
    isProven(proofs, request, body) ? undefined : NOT_OURS,
  );
  if (!told.ok) return refused(response, told.problem);
  if (told.value.session !== session()) {
    return answer(dependencies, request, response, [404, NO_DIRECTORY]);
  }
  onTold(told.value.entries.map(entryIn), told.value.place);
  return answer(dependencies, request, response, [200, JSON.stringify({ instance })]);
}

async function giveOwn(
  dependencies: EntryDependencies,
  request: Request,
  response: Response,
): Promise<Refusal> {
  const { proofs, session, own, changed } = dependencies;
  const asked = await readAsked(request, response, (body) =>
    isProven(proofs, request, body) ? undefined : NOT_OURS,
  );
  if (!asked.ok) return refused(response, asked.problem);
  if (asked.value.session !== session()) {
    return answer(dependencies, request, response, [404, NO_DIRECTORY]);
  }
  if (own().version === asked.value.version) await changed(OWN_ENTRIES_WAIT_MS);
  const { version, entries } = own();
  const body: OwnEntries = { version, entries: entries.map(entryText) };
  return answer(dependencies, request, response, [200, JSON.stringify(body)]);
}

/** The routes of the SCX that takes part in the directory. */
export function entryRoutes(dependencies: EntryDependencies): Router {
  const router = Router({ caseSensitive: true });
  route(router, ENTRIES_PATH, {
    POST: (request, response) => takeTold(dependencies, request, response),
  });
  route(router, OWN_ENTRIES_PATH, {
    POST: (request, response) => giveOwn(dependencies, request, response),
  });
  return router;
}
