/**
 * Our own sketch (gossamer/sketch.ts) for all that watch us: other SCXs, and our own cluster. While
 * nobody does, nothing is drawn.
 */
import { isNews, type Sketch, sketchOf } from '../../gossamer/sketch.js';
import type { GossamerView } from '../../gossamer/view.js';

/** Takes a sketch. */
type OnSketch = (sketch: Sketch) => void;

export interface OwnSketch {
  /** Tells the present sketch now, and later ones until the returned function is called. */
  subscribe(onSketch: OnSketch): () => void;
  close(): void;
}

/** Interval at which we look for news, ms: half of what a map may be late. */
const LOOK_MS = 100;
/** Interval at which measurements are told: round trips and coordinates change all the time, ms. */
const REFRESH_MS = 5000;

/** Creates the sketch of the SCX whose state `view` draws. */
export function createOwnSketch(view: () => GossamerView): OwnSketch {
  const subscribers = new Set<OnSketch>();
  let timer: NodeJS.Timeout | undefined;
  let told: { readonly sketch: Sketch; readonly at: number } | undefined;

  const look = (): void => {
    const sketch = sketchOf(view());
    const now = performance.now();
    const isOld = told === undefined || now - told.at >= REFRESH_MS;
    if (told !== undefined && !isOld && !isNews(told.sketch, sketch)) return;
    told = { sketch, at: now };
    for (const onSketch of [...subscribers]) onSketch(sketch);
  };

  const stop = (): void => {
    clearInterval(timer);
    timer = undefined;
    told = undefined;
  };

  return {
    subscribe: (onSketch) => {
      // A function of its own, as somebody may subscribe twice.
      const own: OnSketch = (sketch) => onSketch(sketch);
      const sketch = sketchOf(view());
      if (timer === undefined) {
        told = { sketch, at: performance.now() };
        timer = setInterval(look, LOOK_MS);
      }
      subscribers.add(own);
      own(sketch);
      return () => {
        subscribers.delete(own);
        if (subscribers.size === 0) stop();
      };
    },
    close: stop,
  };
}
