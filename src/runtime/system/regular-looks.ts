/**
 * Looks at something of the system, one look after the other, that never take more than a share of the
 * time, however long one takes on a machine with very many connections.
 */

export interface RegularLooks {
  /** Interval between two looks, ms. */
  readonly everyMs: number;
  /** Looks take at most this share of the time. */
  readonly timeShareMax: number;
}

/**
 * Starts to look; returns what ends it. `read` never rejects; `onRead` gets what it resolves with, unless
 * it has ended meanwhile.
 */
export function lookRegularly<Seen>(
  { everyMs, timeShareMax }: RegularLooks,
  read: () => Promise<Seen>,
  onRead: (seen: Seen) => void,
): () => void {
  let timer: NodeJS.Timeout | undefined;
  let hasEnded = false;

  const look = async (): Promise<void> => {
    const startedAt = performance.now();
    const seen = await read();
    if (hasEnded) return;
    onRead(seen);
    lookIn(Math.max(everyMs, (performance.now() - startedAt) / timeShareMax));
  };

  const lookIn = (ms: number): void => {
    timer = setTimeout(() => void look(), ms).unref();
  };

  lookIn(everyMs);
  return () => {
    hasEnded = true;
    clearTimeout(timer);
  };
}
