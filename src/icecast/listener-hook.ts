/**
 * The dialect of Icecast's URL authentication, `<authentication type="url">`: a server of the
 * station's own is asked by POST whether a listener may come in, and is told of listeners and of
 * sources that end. The fields and their order are those of icecast2 2.4; scripts for Icecast read
 * them unchanged.
 */
import { plainText } from '../lib/plain-text.js';
import { decodeLegacyText } from '../mp3/tags/legacy-text.js';

/** A listener, as its hook knows it. The texts are as the client sent them, one byte a character. */
export interface HookedListener {
  /** The number of its connection; with server and port it names one listener. */
  readonly client: number;
  /** The mount, with the query that the listener has added. */
  readonly mount: string;
  readonly address: string;
  readonly agent: string;
  /** Decoded; both empty if it sent no credentials. */
  readonly user: string;
  readonly password: string;
}

/** What a hook is asked, or told. */
export type HookEvent =
  | { readonly action: 'listener_add'; readonly listener: HookedListener }
  | {
      readonly action: 'listener_remove';
      readonly listener: HookedListener;
      /** How long it has listened, s. */
      readonly durationS: number;
    }
  | { readonly action: 'mount_add' | 'mount_remove'; readonly mount: string };

/** The server at which it happens. */
export interface HookServer {
  readonly host: string;
  readonly port: number;
}

/** Of a hook's message, in characters. Guess. */
const MESSAGE_LENGTH_MAX = 200;
/** The longest time limit that a timer can keep, s; a longer one is no limit. */
const LIMIT_S_MAX = 2_147_483;

/** The fields of an event, in Icecast's order. */
function fieldsOf(event: HookEvent, { host, port }: HookServer): Record<string, string | number> {
  const { action } = event;
  if (!('listener' in event)) return { action, mount: event.mount, server: host, port };
  const { client, mount, user, password: pass, address: ip, agent } = event.listener;
  const { durationS: duration } = 'durationS' in event ? event : {};
  const known = { action, server: host, port, client, mount, user, pass };
  return { ...known, ...(duration === undefined ? {} : { duration }), ip, agent };
}

/** The body of a request, `application/x-www-form-urlencoded`. */
export function hookForm(event: HookEvent, server: HookServer): string {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(fieldsOf(event, server))) form.set(name, `${value}`);
  return form.toString();
}

/** What a hook has answered. */
export type HookVerdict =
  /** `limitMs`: how long it may listen; undefined: for as long as it likes. */
  | { readonly kind: 'admitted'; readonly limitMs: number | undefined }
  /** `message`: why, in the words of the hook; undefined if it does not say. */
  | { readonly kind: 'denied'; readonly message: string | undefined }
  /** The hook's server is broken or silent. */
  | { readonly kind: 'failed' };

const textOf = (value: string | readonly string[] | undefined): string =>
  typeof value === 'string' ? value.trim() : '';

/** The time limit in a header, ms; undefined without one. */
function limitOf(text: string): number | undefined {
  const seconds = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  return seconds > 0 && seconds <= LIMIT_S_MAX ? seconds * 1000 : undefined;
}

/** The text in a header, which scripts write in UTF-8 or in Latin-1; undefined without one. */
const messageIn = (text: string): string | undefined =>
  plainText(decodeLegacyText(Buffer.from(text, 'latin1')), MESSAGE_LENGTH_MAX);

/**
 * Reads the head of a hook's answer: `icecast-auth-user: 1` admits, and `icecast-auth-timelimit` says
 * for how many seconds. Anything else denies, as with Icecast, but for an error of the server (5xx);
 * `icecast-auth-message` says why.
 */
export function hookVerdict(
  status: number,
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
): HookVerdict {
  if (textOf(headers['icecast-auth-user']) === '1') {
    return { kind: 'admitted', limitMs: limitOf(textOf(headers['icecast-auth-timelimit'])) };
  }
  if (status >= 500) return { kind: 'failed' };
  return { kind: 'denied', message: messageIn(textOf(headers['icecast-auth-message'])) };
}
