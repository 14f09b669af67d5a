/**
 * What a broadcaster plays: files one after the other, perhaps over and over, or a stream. All
 * files are looked at before anything goes on the air, because the worst moment to learn of a
 * wrong file name is at three in the morning. What breaks later is skipped with a warning: a
 * radio that goes on with the next song is better than silence.
 */
import type { Readable } from 'node:stream';
import { EXIT, UserError } from '../lib/user-error.js';
import { readTrack, type TrackEvent } from './track.js';
import { openFile, openStream, type TrackInput } from './track-input.js';

export type PlaylistEvent =
  | { readonly kind: 'track' }
  | TrackEvent
  | { readonly kind: 'skipped'; readonly reason: string };

/** What to play. */
export type Program =
  | { readonly kind: 'files'; readonly files: readonly string[]; readonly loop: boolean }
  | { readonly kind: 'stream'; readonly stream: Readable };

/**
 * Checks the program and begins it. Rejects with a UserError that names every file that cannot be
 * read or does not begin with MP3; a stream is read up to its first frame.
 */
export async function openPlaylist(program: Program): Promise<AsyncGenerator<PlaylistEvent>> {
  if (program.kind === 'files') {
    await checkFiles(program.files);
    return playFiles(program.files, program.loop);
  }
  const begun = await begin(openStream(program.stream));
  return playTrack(begun);
}

async function checkFiles(files: readonly string[]): Promise<void> {
  const problems: string[] = [];
  for (const file of new Set(files)) {
    const reason = await findProblem(file);
    if (reason !== undefined) problems.push(reason);
  }
  if (problems.length > 0) throw new UserError(EXIT.file, problems.join('\n'));
}

async function findProblem(file: string): Promise<string | undefined> {
  try {
    const { rest } = await begin(await openFile(file));
    await rest.return(undefined);
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

/** The sentence of a UserError; anything else is not for the user. */
function reasonOf(error: unknown): string {
  if (error instanceof UserError) return error.message;
  throw error;
}

/** A recording that was read up to its first frame. */
interface Begun {
  readonly head: readonly TrackEvent[];
  readonly rest: AsyncGenerator<TrackEvent>;
}

async function begin(input: TrackInput): Promise<Begun> {
  const rest = readTrack(input);
  const head: TrackEvent[] = [];
  while (head.at(-1)?.kind !== 'frame') {
    const next = await rest.next();
    if (next.done) break;
    head.push(next.value);
  }
  return { head, rest };
}

async function* playTrack({ head, rest }: Begun): AsyncGenerator<PlaylistEvent> {
  try {
    yield { kind: 'track' };
    yield* head;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}

async function* playFiles(files: readonly string[], loop: boolean): AsyncGenerator<PlaylistEvent> {
  let played: boolean;
  do {
    played = false;
    for (const file of files) {
      for await (const event of playFile(file)) {
        played ||= event.kind === 'frame';
        yield event;
      }
    }
  } while (loop && played);
  if (!played) throw new UserError(EXIT.file, 'none of the files can be played any more');
}

async function* playFile(file: string): AsyncGenerator<PlaylistEvent> {
  try {
    yield* playTrack(await begin(await openFile(file)));
  } catch (error) {
    yield { kind: 'skipped', reason: reasonOf(error) };
  }
}
