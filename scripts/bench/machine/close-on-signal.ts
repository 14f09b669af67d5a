/** Processes and network namespaces outlive the benchmark that made them, unless it removes them. */

/** Closes everything first when this process is told to stop. */
export function closeOnSignal(close: () => Promise<void>): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void close().finally(() => process.exit(130)));
  }
}
