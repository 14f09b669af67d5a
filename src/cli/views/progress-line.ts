/** A line that tells how far something is; on a terminal only, where it is drawn over and over. */
import { createLogUpdate } from 'log-update';

export interface Progress {
  show(line: string): void;
  end(): void;
}

/** On standard error: what a command prints for others to read does not go there. */
export function createProgress(): Progress {
  const output = process.stderr;
  if (!output.isTTY || !(output.columns > 0))
    return { show: () => undefined, end: () => undefined };
  // A hidden cursor would need a handler for Ctrl-C, which a run would keep waiting.
  const update = createLogUpdate(output, { showCursor: true });
  return { show: update, end: () => update.clear() };
}
