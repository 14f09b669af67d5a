/**
 * The options of all commands. They stand apart from the commands because the configuration file
 * is shared: a field is misspelt only if no command has an option of that name.
 */
import { announceOptions, ticketOptions } from './announce-options.js';
import { broadcastOptions, relayOptions, sendOptions, tuneOptions } from './broadcast-options.js';
import { clusterOptions, demoOptions, doctorOptions, statusOptions } from './cluster-options.js';
import type { Table } from './option.js';
import { redirectorOptions } from './redirector-options.js';
import { figuresOptions, simulateOptions } from './simulate-options.js';

/** The tables by command, which is also the name of their section in the configuration file. */
export const TABLES = {
  cluster: clusterOptions,
  announce: announceOptions,
  ticket: ticketOptions,
  broadcast: broadcastOptions,
  tune: tuneOptions,
  send: sendOptions,
  relay: relayOptions,
  status: statusOptions,
  redirector: redirectorOptions,
  doctor: doctorOptions,
  demo: demoOptions,
  simulate: simulateOptions,
  figures: figuresOptions,
} as const satisfies Readonly<Record<string, Table>>;

export type CommandName = keyof typeof TABLES;
