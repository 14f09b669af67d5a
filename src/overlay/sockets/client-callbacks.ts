/** The callbacks of a source client, set by the SCX that serves it and called by its connection. */
import type { Adu, Source } from '../../gossamer/core/node.js';
import type { ClientMessage } from '../../wire/client-message.js';

/** Sets the callbacks, one each. */
export interface ClientCallbacks {
  onAdu(callback: (adu: Adu) => void): void;
  onMessage(callback: (message: ClientMessage) => void): void;
  /** The source with a newer statement. */
  onStated(callback: (source: Source) => void): void;
  /** Called once, unless the SCX itself closed the connection. */
  onClose(callback: (reason: string) => void): void;
}

/** The callbacks and the functions that call them, which do nothing until a callback is set. */
export interface ClientEvents {
  readonly callbacks: ClientCallbacks;
  onAdu(adu: Adu): void;
  onMessage(message: ClientMessage): void;
  onStated(source: Source): void;
  onClose(reason: string): void;
}

/** Creates events without callbacks. */
export function createClientEvents(): ClientEvents {
  let takeAdu = (_adu: Adu): void => {};
  let takeMessage = (_message: ClientMessage): void => {};
  let takeSource = (_source: Source): void => {};
  let takeClose = (_reason: string): void => {};
  return {
    callbacks: {
      onAdu: (callback) => {
        takeAdu = callback;
      },
      onMessage: (callback) => {
        takeMessage = callback;
      },
      onStated: (callback) => {
        takeSource = callback;
      },
      onClose: (callback) => {
        takeClose = callback;
      },
    },
    onAdu: (adu) => takeAdu(adu),
    onMessage: (message) => takeMessage(message),
    onStated: (source) => takeSource(source),
    onClose: (reason) => takeClose(reason),
  };
}
