/** One command of the command line, as program.ts shows and runs it. */
import type { Settings, Table } from '../options/option.js';

export interface Command<Options extends Table = Table> {
  /** One paragraph. */
  readonly story: string;
  /** What stands behind the options, as commander writes it: `<file...>`. */
  readonly operands: readonly { readonly name: string; readonly help: string }[];
  readonly options: Options;
  readonly examples: readonly string[];
  /** Rejects with a UserError for what the user can fix. */
  run(settings: Settings<Options>, operands: readonly string[]): Promise<void>;
}
