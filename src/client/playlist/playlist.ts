/**
 * The program of a broadcaster: songs one after the other, repeated if wanted, or a stream. All
 * files that the user has named are checked before the broadcast begins, so that a misspelt name is
 * not found out in the middle of the night. A file that breaks later, or that was only found in a
 * directory or playlist, is skipped with a warning: a radio that goes on with the next song is
 * better than silence.
 *
 * Songs follow each other at a frame boundary, without a gap. The silence that an encoder adds at
 * both ends of a file (about 50 ms) remains, because it is inside the frames.
 */
import type { Readable } from 'node:stream';
import { EXIT, UserError } from '../../lib/user-error.js';
import { dropAbsent } from '../../session/drop-absent.js';
import type { BitrateKbps } from '../encode/encode-job.js';
import { createEncoder, differs } from '../encode/encoder.js';
import type { Station } from '../pull/icy-stream.js';
import { labelOf, pull } from '../pull/pull.js';
import { tellStalls } from '../track/stall-watch.js';
import { readTrack, type TrackEvent } from '../track/track.js';
import { openFile, openStream } from '../track/track-input.js';
import { shuffled } from './shuffle.js';
import { listSongs, type Song } from './song-list.js';

export type PlaylistEvent =
  | { readonly kind: 'track' }
  | TrackEvent
  | { readonly kind: 'skipped'; readonly reason: string };

/** Songs to play. */
interface FilesProgram {
  readonly kind: 'files';
  /** Files, directories, `.m3u` and `.pls` playlists. */
  readonly files: readonly string[];
  /** The title of songs without one in their tags or playlist; default: from their files' names. */
  readonly title?: string;
  readonly loop: boolean;
  /** Play in random order, a new one in each round. */
  readonly shuffle?: boolean;
  /** Songs with another bit rate or format are re-encoded (encoder.ts). */
  readonly bitrateKbps?: BitrateKbps;
}

/** What to play: songs, standard input, or the stream of another server. */
export type Program =
  | FilesProgram
  | { readonly kind: 'stream'; readonly stream: Readable }
  | {
      readonly kind: 'pull';
      readonly url: URL;
      /** Takes what each connection says about the stream. */
      readonly onStation?: (station: Station) => void;
    };

/** Looking for one that plays takes time from here on, so the user is told. Guess. */
const FOUND_BROKEN_TOLD = 20;

/**
 * Checks the program and begins it. Rejects with a UserError that lists every file that cannot be
 * read or does not begin with MP3; a stream is read up to its first frame. `tell` is called with
 * one sentence when an input stalls, or when a connection is lost or restored.
 */
export async function openPlaylist(
  program: Program,
  tell: (text: string) => void,
  signal: AbortSignal,
): Promise<AsyncGenerator<PlaylistEvent>> {
  if (program.kind === 'files') {
    const { files, title } = program;
    const songs = (await listSongs(files, tell)).map((song) => dropAbsent({ title, ...song }));
    await checkSongs(songs, tell);
    return playRounds(program, songs);
  }
  return playTrack(await begin(openLive(program, tell, signal)));
}

function openLive(
  program: Exclude<Program, FilesProgram>,
  tell: (text: string) => void,
  signal: AbortSignal,
): AsyncGenerator<TrackEvent> {
  if (program.kind === 'pull') {
    const { url, onStation } = program;
    const options = dropAbsent({ urls: [url], tell, signal, onStation });
    return tellStalls(pull(options), labelOf(url), tell);
  }
  const input = openStream(program.stream);
  return tellStalls(readTrack(input), input.file, tell);
}

async function checkSongs(songs: readonly Song[], tell: (text: string) => void): Promise<void> {
  const named = songs.filter((song) => song.named);
  const problems = await problemsOf(named);
  if (problems.length > 0) throw new UserError(EXIT.file, problems.join('\n'));
  if (named.length === 0) await checkFound(songs, tell);
}

async function problemsOf(songs: readonly Song[]): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const file of new Set(songs.map((song) => song.file))) {
    const reason = await findProblem(file);
    if (reason !== undefined) problems.push(reason);
  }
  return problems;
}

/** At least one of the files that were found must play; the others are skipped when it is their turn. */
async function checkFound(songs: readonly Song[], tell: (text: string) => void): Promise<void> {
  let first: string | undefined;
  for (const [index, { file }] of songs.entries()) {
    const reason = await findProblem(file);
    if (reason === undefined) return;
    first ??= reason;
    if (index + 1 === FOUND_BROKEN_TOLD)
      tell(`the first ${index + 1} files found cannot be played`);
  }
  throw new UserError(EXIT.file, `none of the files found can be played; the first one: ${first}`);
}

async function findProblem(file: string): Promise<string | undefined> {
  try {
    const { rest } = await begin(readTrack(await openFile(file)));
    await rest.return(undefined);
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

/** The message of a UserError. Throws any other error again. */
function reasonOf(error: unknown): string {
  if (error instanceof UserError) return error.message;
  throw error;
}

/** A recording that has been read up to its first frame. */
interface Begun {
  readonly head: readonly TrackEvent[];
  readonly rest: AsyncGenerator<TrackEvent>;
}

async function begin(rest: AsyncGenerator<TrackEvent>): Promise<Begun> {
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

async function* playRounds(
  program: FilesProgram,
  songs: readonly Song[],
): AsyncGenerator<PlaylistEvent> {
  const opener = createOpener(program.bitrateKbps);
  const { loop, shuffle = false } = program;
  const different = [...new Map(songs.map((song) => [song.file, song])).values()];
  let last: Song | undefined;
  let played: boolean;
  try {
    do {
      played = false;
      for (const song of shuffle ? shuffled(different, last, Math.random) : songs) {
        last = song;
        for await (const event of playSong(song, opener.open)) {
          played ||= event.kind === 'frame';
          yield event;
        }
      }
    } while (loop && played);
  } finally {
    opener.close();
  }
  if (!played) throw new UserError(EXIT.file, 'none of the files can be played any longer');
}

type OpenSong = (song: Song) => Promise<AsyncGenerator<TrackEvent>>;

async function* playSong(song: Song, open: OpenSong): AsyncGenerator<PlaylistEvent> {
  try {
    yield* playTrack(await begin(await open(song)));
  } catch (error) {
    yield { kind: 'skipped', reason: reasonOf(error) };
  }
}

/** Opens songs, and re-encodes those that differ from the bit rate, if one is given. */
function createOpener(bitrateKbps: BitrateKbps | undefined): {
  readonly open: OpenSong;
  readonly close: () => void;
} {
  const read: OpenSong = async ({ file, title }) => readTrack(await openFile(file, title));
  if (bitrateKbps === undefined) return { open: read, close: () => undefined };
  const encoder = createEncoder(bitrateKbps);
  const open: OpenSong = async (song) => {
    const isLike = !(await differs(await read(song), bitrateKbps));
    return isLike ? read(song) : encoder.encode(await read(song), song.file);
  };
  return { open, close: encoder.close };
}
