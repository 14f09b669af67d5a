/**
 * SCXs that watch us, because the operators of their clusters look at the overlay: each gets our sketch
 * over a connection of its own. Whoever may take part in the session may watch, as an SCX tells the same
 * to everybody in `GET /status`.
 *
 * Bounded: watchersMax.
 */
import { encodeSketch } from '../../wire/encoder.js';
import type { Admission } from '../sockets/admission.js';
import type { Connection } from '../sockets/connection.js';
import { controlHello, type OverlayContext } from '../sockets/context.js';
import type { OwnSketch } from './own-sketch.js';

export interface Watchers {
  admit(): Admission;
}

/** Nobody watches yet. */
export function createWatchers(context: OverlayContext, own: OwnSketch): Watchers {
  let watchers = 0;

  const become = (connection: Connection): void => {
    watchers++;
    const unsubscribe = own.subscribe((sketch) => connection.send(encodeSketch(sketch)));
    let isOpen = true;
    const end = (): void => {
      if (!isOpen) return;
      isOpen = false;
      watchers--;
      unsubscribe();
    };
    connection.handTo(
      {
        onArrival: ({ kind }) => {
          end();
          connection.reject('unexpected', `${kind} from a watcher`);
        },
        onDrain: () => {},
        onClose: end,
      },
      'control',
    );
  };

  return {
    admit: () =>
      watchers < context.limits.watchersMax
        ? { kind: 'admitted', answer: controlHello(context), onOpen: become }
        : { kind: 'refused', reason: 'too many watch this SCX' },
  };
}
