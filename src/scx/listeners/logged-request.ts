/**
 * The facts about a listener's request that the access log wants when the listener ends, perhaps days
 * later. They are copies: a part of a string keeps the whole string in memory, here the request's head.
 */
import type { AccessEntry } from '../../http/server/access-log.js';

/** The facts about a request that are logged, from its beginning. */
export type LoggedRequest = Omit<AccessEntry, 'status' | 'bytes' | 'durationMs'>;

const copyOf = (text: string): string => Buffer.from(text).toString();

const copyOfAny = (text: string | undefined): string | undefined => text && copyOf(text);

/** A copy that keeps nothing else in memory. */
export const copied = (request: LoggedRequest): LoggedRequest => ({
  address: copyOf(request.address),
  method: copyOf(request.method),
  target: copyOf(request.target),
  protocol: copyOf(request.protocol),
  referer: copyOfAny(request.referer),
  agent: copyOfAny(request.agent),
});
