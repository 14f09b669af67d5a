/**
 * What an SCX answers to an encoder that is carried to it, and what it means when it ends the connection
 * (api/header-fields.ts: CARRIED_FIELD): an objection, which the next SCX has as well; that it is leaving;
 * or nothing, and then it has died.
 */

export interface ScxAnswers {
  /** Takes what has come; returns whether the encoder may be sent it. */
  take(bytes: Uint8Array): boolean;
  /** After the end of the connection. */
  verdict(): 'over' | 'leaving' | 'lost';
  /** The answer that came last, in Latin 1; '' without one. */
  last(): string;
}

const BYTES_MAX = 8192; // sentences are short
const STATUS = /^HTTP\/1\.[01] (\d{3})/gm;

/** Reads the answers on one connection; `method`: of the encoder's request. */
export function readScxAnswers(method: string): ScxAnswers {
  let text = '';
  /** A stream that began with SOURCE is answered at its beginning, and encoders read nothing after that. */
  const isGreeted = (): boolean => method !== 'PUT' && /^HTTP\/1\.[01] 200 .*\r\n\r\n/s.test(text);

  return {
    take: (bytes) => {
      const isForEncoder = !isGreeted();
      if (text.length < BYTES_MAX) text += Buffer.from(bytes).toString('latin1');
      return isForEncoder;
    },
    verdict: () => {
      const statuses = [...text.matchAll(STATUS)].map(([, status]) => Number(status));
      const [first, second] = statuses.filter((status) => status !== 100);
      if (first === 403 && /^retry-after:/im.test(text)) return 'leaving';
      const last = method === 'PUT' || first !== 200 ? first : second;
      return last === undefined ? 'lost' : 'over';
    },
    last: () => text.slice(Math.max(0, text.lastIndexOf('HTTP/1.'))),
  };
}
