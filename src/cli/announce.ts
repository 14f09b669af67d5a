/**
 * `scattercast announce`: makes a session known (§2.2). The cluster that keeps the announcement
 * is also its first rendezvous point, unless others are named; or the XML goes to any web server.
 */
import { writeFile } from 'node:fs/promises';
import { publish, remove } from '../client/cluster-api.js';
import { EXIT, UserError } from '../lib/user-error.js';
import { DEFAULT_CHANNELS } from '../session/announcement.js';
import { dropAbsent } from '../session/drop-absent.js';
import { parseAnnouncement } from '../session/parse-announcement.js';
import { printAnnouncement } from '../session/print-announcement.js';
import { parseSessionName, type SessionName, sessionPath } from '../session/session-name.js';
import type { Command } from './command.js';
import type { Settings } from './option.js';
import { announceOptions } from './tables.js';

type AnnounceSettings = Settings<typeof announceOptions>;

export const command: Command<typeof announceOptions> = {
  story:
    "Publishes the announcement of a session at a cluster and prints the announcement's URL, " +
    'which is all that listeners and broadcasters need. With --output the XML goes to a file ' +
    'for any web server; it is then published only if a cluster is named, too.',
  operands: [],
  options: announceOptions,
  examples: [
    'scattercast announce --cluster http://localhost:8000 --name scattercast://radio.example/night',
    'scattercast announce --name scattercast://radio.example/night --output night.xml \\',
    '    --rendezvous http://a.example:8000/rendezvous/radio.example/night',
    'scattercast announce --cluster http://localhost:8000 --remove \\',
    '    --name scattercast://radio.example/night',
  ],
  run,
};

async function run(settings: AnnounceSettings): Promise<void> {
  const name = parseSessionName(settings.name);
  if (!name.ok) throw usage(name.problems.map((problem) => `--name: ${problem}`));
  if (settings.remove) return withdraw(name.value, settings);
  const xml = createXml(name.value, settings);
  if (settings.output !== undefined) await writeXml(settings.output, xml);
  if (settings.cluster === undefined) return;
  const { url } = await publish(settings.cluster, sessionPath(name.value), xml);
  const output = settings.output === '-' ? process.stderr : process.stdout;
  output.write(`${url}\n`);
}

const usage = (problems: readonly string[]): UserError =>
  new UserError(EXIT.usage, problems.join('\n'));

async function withdraw(name: SessionName, { cluster }: AnnounceSettings): Promise<void> {
  if (cluster === undefined) throw usage(['--remove needs --cluster URL: where was it published?']);
  await remove(cluster, sessionPath(name));
}

/** Printed and read again: what a cluster would refuse is refused here, in the same words. */
function createXml(name: SessionName, settings: AnnounceSettings): string {
  const { title, description, genre, homepage } = settings;
  const rendezvous = locationsOf(name, settings);
  const about = dropAbsent({ title, description, genre, homepage });
  const xml = printAnnouncement({ name, channels: DEFAULT_CHANNELS, rendezvous, ...about });
  const announcement = parseAnnouncement(xml);
  if (!announcement.ok) throw usage(announcement.problems);
  return xml;
}

function locationsOf(name: SessionName, settings: AnnounceSettings): readonly string[] {
  const { cluster, rendezvous, output } = settings;
  if (cluster === undefined && output === undefined) {
    throw usage(['--cluster URL is missing (or --output FILE, to publish on your own web server)']);
  }
  if (rendezvous !== undefined) return rendezvous;
  if (cluster !== undefined) return [`${cluster}/rendezvous/${sessionPath(name)}`];
  throw usage(['--output without --cluster needs --rendezvous LOCATION: where does it meet?']);
}

async function writeXml(file: string, xml: string): Promise<void> {
  if (file === '-') {
    process.stdout.write(xml);
    return;
  }
  try {
    await writeFile(file, xml);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UserError(EXIT.file, `cannot write ${file}: ${code}`);
  }
}
