/**
 * The kinds of values that options take. A value comes as text from a flag or an environment
 * variable, and as JSON from the configuration file. Both are read by the same schema, and a
 * problem says what is expected: `must be a whole number from 0 to 65535, got "x"`.
 *
 * Here are numbers, texts and switches; addresses and the simulator's values have files of their
 * own.
 */
import { z } from 'zod';
import { BITRATES_KBPS, type BitrateKbps } from '../../client/encode/encode-job.js';

/** A schema of one option's value. */
export type Value<Read> = z.ZodType<Read>;

/** The end of a message: the value that was given. */
const quoted = (raw: unknown): string => `, got ${JSON.stringify(raw)?.slice(0, 80)}`;

/** The end of a message about a value that may contain a password. */
export const unquoted = (): string => '';

/**
 * A value that `read` understands. When `read` returns undefined, the message is `must be` and
 * `expected`, followed by what `quote` makes of the value.
 */
export function expecting<Read>(
  expected: string,
  read: (raw: unknown) => Read | undefined,
  quote: (raw: unknown) => string = quoted,
): Value<Read> {
  return z.unknown().transform((raw, context) => {
    const value = read(raw);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: `must be ${expected}${quote(raw)}` });
    return z.NEVER;
  });
}

/** The number that a decimal text stands for; anything else unchanged. */
export const toNumber = (raw: unknown): number =>
  typeof raw === 'string' && /^\d+(\.\d+)?$/.test(raw) ? Number(raw) : (raw as number);

/** A whole number from `min` to `max`. */
export const whole = (min: number, max: number): Value<number> =>
  expecting(`a whole number from ${min} to ${max}`, (raw) => {
    const value = toNumber(raw);
    return Number.isInteger(value) && value >= min && value <= max ? value : undefined;
  });

/** A number, perhaps with a fraction, from 0 to `max`. */
const numberUpTo = (max: number, expected: string): Value<number> =>
  expecting(`${expected} from 0 to ${max}`, (raw) => {
    const value = toNumber(raw);
    return Number.isFinite(value) && value >= 0 && value <= max ? value : undefined;
  });

/** Seconds, perhaps with a fraction, from 0 to `max`. */
export const secondsUpTo = (max: number): Value<number> => numberUpTo(max, 'a number of seconds');

/** A probability, 0 to 1. */
export const probability: Value<number> = numberUpTo(1, 'a number');

/** A text that is not empty; the command itself checks what it means. */
export const text: Value<string> = expecting('a text', (raw) =>
  typeof raw === 'string' && raw.trim() !== '' ? raw.trim() : undefined,
);

const SECRET_LENGTH_MAX = 1024;

/** A password or token: no message ever shows it. */
export const secret: Value<string> = z
  .string({ error: 'must be a text' })
  .trim()
  .min(1, { error: 'must not be empty' })
  .max(SECRET_LENGTH_MAX, { error: `must have at most ${SECRET_LENGTH_MAX} characters` });

/**
 * One or more texts: a repeated flag, a variable with spaces between the texts, or a JSON array.
 */
export const texts: Value<readonly string[]> = expecting('a text or several', (raw) => {
  const items = typeof raw === 'string' ? raw.split(/\s+/).filter((item) => item !== '') : raw;
  const good = Array.isArray(items) && items.every((item) => typeof item === 'string');
  return good && items.length > 0 ? items : undefined;
});

/** One of a few words. */
export const oneOf = <Word extends string>(...words: readonly Word[]): Value<Word> =>
  expecting(`one of ${words.join(', ')}`, (raw) => words.find((word) => word === raw));

const SWITCH: ReadonlyMap<unknown, boolean> = new Map<unknown, boolean>([
  [true, true],
  ['1', true],
  ['true', true],
  ['yes', true],
  [false, false],
  ['0', false],
  ['false', false],
  ['no', false],
]);

/** On or off. */
export const onOff: Value<boolean> = expecting('true or false (or 1, 0, yes, no)', (raw) =>
  SWITCH.get(raw),
);

/** A bit rate of an encoder, kbit/s. */
export const bitrate: Value<BitrateKbps> = expecting(`one of ${BITRATES_KBPS.join(', ')}`, (raw) =>
  BITRATES_KBPS.find((kbps) => kbps === toNumber(raw)),
);
