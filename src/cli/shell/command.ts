/** One command of the command line, as command-line.ts prints its help and runs it. */
import type { Settings, Table } from '../options/option.js';

export interface Command<Options extends Table = Table> {
  /** What it does, for the help: one paragraph. */
  readonly story: string;
  /** The arguments after the options, in commander's notation: `<file...>`. */
  readonly operands: readonly { readonly name: string; readonly help: string }[];
  readonly options: Options;
  readonly examples: readonly string[];
  /** Runs until the command has finished. Rejects with a UserError for what the user can fix. */
  run(settings: Settings<Options>, operands: readonly string[]): Promise<void>;
}
