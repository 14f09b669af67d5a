/** One line that shows the progress of a long command, redrawn in place; on a terminal only. */
import { createLogUpdate } from 'log-update';

export interface Progress {
  show(line: string): void;
  end(): void;
}

/** Creates a progress line on standard error, because standard output carries the results. */
export function createProgress(): Progress {
  const output = process.stderr;
  if (!output.isTTY || !(output.columns > 0))
    return { show: () => undefined, end: () => undefined };
  // Hiding the cursor would take a handler for Ctrl-C, which a long computation would delay.
  const update = createLogUpdate(output, { showCursor: true });
  return { show: update, end: () => update.clear() };
}
