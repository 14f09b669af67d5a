/**
 * The kinds of values that options take. A value comes as text from a flag or a variable, and as
 * JSON from the configuration file; both are read by the same schema, and a problem names what is
 * expected: "must be a whole number from 0 to 65535, got "x"".
 */
import { z } from 'zod';
import { BITRATES_KBPS, type BitrateKbps } from '../../client/encode/encode-job.js';
import { type IcecastTarget, parseIcecastUrl } from '../../client/icecast-relay/icecast-target.js';
import { isNetwork } from '../../http/server/client-address.js';
import { parseWebAddress } from '../../session/location.js';
import { parseSessionPath, type SessionName } from '../../session/session-name.js';
import type { FaultScenario } from '../../simulator/faults/scenario.js';

/** A schema of one option's value. */
export type Value<Read> = z.ZodType<Read>;

/** What a problem says of the value that was given. */
const quoted = (raw: unknown): string => `, got ${JSON.stringify(raw)?.slice(0, 80)}`;

/** Nothing, where it may hold a password. */
const unquoted = (): string => '';

/** A value that `read` understands; undefined from it is a problem. */
function expecting<Read>(
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

const toNumber = (raw: unknown): number =>
  typeof raw === 'string' && /^\d+(\.\d+)?$/.test(raw) ? Number(raw) : (raw as number);

/** A whole number from `min` to `max`. */
export const whole = (min: number, max: number): Value<number> =>
  expecting(`a whole number from ${min} to ${max}`, (raw) => {
    const value = toNumber(raw);
    return Number.isInteger(value) && value >= min && value <= max ? value : undefined;
  });

/** Seconds, perhaps with a fraction, from `min` to `max`. */
export const secondsUpTo = (max: number): Value<number> =>
  expecting(`a number of seconds from 0 to ${max}`, (raw) => {
    const value = toNumber(raw);
    return Number.isFinite(value) && value >= 0 && value <= max ? value : undefined;
  });

/** Any text that is not empty; what it means is checked where it is used. */
export const text: Value<string> = expecting('a text', (raw) =>
  typeof raw === 'string' && raw.trim() !== '' ? raw.trim() : undefined,
);

const SECRET_LENGTH_MAX = 1024;

/** A text that no message shows. */
export const secret: Value<string> = z
  .string({ error: 'must be a text' })
  .trim()
  .min(1, { error: 'must not be empty' })
  .max(SECRET_LENGTH_MAX, { error: `must have at most ${SECRET_LENGTH_MAX} characters` });

/** One or more texts: a repeated flag, a variable with spaces between, or a JSON array. */
export const texts: Value<readonly string[]> = expecting('one text or several', (raw) => {
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

function readCluster(raw: unknown): string | undefined {
  if (typeof raw !== 'string') return undefined;
  const url = parseWebAddress('', raw.includes('://') ? raw : `http://${raw}`, 2048);
  const { origin, pathname, search } = new URL(url.ok ? url.value : 'http://bad/path');
  return pathname === '/' && search === '' ? origin : undefined;
}

/** A cluster's address, read to `http://HOST:PORT`; `HOST:PORT` alone will do. */
export const clusterUrl: Value<string> = expecting(
  "a cluster's address like http://cluster.example:8000",
  readCluster,
);

const CLUSTERS_MAX = 16;

/** One cluster or several, with commas between, each once. */
export const clusterUrls: Value<readonly string[]> = expecting(
  `a cluster's address, or up to ${CLUSTERS_MAX} with commas between`,
  (raw) => {
    const items: unknown[] = Array.isArray(raw) ? raw : `${raw}`.split(',');
    const urls = [...new Set(items.map((item) => readCluster(`${item}`.trim())))];
    const good = urls.filter((url) => url !== undefined);
    return good.length === urls.length && good.length <= CLUSTERS_MAX ? good : undefined;
  },
);

/** The URL of a stream; it may hold a password. */
export const streamUrl: Value<URL> = expecting(
  'the URL of a stream, like http://radio.example:8000/live.mp3',
  (raw) => {
    const text = typeof raw === 'string' && raw.length <= 2048 ? raw : '';
    return /^https?:\/\//i.test(text) && URL.canParse(text) ? new URL(text) : undefined;
  },
  unquoted,
);

/** A mount of an Icecast server, with its password. */
export const icecastTarget: Value<IcecastTarget> = expecting(
  'like icecast://source:PASSWORD@radio.example:8000/live',
  (raw) => (typeof raw === 'string' ? parseIcecastUrl(raw) : undefined),
  unquoted,
);

/** A bit rate of an encoder, kbit/s. */
export const bitrate: Value<BitrateKbps> = expecting(`one of ${BITRATES_KBPS.join(', ')}`, (raw) =>
  BITRATES_KBPS.find((kbps) => kbps === toNumber(raw)),
);

/** The address of a network interface or a host's name, without a port. */
export const host: Value<string> = expecting('a host name or an IP address', (raw) => {
  if (typeof raw !== 'string' || !/^[A-Za-z0-9.:_-]{1,253}$/.test(raw)) return undefined;
  return URL.canParse(`http://${raw.includes(':') ? `[${raw}]` : raw}/`) ? raw : undefined;
});

/** Addresses that mean all of this machine's, and so lead nobody anywhere. */
const ALL_ADDRESSES: readonly (string | undefined)[] = ['0.0.0.0', '::'];

/** A host as others reach it. */
export const reachableHost: Value<string> = host.refine((value) => !ALL_ADDRESSES.includes(value), {
  message: 'is what others are told, so it must lead here; --listen says where to listen',
});

/** `CIDR,...`, or a JSON array; `none` is an empty list. */
export const ranges: Value<readonly string[]> = expecting(
  'addresses or ranges like 10.0.0.0/8,::1, or none',
  (raw) => {
    if (raw === 'none') return [];
    const items = typeof raw === 'string' ? raw.split(/[\s,]+/) : raw;
    return Array.isArray(items) &&
      items.length > 0 &&
      items.length <= 64 &&
      items.every((item) => typeof item === 'string' && isNetwork(item))
      ? items
      : undefined;
  },
);

const MOUNTS_MAX = 64;

function readMounts(raw: unknown): ReadonlyMap<string, SessionName> | undefined {
  const items = typeof raw === 'string' ? raw.split(/\s+/).filter((item) => item !== '') : raw;
  if (!Array.isArray(items) || items.length === 0 || items.length > MOUNTS_MAX) return undefined;
  const mounts = new Map<string, SessionName>();
  for (const item of items) {
    const [, path, session] = /^(\/[^\s=?#]{1,200})=(\S+)$/.exec(`${item}`) ?? [];
    const name = parseSessionPath(session ?? '');
    if (path === undefined || !name.ok) return undefined;
    mounts.set(path, name.value);
  }
  return mounts;
}

/** `/MOUNT=CREATOR/SESSION`, once or several times. */
export const mounts: Value<ReadonlyMap<string, SessionName>> = expecting(
  `mounts like /live=CREATOR/SESSION, ${MOUNTS_MAX} at most`,
  readMounts,
);

/** TCP ports, or any that are free. */
export type Ports = 'any' | { readonly first: number; readonly last: number };

/** `FROM-TO`, two ports at least, or `any`. */
export const ports: Value<Ports> = expecting('ports like 8100-8227, or any', (raw) => {
  if (raw === 'any') return 'any';
  const match = typeof raw === 'string' ? /^(\d{1,5})-(\d{1,5})$/.exec(raw) : null;
  const [first, last] = [Number(match?.[1]), Number(match?.[2])];
  return first > 0 && first < last && last < 65_536 ? { first, last } : undefined;
});

/** Edges that an SCX adds, and edges that it accepts. */
export interface Degree {
  readonly added: number;
  readonly accepted: number;
}

/** `K1,K2`; how they must relate is the protocol's business. */
export const degree: Value<Degree> = expecting('two whole numbers like 3,4', (raw) => {
  const match = typeof raw === 'string' ? /^(\d{1,2}),(\d{1,2})$/.exec(raw) : null;
  return match === null ? undefined : { added: Number(match[1]), accepted: Number(match[2]) };
});

/** A probability. */
export const probability: Value<number> = expecting('a number from 0 to 1', (raw) => {
  const value = toNumber(raw);
  return Number.isFinite(value) && value >= 0 && value <= 1 ? value : undefined;
});

/** The number of a fault: `30%` is 0.3, `1/s` is 1, `60s` is 60 000; undefined: not of that unit. */
function amountOf(amount: string, unit: '%' | '/s' | 's'): number | undefined {
  const number = toNumber(amount.slice(0, -unit.length));
  if (!amount.endsWith(unit) || !Number.isFinite(number) || number <= 0) return undefined;
  return unit === '%' ? number / 100 : unit === 's' ? number * 1000 : number;
}

/** Shares of the SCXs or segments leave some over; other amounts are bounded by patience. */
function readFaults(raw: unknown): FaultScenario | undefined {
  if (raw === 'flapping') return { kind: 'flapping' };
  const [kind, text = '', ...rest] = typeof raw === 'string' ? raw.split(':') : [];
  const share = amountOf(text, '%');
  const perSecond = amountOf(text, '/s');
  const forMs = amountOf(text, 's');
  if (rest.length > 0) return undefined;
  if (kind === 'crash' || kind === 'vanish' || kind === 'loss') {
    return share !== undefined && share < 1 ? { kind, share } : undefined;
  }
  if (kind === 'churn' && perSecond !== undefined && perSecond <= 100) return { kind, perSecond };
  if (kind === 'partition' && forMs !== undefined && forMs <= 3_600_000) return { kind, forMs };
  return undefined;
}

/** Faults for a simulated session. */
export const faults: Value<FaultScenario> = expecting(
  'crash:30%, vanish:30%, churn:1/s, partition:60s, loss:5% or flapping',
  readFaults,
);
