/** The flags of the programs in scripts: read from the command line, and listed by `--help`. */
import { parseArgs } from 'node:util';

/** A flag. `standard` is its default value; false: it is a switch, without a value. */
export interface Flag {
  readonly standard: string | false;
  readonly help: string;
}

/** The flags as given, or their default values. */
export type Flags = Readonly<Record<string, string | boolean | undefined>>;

/** Ends the program: it was called in a wrong way. */
export function failUsage(message: string): never {
  console.error(message);
  process.exit(2);
}

const parsed = ({ standard }: Flag) =>
  standard === false
    ? ({ type: 'boolean', default: false } as const)
    : ({ type: 'string', default: standard } as const);

function printUsage(command: string, flags: Readonly<Record<string, Flag>>): void {
  console.log(command);
  for (const [name, { standard, help }] of Object.entries(flags)) {
    const standing = standard === false || standard === '' ? '' : ` (${standard})`;
    console.log(`  --${name.padEnd(12)} ${help}${standing}`);
  }
}

/**
 * Reads flags from the arguments of a command. With `--help` it prints the usage and ends the
 * program; an unknown flag, or a value that is missing, ends it with a line that says so.
 */
export function readFlags(
  command: string,
  flags: Readonly<Record<string, Flag>>,
  args: string[],
): Flags {
  const options = Object.entries(flags).map(([name, flag]) => [name, parsed(flag)] as const);
  const help = { type: 'boolean' } as const;
  try {
    const { values } = parseArgs({ args, options: { ...Object.fromEntries(options), help } });
    if (values.help !== true) return values;
  } catch (error) {
    failUsage(`${(error as Error).message}; --help lists the flags`);
  }
  printUsage(command, flags);
  process.exit(0);
}
