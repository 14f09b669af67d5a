/**
 * An input that has stalled looks like silence, and its cause is somewhere else: an encoder that
 * hangs, a sound card that was pulled out, a server that is down. So it is told after two
 * seconds, when listeners may begin to notice, then less and less often, and when it is over.
 *
 * Only the time in which somebody waits for the input counts: one that is held up by our own pace
 * has not stalled.
 */

/** Silence after which it is told, and then again, s. Guess: nobody reads more. */
const TOLD_AFTER_S = [2, 10, 30, 60, 300, 900];
const THEN_EACH_S = 3600;

/** The items of `items`, called `name` in what is told. */
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
      yield next.value;
    }
  } finally {
    await iterator.return?.();
  }
}

function startWatch(name: string, tell: (text: string) => void): { readonly stop: () => void } {
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
    stop: () => {
      clearTimeout(timer);
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      if (told > 0) tell(`${name} is back after ${seconds} s`);
    },
  };
}

/** The silence after which it is told for the `count`-th time, from 0. */
function silenceS(count: number): number {
  const last = TOLD_AFTER_S.length - 1;
  const later = Math.max(0, count - last) * THEN_EACH_S;
  return (TOLD_AFTER_S[Math.min(count, last)] as number) + later;
}
