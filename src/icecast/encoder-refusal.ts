/**
 * What an encoder is answered when it is refused. Encoders understand few statuses, those that
 * Icecast sends: 401 is a wrong password, which their users must correct; 403 is "mountpoint in use"
 * or "too many sources", after which the patient ones wait and try again. Most give up for good on
 * any other status, and most show their users the status line and nothing else. So everything that
 * passes by itself is a 403, and the sentence is the reason phrase as well as the body. The table
 * in docs/broadcasting.md says what each encoder makes of it.
 */

/** An answer for `sendAnswer`. */
export interface EncoderRefusal {
  readonly status: number;
  readonly body: string;
  readonly fields: Readonly<Record<string, string | number | undefined>>;
  readonly reason: string;
}

/** Header fields with the methods that encoders may use. */
export const ALLOW = { Allow: 'GET, PUT, OPTIONS, SOURCE' };
/** Header fields of a 401. */
const CHALLENGE = { ...ALLOW, 'WWW-Authenticate': 'Basic realm="scattercast"' };

/** Icecast's own words: encoders and their users know them. */
const IN_USE = 'Mountpoint in use';

/** A refusal that lasts; `sentence` says what to change. */
export const encoderRefusal = (
  status: number,
  sentence: string,
  fields: EncoderRefusal['fields'] = {},
): EncoderRefusal => ({ status, body: `${sentence}\n`, fields, reason: sentence });

/** The password is missing or wrong. */
export const loginRefusal = (sentence: string): EncoderRefusal =>
  encoderRefusal(401, sentence, CHALLENGE);

/** Another source has the mount; `advice` says how to get another one. */
export const mountInUse = (advice: string): EncoderRefusal => ({
  ...encoderRefusal(403, `${IN_USE}. ${advice}`),
  reason: IN_USE,
});

/** A refusal that passes by itself, perhaps within `retryAfterS` seconds. */
export const tryAgain = (sentence: string, retryAfterS?: number): EncoderRefusal =>
  encoderRefusal(403, sentence, { 'Retry-After': retryAfterS });

/** The refusal for a status that HTTP has for it; what is the server's fault passes by itself. */
export function refusalFor(status: number, sentence: string, retryAfterS?: number): EncoderRefusal {
  if (status === 401) return loginRefusal(sentence);
  return status >= 500 ? tryAgain(sentence, retryAfterS) : encoderRefusal(status, sentence);
}
