/** Where what is received goes. */
import type { Adu } from '../../../gossamer/core/node.js';
import { EXIT, systemReason, UserError } from '../../../lib/user-error.js';

/** One MP3 frame. */
export interface SoundFrame {
  readonly bytes: Uint8Array;
  readonly durationMs: number;
  /** The title that holds; null: none. */
  readonly title: string | null;
}

/** A destination of what is received. */
export interface Output {
  /** Takes a frame. Returns a promise if it must not be given more before that resolves. */
  onFrame(frame: SoundFrame): Promise<unknown> | undefined;
  /** Takes an ADU of a channel other than that of sound; as above. */
  onAdu(adu: Adu): Promise<unknown> | undefined;
  /** Resolves when it ends by itself, for example as a player is closed. Rejects with a UserError. */
  readonly ended: Promise<void>;
  /** Writes what is left and ends. Rejects with a UserError. */
  end(): Promise<void>;
}

/** The problem of writing to `name`. */
export const writeProblem = (name: string, error: unknown): UserError =>
  new UserError(EXIT.file, `cannot write ${name}: ${systemReason(error) ?? 'unknown reason'}`);
