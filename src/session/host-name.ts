/**
 * Host names, as in DNS. A creator identity (§2.1: "the domain name of the agency that creates the
 * session") and the host of a rendezvous location follow the same rules.
 */
import { excerpt } from '../lib/excerpt.js';
import { bad, good, type Result } from '../lib/result.js';

const LENGTH_MAX = 253; // RFC 1035 §2.3.4, without the final dot
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * A host name in lower case. `what` names it in the problem, like "the creator identity".
 * Single labels (`campus`, `localhost`) are host names too.
 */
export function parseHostName(what: string, text: string): Result<string> {
  if (text === '') return bad(`${what} is missing`);
  if (text.length > LENGTH_MAX) {
    return bad(`${what} is ${text.length} characters long; at most ${LENGTH_MAX} are allowed`);
  }
  const name = text.toLowerCase();
  if (name.split('.').every((label) => LABEL.test(label))) return good(name);
  return bad(
    `${what} ${excerpt(text)} is not a host name: write letters, digits and "-", ` +
      'in labels of 1 to 63 characters, separated by "."',
  );
}
