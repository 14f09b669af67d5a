import { describe, expect, test } from 'vitest';
import { parseConfigFile } from '../../../src/cli/options/config-file.js';

const problemsOf = (json: string): readonly string[] => parseConfigFile('/f.json', json).problems;

describe('The configuration file', () => {
  test('may hold the options of all commands, and sections', () => {
    const json = JSON.stringify({
      ...{ cluster: 'http://a.example:8000', port: 8000, dataDir: '/var/lib/scattercast' },
      broadcast: { loop: true },
    });
    expect(problemsOf(json)).toEqual([]);
  });

  test('is refused with the nearest name for each field that is not known', () => {
    const json = '{"prot": 1, "Cluster": "x", "broadcast": {"lop": true}, "brodcast": {}}';
    expect(problemsOf(json)).toEqual([
      'unknown field "prot" in /f.json: did you mean "port"?',
      'unknown field "Cluster" in /f.json: did you mean "cluster"?',
      'unknown field "lop" in "broadcast" of /f.json: did you mean "loop"?',
      'unknown field "brodcast" in /f.json: did you mean "broadcast"?',
    ]);
  });

  test('is refused when a section is no object', () => {
    expect(problemsOf('{"broadcast": true}')).toEqual([
      '"broadcast" in /f.json must be an object with the options of that command',
    ]);
  });

  test('is refused when it has a section for the cluster command, whose options are at the top', () => {
    expect(problemsOf('{"cluster": {"port": 80}}')).toEqual([
      '"cluster" in /f.json is an address; its command\'s options stand at the top',
    ]);
  });

  test('is refused when it is no JSON, or no object', () => {
    expect(problemsOf('{"port": 80,}')[0]).toMatch(/^\/f\.json is no JSON: /);
    for (const json of ['[]', 'null', '8000', '"x"']) {
      expect(problemsOf(json)[0]).toMatch(/^\/f\.json must hold one JSON object/);
    }
  });
});
