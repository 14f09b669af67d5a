/**
 * Chooses the source key of an announcement that is published. The publisher's document may contain
 * one. Otherwise a session that is new here gets a password, which only the answer contains, and a
 * session that is published again keeps its key.
 */

import type { PasswordChoice } from '../../api/publishing.js';
import { good } from '../../lib/result.js';
import { drawPassword, hashSecret } from '../../runtime/secrets.js';
import { type OrProblem, problem, refused } from '../web/problem.js';
import { addSourceKey, type Keyed } from './add-source-key.js';
import type { Published } from './announcement-store.js';

/** The document, and the password if that is new. */
interface Choice {
  readonly document: Keyed;
  readonly password?: string;
}

const OWN_KEY = 'The announcement carries a source key of its own: publish it without ?password=.';

function withKey(xml: string, key: string): OrProblem<Choice> {
  const added = addSourceKey(xml, key);
  if (added.ok) return good({ document: added.value });
  return refused(problem(422, 'The announcement is not valid:', added.problems));
}

function withNewPassword(xml: string): OrProblem<Choice> {
  const password = drawPassword();
  const choice = withKey(xml, hashSecret(password));
  return choice.ok ? good({ ...choice.value, password }) : choice;
}

/** The document to store. `before`: what it replaces. */
export function chooseSourceKey(
  document: Published,
  before: Published | undefined,
  wanted: PasswordChoice | undefined,
): OrProblem<Choice> {
  if (document.announcement.sourceKey !== undefined) {
    return wanted === undefined ? good({ document }) : refused(problem(422, OWN_KEY));
  }
  if (wanted === 'new') return withNewPassword(document.xml);
  const kept = before?.announcement.sourceKey;
  return kept === undefined ? withNewPassword(document.xml) : withKey(document.xml, kept);
}
