/**
 * The source keys of a session: who may broadcast. Each belongs to a source password, of the station
 * or of one DJ, and is derived from it (runtime/signing-key.ts). The announcement lists the public
 * halves, so every SCX can check who broadcasts, and taking one out of the list takes the right
 * back.
 *
 * In the announcement: `<radio:SOURCE name="station" key="..." priority="255" until="..."/>`.
 */
import { excerpt } from '../lib/excerpt.js';
import { parseInstant } from '../lib/instant.js';
import { parsePlainText } from '../lib/plain-text.js';
import { bad, good, type Result } from '../lib/result.js';
import { isPublicKey, type PublicKey } from './public-key.js';

/** The public half of a source key, and what it allows. */
export interface SourceKey {
  /** Of the station or the DJ; distinct in a session. 1 to SOURCE_NAME_LENGTH_MAX characters. */
  readonly name: string;
  readonly key: PublicKey;
  /** The highest priority that its sources may have, 0 to 255. */
  readonly priorityMax: number;
  /** When the right ends, ms since 1970; absent: never. */
  readonly untilMs?: number;
}

/** The name of the station's own key. */
export const STATION_SOURCE = 'station';
/** The name of the key with which clusters play the session's fallback file. */
export const FALLBACK_SOURCE = 'fallback';

export const SOURCE_KEYS_MAX = 16;
/** Guess: a name on a line of `status`. */
export const SOURCE_NAME_LENGTH_MAX = 40;
export const SOURCE_PRIORITY_MAX = 255;

/** The name of a source key as a person gives it. */
export function parseSourceName(text: string): Result<string> {
  const name = parsePlainText("a source's name", text, SOURCE_NAME_LENGTH_MAX);
  return name.ok && name.value === '' ? bad("a source's name must not be empty") : name;
}

/** A whole number from 0 to 255. */
function parseSourcePriority(text: string): Result<number> {
  const value = /^(0|[1-9][0-9]{0,2})$/.test(text) ? Number(text) : Number.NaN;
  if (value <= SOURCE_PRIORITY_MAX) return good(value);
  return bad(
    `a source's priority must be a whole number from 0 to ${SOURCE_PRIORITY_MAX}, ` +
      `got ${excerpt(text)}`,
  );
}

/** Reads a public key; the problem does not quote a bad one, which may be a password. */
export const parsePublicKey = (what: string, text: string): Result<PublicKey> =>
  isPublicKey(text) ? good(text) : bad(`${what} must be 43 characters of base64url`);

/** The key of this name or public key; undefined if the session has none. */
export const findSource = (
  sources: readonly SourceKey[],
  wanted: Partial<Pick<SourceKey, 'name' | 'key'>>,
): SourceKey | undefined =>
  sources.find(({ name, key }) => name === wanted.name || key === wanted.key);

/** Whether a key's right has ended; `nowMs` since 1970. */
export const hasEnded = ({ untilMs }: SourceKey, nowMs: number): boolean =>
  untilMs !== undefined && nowMs >= untilMs;

/** Tells which keys are listed and have not ended; `nowMs` since 1970. */
export const isListed =
  (sources: readonly SourceKey[], nowMs: number) =>
  (key: PublicKey): boolean =>
    sources.some((source) => source.key === key && !hasEnded(source, nowMs));

/** Reads the attributes of one `SOURCE`. */
export function parseSource(attributes: ReadonlyMap<string, string>): Result<SourceKey> {
  const of = (name: string): string => attributes.get(name) ?? '';
  const name = parseSourceName(of('name'));
  const key = parsePublicKey("a source's key", of('key'));
  const priorityMax = parseSourcePriority(of('priority'));
  const until = attributes.has('until')
    ? parseInstant("a source's end", of('until'))
    : good(undefined);
  if (name.ok && key.ok && priorityMax.ok && until.ok) {
    const source = { name: name.value, key: key.value, priorityMax: priorityMax.value };
    return good(until.value === undefined ? source : { ...source, untilMs: until.value });
  }
  return bad(...[name, key, priorityMax, until].flatMap((part) => (part.ok ? [] : part.problems)));
}
