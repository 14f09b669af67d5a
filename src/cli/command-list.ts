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

export const COMMANDS: readonly Entry[] = [
  {
    name: 'demo',
    summary: 'run a cluster and a broadcast on this machine, to listen to at once',
    load: async () => (await import('./commands/demo.js')).command,
  },
  {
    name: 'cluster',
    summary: 'run a cluster on this machine',
    load: async () => (await import('./commands/cluster.js')).command,
  },
  {
    name: 'announce',
    summary: 'publish the announcement of a session',
    load: async () => (await import('./commands/announce.js')).command,
  },
  {
    name: 'broadcast',
    summary: 'send MP3 files, standard input or another stream to a session',
    load: async () => (await import('./commands/broadcast.js')).command,
  },
  {
    name: 'relay',
    summary: 'feed an Icecast server from a session',
    load: async () => (await import('./commands/relay.js')).command,
  },
  {
    name: 'status',
    summary: 'show the sessions of a cluster, their SCXs, sources and listeners',
    load: async () => (await import('./commands/status.js')).command,
  },
  {
    name: 'simulate',
    summary: 'run sessions in a simulated network and measure their trees',
    load: async () => (await import('./simulate/simulate.js')).command,
  },
  {
    name: 'figures',
    summary: "draw the paper's figures 6 to 15 from simulated sessions",
    load: async () => (await import('./figures/figures.js')).command,
  },
];
