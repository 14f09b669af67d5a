/**
 * The command line, read by commander. Commander parses flags and prints help; settings.ts merges
 * the flags with the other layers and checks the values. Commander's own complaints become a
 * UserError, so that every failure looks the same: one line and an exit code.
 *
 * The module of a command is imported only when that command is named (command-list.ts).
 */
import { Command as Commander, CommanderError, Option as Flag } from 'commander';
import { EXIT, UserError } from '../lib/user-error.js';
import { packageVersion } from '../runtime/package-files.js';
import { COMMANDS } from './command-list.js';
import { CONFIG_FILE, loadConfigFile } from './options/config-file.js';
import { flagOf, type Option, type Table, variableOf } from './options/option.js';
import { fieldsToFind, type Layers, resolveSettings } from './options/settings.js';
import type { Command } from './shell/command.js';
import { EXIT_HELP } from './shell/failure.js';
import { foundCluster } from './shell/found-cluster.js';
import { print } from './shell/output.js';

const STORY =
  'Radio without a CDN: relays that organise themselves carry MP3 to any number of players.';

/** Codes of errors that commander throws after it has printed the help or the version. */
const ANSWERED = ['commander.helpDisplayed', 'commander.version'];

/**
 * Runs a command; `words` are the arguments without node and script. Rejects with a UserError when
 * the arguments are wrong or the command fails.
 */
export async function runProgram(words: readonly string[]): Promise<void> {
  const program = createProgram();
  try {
    await program.parseAsync(withHelpFlag(words), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (ANSWERED.includes(error.code)) return;
    throw usageError(error);
  }
}

/** All commands with their options, as the help has them: for the manual page. */
export async function describedProgram(): Promise<Commander> {
  const program = createProgram();
  for (const { name, load } of COMMANDS) {
    const subcommand = program.commands.find((one) => one.name() === name);
    if (subcommand !== undefined) furnish(subcommand, await load());
  }
  return program;
}

/** Turns `help NAME` into `NAME --help`: commander's own `help` does not load the command first. */
function withHelpFlag(words: readonly string[]): string[] {
  const [first, ...rest] = words;
  return first === 'help' ? [...rest.slice(0, 1), '--help'] : [...words];
}

/** A complaint of commander's, in one line. */
function usageError({ code, message }: CommanderError): UserError {
  if (code === 'commander.help') {
    return new UserError(EXIT.usage, 'no command is given; see scattercast --help');
  }
  const line = message.replace(/^error: /, '').replaceAll('\n', ' ');
  return new UserError(EXIT.usage, `${line}; see --help`);
}

function createProgram(): Commander {
  const program = new Commander('scattercast')
    .description(STORY)
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help, or the help of a command')
    .configureOutput({ writeOut: (text) => void print(text), writeErr: () => undefined })
    .exitOverride()
    .showSuggestionAfterError()
    .addHelpText('after', `\n${FIRST_STEPS}\n\n${EXIT_HELP}`);
  for (const { name, summary } of COMMANDS) prepare(program.command(name), summary);
  program.hook('preSubcommand', async (_program, subcommand) => {
    const entry = COMMANDS.find(({ name }) => name === subcommand.name());
    if (entry !== undefined) furnish(subcommand, await entry.load());
  });
  return program;
}

const FIRST_STEPS = `Examples:
  scattercast demo
  scattercast cluster --port 8000
  scattercast announce --cluster http://localhost:8000 --name scattercast://radio.example/night
  scattercast broadcast --cluster http://localhost:8000 --announcement radio.example/night a.mp3

Every flag can also be given as an environment variable or in ${CONFIG_FILE}; the help of each
command names the variables. Flags take precedence over the environment, and the environment
over the file.`;

const prepare = (commander: Commander, summary: string): Commander =>
  commander.summary(summary).helpOption('-h, --help', 'print this help');

/** Adds a command's options, help and action to commander's. */
function furnish(commander: Commander, command: Command): void {
  const name = commander.name();
  commander.description(command.story);
  for (const operand of command.operands) commander.argument(operand.name, operand.help);
  for (const [field, option] of Object.entries(command.options)) {
    for (const flag of flagsOf(field, option)) commander.addOption(flag);
  }
  commander
    .option('--config <FILE>', `configuration file (default: ${CONFIG_FILE} if it exists)`)
    .addOption(new Flag('--debug', 'print the stack trace of an internal error'))
    .addHelpText('after', helpEnd(command))
    .action(() => run(name, command, commander));
}

/** A switch also gets a hidden `--no-` form, which overrides the file and the environment. */
function flagsOf(field: string, option: Option<unknown>): Flag[] {
  const long = flagOf(field, option);
  const help = `${option.help}${defaultHelp(option)} [${variableOf(field)}]`;
  if (option.placeholder === undefined) {
    return [new Flag(long, help), new Flag(long.replace('--', '--no-')).hideHelp()];
  }
  const flag = new Flag(`${long} <${option.placeholder}>`, help);
  if (option.repeatable !== true) return [flag];
  return [flag.argParser((value, before: readonly string[] = []) => [...before, value])];
}

function defaultHelp({ absence, placeholder }: Option<unknown>): string {
  if (absence === 'required') return ' (required)';
  if (absence === 'found') return ' (default: the one that the domain of this machine names)';
  if (absence === 'optional' || placeholder === undefined) return '';
  return ` (default: ${String(absence.use)})`;
}

const helpEnd = ({ examples }: Command): string =>
  ['', 'Examples:', ...examples.map((line) => `  ${line}`), '', EXIT_HELP].join('\n');

async function run(name: string, command: Command, commander: Commander): Promise<void> {
  const { config } = commander.opts<{ config?: string }>();
  const layers = {
    flags: fieldsOf(command.options, commander),
    environment: process.env,
    file: loadConfigFile(config ?? (process.env.SCATTERCAST_CONFIG || undefined)),
  };
  const found = await findMissing(name, command, layers);
  const settings = resolveSettings(name, command.options, { ...layers, found });
  if (!settings.ok) throw new UserError(EXIT.usage, settings.problems.join('\n'));
  await command.run(settings.value, commander.args);
}

/** The cluster that the network names, for a command that needs one and was given none (§2.4). */
async function findMissing(
  name: string,
  { options }: Command,
  layers: Layers,
): Promise<Record<string, unknown>> {
  const fields = fieldsToFind(name, options, layers);
  if (fields.length === 0) return {};
  const url = await foundCluster();
  return url === undefined ? {} : Object.fromEntries(fields.map((field) => [field, url]));
}

/** The flags of the command line, by field. */
function fieldsOf(table: Table, commander: Commander): Record<string, unknown> {
  const given = commander.opts<Record<string, unknown>>();
  return Object.fromEntries(
    Object.entries(table).map(([field, option]) => {
      const attribute = new Flag(flagOf(field, option)).attributeName();
      return [field, given[attribute]];
    }),
  );
}
