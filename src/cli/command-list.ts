/**
 * The commands, in the order of the help. Each is a module of its own that is imported when the
 * command is named, so that `status` does not wait until a web server has been loaded.
 */

import type { CommandName } from './options/option-tables.js';
import type { Command } from './shell/command.js';

interface Entry {
  readonly name: CommandName;
  readonly summary: string;
  load(): Promise<Command>;
}

const entry = (
  name: CommandName,
  summary: string,
  load: () => Promise<{ readonly command: Command }>,
): Entry => ({ name, summary, load: async () => (await load()).command });

export const COMMANDS: readonly Entry[] = [
  entry(
    'demo',
    'run a cluster and a broadcast on this machine, to listen to at once',
    () => import('./commands/demo.js'),
  ),
  entry('cluster', 'run a cluster on this machine', () => import('./commands/cluster.js')),
  entry(
    'announce',
    'publish the announcement of a session',
    () => import('./commands/announce.js'),
  ),
  entry('ticket', 'let somebody listen to a private session', () => import('./commands/ticket.js')),
  entry(
    'broadcast',
    'send MP3 files, standard input or another stream to a session',
    () => import('./commands/broadcast.js'),
  ),
  entry(
    'tune',
    'receive a session: to a player, a file, a command, or players of this machine',
    () => import('./channels/tune.js'),
  ),
  entry(
    'send',
    'send files or lines on another channel of a session, like slides beside the sound',
    () => import('./channels/send.js'),
  ),
  entry('relay', 'feed an Icecast server from a session', () => import('./commands/relay.js')),
  entry(
    'status',
    'show the sessions of a cluster, their SCXs, sources and listeners',
    () => import('./commands/status.js'),
  ),
  entry(
    'redirector',
    'run a name server that leads listeners to the nearest cluster',
    () => import('./redirector/redirector.js'),
  ),
  entry(
    'doctor',
    'say what is wrong with the installation of a cluster on this machine',
    () => import('./doctor/doctor.js'),
  ),
  entry(
    'simulate',
    'run sessions in a simulated network and measure their trees',
    () => import('./simulate/simulate.js'),
  ),
  entry(
    'figures',
    "draw the paper's figures 6 to 15 from simulated sessions",
    () => import('./figures/figures.js'),
  ),
];
