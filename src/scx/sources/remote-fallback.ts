/**
 * The fallback file of an SCX on another machine than its front end: it is fetched from the front end,
 * part by part and sealed (runtime/sealed-text.ts), into the temporary directory, and is played from
 * there. Until it is here, what was played before is played.
 *
 * Bounded: one file at a time, FALLBACK_BYTES_MAX; the file before is removed.
 */
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { FallbackFile } from '../../api/fallback-launch.js';
import type { RemoteFallback } from '../../api/lease.js';
import { FALLBACK_BYTES_MAX } from '../../api/publishing.js';
import { createProvenClient } from '../../http/proven-client.js';
import { unseal } from '../../runtime/sealed-text.js';

export interface RemoteFallbackOptions {
  /** The cluster's secret. */
  readonly token: string;
  readonly log: Logger;
  /** Where the file is kept; default: the temporary directory. */
  readonly folder?: string;
}

export interface RemoteFallbacks {
  /**
   * The file here; undefined: it is still being fetched from the front end at `url`, or cannot be
   * read.
   */
  localOf(url: string, remote: RemoteFallback): FallbackFile | undefined;
}

const ASK_MS = 10_000;
const ANSWER_BYTES_MAX = 4 * 2 ** 20; // a part of 1 MiB, sealed
const RETRY_MS = 5000; // guess

/** Creates the fetching; there is no file yet. */
export function createRemoteFallbacks(options: RemoteFallbackOptions): RemoteFallbacks {
  const { token, log, folder = tmpdir() } = options;
  let here: string | undefined;
  let isBusy = false;
  const pathOf = (file: string): string => `${folder}/${file}`;

  async function fetchInto(output: FileHandle, url: string, file: string): Promise<void> {
    const ask = createProvenClient(token, true);
    const limits = { withinMs: ASK_MS, answerBytesMax: ANSWER_BYTES_MAX };
    for (let from = 0; from <= FALLBACK_BYTES_MAX; ) {
      const at = new URL(`${url}/replica/fallbacks/${file}?from=${from}`);
      const answer = await ask({ url: at, method: 'GET', ...limits });
      const part = answer.status === 200 ? unseal(token, answer.text) : undefined;
      if (part === undefined) throw new Error(`status ${answer.status}`);
      if (part === '') return;
      const bytes = Buffer.from(part, 'base64');
      await output.writeFile(bytes);
      from += bytes.length;
    }
  }

  const fetchFile = async (url: string, file: string): Promise<void> => {
    const beside = `${pathOf(file)}.tmp`;
    const output = await open(beside, 'w', 0o600);
    try {
      await fetchInto(output, url, file);
      await rename(beside, pathOf(file));
    } finally {
      await output.close();
      await rm(beside, { force: true });
    }
    const before = here;
    here = file;
    if (before !== undefined) await rm(pathOf(before), { force: true });
  };

  const begin = async (url: string, file: string): Promise<void> => {
    isBusy = true;
    await fetchFile(url, file).catch(async ({ message }: Error) => {
      log.warn({ url, file, message }, 'The fallback cannot be fetched; it is tried again.');
      await pause(RETRY_MS, undefined, { ref: false });
    });
    isBusy = false;
  };

  return {
    localOf: (url, { file, title, sealedSeed }) => {
      if (here !== file && !isBusy) void begin(url, file);
      const seed = unseal(token, sealedSeed);
      return here === file && seed !== undefined ? { path: pathOf(file), title, seed } : undefined;
    },
  };
}
