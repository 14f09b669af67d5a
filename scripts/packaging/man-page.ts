/**
 * The manual page scattercast(1), in the language of man(7). It is the help of the commands, from the
 * same tables, so it is never older than the program.
 */
import type { Argument, Command, Option } from 'commander';
import { describedProgram } from '../../src/cli/command-line.js';
import { COMMANDS } from '../../src/cli/command-list.js';
import { CONFIG_FILE } from '../../src/cli/options/config-file.js';
import { EXIT_HELP } from '../../src/cli/shell/failure.js';

/** Text of a line: backslashes, and hyphens that are to be copied from the page, stand for themselves. */
const inline = (text: string): string => text.replaceAll('\\', '\\e').replaceAll('-', '\\-');

/** A line of text; one that begins with a dot or a quote would be a request. */
const line = (text: string): string => inline(text).replace(/^([.'])/, '\\&$1');

const paragraph = (text: string): string => `.PP\n${line(text)}`;

const item = (what: string, help: string): string => `.TP\n.B ${inline(what)}\n${line(help)}`;

/** Lines as they are. */
const verbatim = (text: string): string =>
  ['.PP', '.nf', ...text.split('\n').map((one) => line(one)), '.fi'].join('\n');

const heading = (title: string): string => `.SH ${title}`;

const isShown = ({ hidden }: Option): boolean => !hidden;

const operandOf = (operand: Argument): string => {
  const name = `${operand.name()}${operand.variadic ? '...' : ''}`;
  return operand.required ? `<${name}>` : `[${name}]`;
};

/** One command: what it does, what follows it, its flags, and examples. */
function commandText(command: Command, examples: readonly string[]): string {
  const operands = command.registeredArguments;
  const words = [command.name(), '[FLAG]...', ...operands.map(operandOf)];
  return [
    `.SS ${inline(words.join(' '))}`,
    line(command.description()),
    ...operands.map((operand) => item(operandOf(operand), operand.description)),
    ...command.options.filter(isShown).map(({ flags, description }) => item(flags, description)),
    paragraph('Examples:'),
    verbatim(examples.map((example) => `  ${example}`).join('\n')),
  ].join('\n');
}

const FILES: readonly (readonly [string, string])[] = [
  [CONFIG_FILE, 'settings: an object with a field for each flag, like "scxPorts" for --scx-ports'],
  ['/etc/default/scattercast', 'variables of the service, for secrets'],
  ['/var/lib/scattercast', 'the data of the service'],
  ['/var/log/scattercast/access.log', 'requests to SCXs'],
  ['/usr/share/doc/scattercast', 'how to broadcast and to operate a cluster'],
];

/** The page; `version` and `date` (YYYY-MM-DD) stand in its foot. */
export async function manPage(version: string, date: string): Promise<string> {
  const program = await describedProgram();
  const commands = await Promise.all(
    program.commands.map(async (command) => {
      const entry = COMMANDS.find(({ name }) => name === command.name());
      return commandText(command, (await entry?.load())?.examples ?? []);
    }),
  );
  return `${[
    `.TH SCATTERCAST 1 ${date} "scattercast ${version}" "User Commands"`,
    heading('NAME'),
    'scattercast \\- radio for a large audience, without a content delivery network',
    heading('SYNOPSIS'),
    `.B scattercast\n${inline('COMMAND [FLAG]... [OPERAND]...')}`,
    heading('DESCRIPTION'),
    line(program.description()),
    paragraph(
      'Every flag can also be given as an environment variable, whose name stands behind it in ' +
        `brackets, or in ${CONFIG_FILE}. Flags take precedence over the environment, and the ` +
        'environment over the file.',
    ),
    heading('COMMANDS'),
    ...commands,
    heading('"EXIT STATUS"'),
    verbatim(EXIT_HELP),
    heading('FILES'),
    ...FILES.map(([path, what]) => item(path, what)),
  ].join('\n')}\n`;
}
