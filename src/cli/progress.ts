/** A line on the terminal that shows how far a long run is. */
import { createLogUpdate } from 'log-update';

export interface Progress {
  show(line: string): void;
  end(): void;
}

/** On a terminal only; what is printed goes to standard output, so this does not. */
export function createProgress(): Progress {
  const output = process.stderr;
  if (!output.isTTY || !(output.columns > 0))
    return { show: () => undefined, end: () => undefined };
  // A hidden cursor would need a handler for Ctrl-C, which a run would keep waiting.
  const update = createLogUpdate(output, { showCursor: true });
  return { show: update, end: () => update.clear() };
}
