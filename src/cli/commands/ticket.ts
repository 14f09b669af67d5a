/**
 * `scattercast ticket`: makes an address at which somebody listens to a private session
 * (runtime/ticket.ts). It is signed here with the session's key: no cluster is asked to make one.
 */
import { isIP } from 'node:net';
import { limitedAs } from '../../http/ip-address.js';
import { listenUrl } from '../../icecast/listen-url.js';
import { printInstant } from '../../lib/instant.js';
import { EXIT, UserError } from '../../lib/user-error.js';
import { sessionKeyOf } from '../../runtime/signing-key.js';
import { issueTicket } from '../../runtime/ticket.js';
import { identityOf } from '../../session/session-id.js';
import { parseSessionName, type SessionName, sessionPath } from '../../session/session-name.js';
import { type TicketSettings, ticketOptions } from '../options/announce-options.js';
import type { Command } from '../shell/command.js';
import { print, printJson, tell } from '../shell/output.js';
import { usageProblem } from './announcement-settings.js';
import { findEarlier, otherKeyProblem } from './earlier-announcement.js';

export const command: Command<typeof ticketOptions> = {
  story:
    'Prints the address at which somebody listens to a private session, until some time, and perhaps ' +
    'from one IP address only. Whoever has the address can listen, so give each listener one of ' +
    'their own. The id that is printed with it makes the ticket void: announce --revoke ID.',
  operands: [],
  options: ticketOptions,
  examples: [
    'export SCATTERCAST_TOKEN=...',
    'scattercast ticket --cluster http://localhost:8000 --until 2h \\',
    '    --name scattercast://radio.example/board',
  ],
  run,
};

const DAY_MS = 86_400_000;

function nameIn({ name }: TicketSettings): SessionName {
  const parsed = parseSessionName(name);
  if (parsed.ok) return parsed.value;
  throw usageProblem(...parsed.problems.map((problem) => `--name: ${problem}`));
}

function addressIn({ address }: TicketSettings): string | undefined {
  if (address === undefined || isIP(address) !== 0) return address && limitedAs(address);
  throw usageProblem('--address: must be an IP address');
}

/** Rejects with a UserError unless a private session of this key is published there. */
async function checkPublished(name: SessionName, settings: TicketSettings, key: string) {
  const { cluster, token } = settings;
  const announced = await findEarlier(name, { cluster, output: undefined });
  if (announced === undefined) {
    throw new UserError(EXIT.refused, `${name.text} is not published at ${cluster}`);
  }
  if (announced.key !== key) throw otherKeyProblem({ cluster, token, output: undefined });
  if (announced.privacy !== undefined) return;
  throw new UserError(
    EXIT.refused,
    'the session is public, so everybody listens without a ticket: announce it with --private',
  );
}

async function run(settings: TicketSettings): Promise<void> {
  const { cluster, token, until = Date.now() + DAY_MS, json } = settings;
  const name = nameIn(settings);
  const address = addressIn(settings);
  const key = sessionKeyOf(token);
  await checkPublished(name, settings, key.publicKey);
  const untilS = Math.ceil(until / 1000);
  const session = identityOf(name, key.publicKey);
  const { id, text } = issueTicket(session, key, { untilS, address });
  const url = listenUrl(cluster, sessionPath(name), 'mp3', [`ticket=${text}`]);
  const end = printInstant(untilS * 1000);
  if (json) return printJson({ url, id, until: end });
  tell(`ticket: ${id}   (until ${end}; to make it void: announce --revoke ${id})`);
  await print(`${url}\n`);
}
