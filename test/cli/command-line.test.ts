/**
 * The command line without its process: help texts and usage errors. See main.test.ts for the rest.
 */
import { join, resolve } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { runProgram } from '../../src/cli/command-line.js';
import { COMMANDS } from '../../src/cli/command-list.js';
import { explainFailure } from '../../src/cli/shell/failure.js';

const ROOT = resolve(import.meta.dirname, '../..');
const TS1000N = `gtitm:${join(ROOT, 'test/fixtures/topologies/ts1000n-0.txt.gz')}`;
const AT = ['--cluster', 'a', '--announcement', 'b'];

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly lines: readonly string[];
}

/** What main.ts would print and answer. */
async function run(words: readonly string[]): Promise<Outcome> {
  let stdout = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text, ...rest) => {
    stdout += text;
    for (const onWritten of rest) if (typeof onWritten === 'function') onWritten();
    return true;
  });
  try {
    await runProgram(words);
    return { code: 0, stdout, lines: [] };
  } catch (error) {
    const { lines, exitCode } = explainFailure(error, false);
    return { code: exitCode, stdout, lines };
  } finally {
    write.mockRestore();
  }
}

describe('The help', () => {
  test('lists all commands with examples and exit codes', async () => {
    const { code, stdout } = await run(['--help']);
    expect(code).toBe(0);
    for (const { name } of COMMANDS) expect(stdout).toMatch(new RegExp(`^ {2}${name} `, 'm'));
    expect(COMMANDS.map(({ name }) => name)).toEqual([
      ...['demo', 'cluster', 'announce', 'ticket', 'broadcast', 'tune', 'send', 'relay', 'status'],
      ...['redirector', 'doctor'],
      ...['simulate', 'figures'],
    ]);
    expect(stdout).toContain('Examples:');
    expect(stdout).toContain('  3  a port is in use');
    expect(stdout).not.toMatch(/^ {2}scx/m);
  });

  test.each(COMMANDS.map(({ name }) => name))(
    'of %s has examples, variables and exit codes',
    async (name) => {
      const direct = await run([name, '--help']);
      expect(direct.code).toBe(0);
      expect(await run(['help', name])).toEqual(direct);
      expect(direct.stdout).toContain('Exit codes:');
      expect(direct.stdout).toContain(`  scattercast ${name}`);
      expect(direct.stdout.replace(/\s+/g, ' ')).toMatch(/\[SCATTERCAST_[A-Z_]+\]/);
    },
  );
});

describe('A usage error', () => {
  test.each([
    [[], /no command is given/],
    [['brodcast'], /unknown command 'brodcast' .*broadcast/],
    [['status', '--clustr', 'x'], /unknown option '--clustr' .*--cluster/],
    [['simulate', '--degree', '4,3'], /acceptedEdgesMax must exceed/],
    [
      ['simulate', '--scxs', '2', '--sources', '3'],
      /--sources 3 is too many: it must not be more than --scxs, 2/,
    ],
    [
      ['simulate', '--scxs', '2000', '--topology', TS1000N],
      /--scxs 2000 is too many: the topology has only 1000 nodes/,
    ],
    [['broadcast', ...AT], /nothing to play: name MP3 files/],
    [
      ['broadcast', ...AT, '--bitrate', '100', 'a.mp3'],
      /--bitrate must be one of 32, .*, got "100"/,
    ],
    [['broadcast', ...AT, '--shuffle', '-'], /--loop, --shuffle and --bitrate are for files/],
    [['broadcast', ...AT, '--from', 'http://h/m', 'a.mp3'], /--from is a stream: no other files/],
    [['broadcast', ...AT, '--from', 'ftp://me:hackme@h/m'], /--from must be the URL of a stream/],
    [['broadcast', '--cluster', 'a,b/c', '--announcement', 'b', 'c.mp3'], /--cluster must be/],
    [['relay', ...AT, '--to', 'icecast://source:hackme@h'], /--to must be like icecast:/],
    [['status', '--cluster'], /argument missing/],
    [['status', 'x', '--cluster', 'localhost:9'], /too many arguments/],
    [['cluster', '--port', 'x'], /--port must be a whole number/],
    [
      ['cluster', '--data', '/nowhere', '--foreign-recordings-max-bytes', '1'],
      /--foreign-recordings-max-bytes needs --keep-max/,
    ],
    [
      ['cluster', '--data', '/nowhere', '--platform', 'swarm', '--keep-max', '4h'],
      /nothing can be recorded on a Docker Swarm.*leave --keep-max out/,
    ],
    [
      ['announce', '--cluster', 'localhost:9', '--name', 'night'],
      /--name: a session name must have the form/,
    ],
    [['broadcast', ...AT, '-', 'c.mp3'], /standard input/],
  ])('%j is answered in one line with exit code 2', async (words, pattern) => {
    const { code, stdout, lines } = await run(words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(lines).toEqual([expect.stringMatching(/^scattercast: /)]);
    expect(lines[0]).toMatch(pattern);
    expect(lines[0]).not.toContain('hackme');
  });
});
