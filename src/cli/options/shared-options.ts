/**
 * Options that several commands have in common, each described once, so that the same flag means
 * the same, and reads the same in the help, wherever it appears.
 */
import { clusterUrl, clusterUrls, ports } from './address-values.js';
import { defaulting, findable, type Option, optional, required } from './option.js';
import { oneOf, onOff, text, type Value, whole } from './values.js';

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** `--log-level LEVEL`. */
export const logLevel = (use: (typeof LOG_LEVELS)[number]) =>
  defaulting(oneOf(...LOG_LEVELS), use, {
    placeholder: 'LEVEL',
    help: `the least severe messages that are logged: ${LOG_LEVELS.join(', ')}`,
  });

/** `--port PORT` of a front end. */
export const frontEndPort = defaulting(whole(0, 65_535), 8000, {
  placeholder: 'PORT',
  help: 'the TCP port of the front end; 0: any free port',
});

/** `--scx-ports FROM-TO`. */
export const scxPorts = (use: string) =>
  defaulting(ports, use, {
    placeholder: 'FROM-TO',
    help: 'the TCP ports of the SCXs, two for each SCX, like 8100-8227; any: any free ports',
  });

const CLUSTER = { placeholder: 'URL', help: 'the cluster to use, like http://HOST:8000' };

/** `--cluster URL`, which must be given, or the network names one. */
export const oneCluster = findable(clusterUrl, CLUSTER);

/** `--cluster URL`, which may be left out. */
export const optionalCluster = optional(clusterUrl, CLUSTER);

/** `--cluster URL,URL` of commands that go on at another cluster when one fails. */
export const severalClusters = findable(clusterUrls, {
  placeholder: 'URL',
  help:
    'the cluster to use, like http://HOST:8000, or several with commas between: when one ' +
    'fails, the next one is used',
});

/** `--announcement URL`. */
export const announcement = required(text, {
  placeholder: 'URL',
  help: "the announcement's URL, or CREATOR/SESSION if the cluster knows the session",
});

/** `--profile NAME` of the protocol. */
export const profile = defaulting(oneOf('fast', 'paper'), 'fast', {
  placeholder: 'NAME',
  help: 'the constants of the overlay protocol: fast, or paper for those of the paper',
});

/** `--seed N`; `each` names what has a seed of its own. */
export const seed = (each: string) =>
  defaulting(whole(0, 2 ** 31 - 1), 1, {
    placeholder: 'N',
    help: `the seed of all random numbers; further ${each} use N+1, N+2, ...`,
  });

/** A number or an amount, called N in the help unless `placeholder` says otherwise. */
export const amount = (
  value: Value<number>,
  use: number,
  help: string,
  placeholder = 'N',
): Option<number> => defaulting(value, use, { placeholder, help });

/** A time in seconds. */
export const duration = (value: Value<number>, use: number, help: string): Option<number> =>
  amount(value, use, help, 'SECONDS');

/** A text that may be left out. */
export const optionalText = (placeholder: string, help: string): Option<string | undefined> =>
  optional(text, { placeholder, help });

/** A switch, off unless it is given. */
export const off = (help: string): Option<boolean> => defaulting(onOff, false, { help });
