/**
 * The command line as commander sees it. It reads flags and prints help; what the values mean and
 * where else they may come from is settings.ts. What it complains about becomes a UserError.
 */
import { readFileSync } from 'node:fs';
import { Command as Commander, CommanderError, Option as Flag } from 'commander';
import { EXIT, UserError } from '../lib/user-error.js';
import { COMMANDS } from './command-list.js';
import { CONFIG_FILE, loadConfigFile } from './options/config-file.js';
import { flagOf, type Option, type Table, variableOf } from './options/option.js';
import { resolveSettings } from './options/settings.js';
import type { Command } from './shell/command.js';
import { EXIT_HELP } from './shell/failure.js';

const STORY = 'Radio without a CDN: relays that organise themselves, for any MP3 player.';

/** What commander throws when it has printed what was asked for. */
const ANSWERED = ['commander.helpDisplayed', 'commander.version'];

/** Runs the command that `words` (the arguments, without node and script) ask for. */
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

/** `help NAME` is `NAME --help`; commander's own way does not load the command first. */
function withHelpFlag(words: readonly string[]): string[] {
  const [first, ...rest] = words;
  return first === 'help' ? [...rest.slice(0, 1), '--help'] : [...words];
}

/** Commander's complaint in one line. */
function usageError({ code, message }: CommanderError): UserError {
  if (code === 'commander.help') {
    return new UserError(EXIT.usage, 'which command? See scattercast --help');
  }
  const line = message.replace(/^error: /, '').replaceAll('\n', ' ');
  return new UserError(EXIT.usage, `${line}; see --help`);
}

const version = (): string =>
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;

function createProgram(): Commander {
  const program = new Commander('scattercast')
    .description(STORY)
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this, or the help of a command')
    .configureOutput({ writeErr: () => undefined })
    .exitOverride()
    .showSuggestionAfterError()
    .addHelpText('after', `\n${FIRST_STEPS}\n\n${EXIT_HELP}`);
  for (const { name, summary } of COMMANDS) prepare(program.command(name), summary);
  // A command's own module is read only once it is asked for.
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

Every flag is also an environment variable and a field of ${CONFIG_FILE}: see the help of
each command. Flags win over the environment, which wins over the file.`;

const prepare = (commander: Commander, summary: string): Commander =>
  commander.summary(summary).helpOption('-h, --help', 'print this');

/** Gives a command its options, its help and its action. */
function furnish(commander: Commander, command: Command): void {
  const name = commander.name();
  commander.description(command.story);
  for (const operand of command.operands) commander.argument(operand.name, operand.help);
  for (const [field, option] of Object.entries(command.options)) {
    for (const flag of flagsOf(field, option)) commander.addOption(flag);
  }
  commander
    .option('--config <FILE>', `configuration file (default: ${CONFIG_FILE} if it exists)`)
    .addOption(new Flag('--debug', 'show the stack of a bug'))
    .addHelpText('after', helpEnd(command))
    .action(() => run(name, command, commander));
}

/** A switch can be switched off, too, when the file or the environment has it on. */
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
  if (absence === 'optional' || placeholder === undefined) return '';
  return ` (default: ${String(absence.use)})`;
}

const helpEnd = ({ examples }: Command): string =>
  ['', 'Examples:', ...examples.map((line) => `  ${line}`), '', EXIT_HELP].join('\n');

async function run(name: string, command: Command, commander: Commander): Promise<void> {
  const { config } = commander.opts<{ config?: string }>();
  const settings = resolveSettings(name, command.options, {
    flags: fieldsOf(command.options, commander),
    environment: process.env,
    file: loadConfigFile(config ?? (process.env.SCATTERCAST_CONFIG || undefined)),
  });
  if (!settings.ok) throw new UserError(EXIT.usage, settings.problems.join('\n'));
  await command.run(settings.value, commander.args);
}

/** The flags that were given, by field. */
function fieldsOf(table: Table, commander: Commander): Record<string, unknown> {
  const given = commander.opts<Record<string, unknown>>();
  return Object.fromEntries(
    Object.entries(table).map(([field, option]) => {
      const attribute = new Flag(flagOf(field, option)).attributeName();
      return [field, given[attribute]];
    }),
  );
}
