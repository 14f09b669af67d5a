/**
 * Warns when an input stalls. To listeners a stalled input is silence, and its cause is elsewhere:
 * an encoder that hangs, a sound card that was unplugged, a server that is down. The first warning
 * comes after two seconds, when listeners may begin to notice, further ones at growing intervals,
 * and a last one when the input is back.
 *
 * Only time in which the input is waited for counts: an input that is held up by our own pace has
 * not stalled.
 */

/**
 * Times without input after which there is a warning, s. Guess: more warnings would not be read.
 */
const WARN_AFTER_S = [2, 10, 30, 60, 300, 900];
const THEN_EACH_S = 3600;

/** Yields `items`, and calls `tell` with each warning, in which the input is called `name`. */
export async function* tellStalls<Item>(
  items: AsyncIterable<Item>,
  name: string,
  tell: (text: string) => void,
): AsyncGenerator<Item> {
  const iterator = items[Symbol.asyncIterator]();
  try {
    for (;;) {
      const watch = startWatch(name, tell);
      const next = await iterator.next().finally(watch.stop);
      if (next.done) return;
      watch.tellBack();
      yield next.value;
    }
  } finally {
    await iterator.return?.();
  }
}

/** The watch of one item. An input that ends, by Ctrl-C for example, is not back. */
interface Watch {
  stop(): void;
  /** Says that the input is back, if a warning was given. */
  tellBack(): void;
}

function startWatch(name: string, tell: (text: string) => void): Watch {
  const startedAt = performance.now();
  let told = 0;
  let timer: NodeJS.Timeout;

  const wait = (): void => {
    const dueMs = silenceS(told) * 1000 - (performance.now() - startedAt);
    timer = setTimeout(onSilence, dueMs);
  };
  const onSilence = (): void => {
    tell(`nothing to play has come from ${name} for ${silenceS(told)} s`);
    told++;
    wait();
  };

  wait();
  return {
    stop: () => clearTimeout(timer),
    tellBack: () => {
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      if (told > 0) tell(`${name} is back after ${seconds} s`);
    },
  };
}

/** The time without input after which warning number `count`, from 0, is given, s. */
function silenceS(count: number): number {
  const last = WARN_AFTER_S.length - 1;
  const later = Math.max(0, count - last) * THEN_EACH_S;
  return (WARN_AFTER_S[Math.min(count, last)] as number) + later;
}
