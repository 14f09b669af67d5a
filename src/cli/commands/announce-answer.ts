/**
 * What `announce` answers: the announcement's URL, and the secrets that were drawn. The URL alone
 * goes to standard output, so that `URL=$(scattercast announce ...)` catches no secret; on a
 * terminal all lines are there. With `--json` everything is one document.
 *
 * Secrets are told only once, so each line is printed as soon as it is known, and the document even
 * if a later step fails.
 */
import type { AnnounceSettings } from '../options/announce-options.js';
import { print, printJson, remark, tell } from '../shell/output.js';
import { STANDARD } from './announcement-file.js';

const SECRETS = {
  password: {
    name: 'source password',
    use: 'for broadcasters: broadcast --password, or SCATTERCAST_PASSWORD',
  },
  djPassword: {
    name: "the DJ's source password",
    use: 'for that DJ: broadcast --password, or SCATTERCAST_PASSWORD',
  },
  token: {
    name: 'admin token',
    use: 'to change or remove the announcement: announce --token, or SCATTERCAST_TOKEN',
  },
  adminPassword: {
    name: 'admin password',
    use: "of the user admin, for tools that speak to Icecast's /admin pages",
  },
  webhookSecret: { name: 'webhook secret', use: 'to check X-Scattercast-Signature' },
} as const;

/** The answer of one run. */
export interface Answer {
  url(url: string): Promise<void>;
  /** Undefined: no such secret was drawn. */
  secret(field: keyof typeof SECRETS, value: string | undefined): void;
  /** Prints what has not been printed yet. */
  end(): Promise<void>;
}

/** Creates an answer in the form that the settings ask for. */
export function createAnswer({ json, output }: AnnounceSettings): Answer {
  const known: Record<string, string> = {};
  return {
    url: async (url) => {
      known.url = url;
      if (json) return;
      if (output === STANDARD) remark(url);
      else await print(`${url}\n`);
    },
    secret: (field, value) => {
      if (value === undefined) return;
      known[field] = value;
      const { name, use } = SECRETS[field];
      if (!json) tell(`${name}: ${value}   (${use})`);
    },
    end: async () => {
      if (json) await printJson(known);
    },
  };
}
