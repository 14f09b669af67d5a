/**
 * A file that an overlay is recorded to, in lines (api/overlay-map/overlay-record.ts). It is written at
 * once, so that what is there when the program is stopped is a whole recording.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import {
  type OverlayLine,
  RECORD_BYTES_MAX,
  type RecordHeader,
} from '../../api/overlay-map/overlay-record.js';
import { EXIT, systemReason, UserError } from '../../lib/user-error.js';

export interface RecordingFile {
  /** False when the recording is as large as it may become: it has ended. */
  write(line: OverlayLine | RecordHeader): boolean;
  /** Lines so far. */
  readonly lines: number;
  close(): void;
}

/** Begins a recording; replaces an earlier one. Throws a UserError if the file cannot be written. */
export function openRecording(path: string, bytesMax = RECORD_BYTES_MAX): RecordingFile {
  const attempt = <Value>(act: () => Value): Value => {
    try {
      return act();
    } catch (error) {
      throw new UserError(EXIT.file, `cannot write the recording ${path} (${systemReason(error)})`);
    }
  };
  const file = attempt(() => openSync(path, 'w'));
  let [bytes, lines] = [0, 0];
  return {
    write: (line) => {
      const text = `${JSON.stringify(line)}\n`;
      if (bytes + text.length > bytesMax) return false;
      attempt(() => writeSync(file, text));
      bytes += text.length;
      lines++;
      return true;
    },
    get lines() {
      return lines;
    },
    close: () => closeSync(file),
  };
}
