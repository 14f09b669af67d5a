import { describe, expect, test } from 'vitest';
import { parseConfigFile } from '../../../src/cli/options/config-file.js';

const problemsOf = (json: string): readonly string[] => parseConfigFile('/f.json', json).problems;

describe('The configuration file', () => {
  test('may contain the options of all commands, and sections', () => {
    const json = JSON.stringify({
      ...{ cluster: 'http://a.example:8000', port: 8000, dataDir: '/var/lib/scattercast' },
      broadcast: { loop: true },
    });
    expect(problemsOf(json)).toEqual([]);
  });

  test('is refused with the nearest name for each unknown field', () => {
    const json = '{"prot": 1, "Cluster": "x", "broadcast": {"lop": true}, "brodcast": {}}';
    expect(problemsOf(json)).toEqual([
      'unknown field "prot" in /f.json: did you mean "port"?',
      'unknown field "Cluster" in /f.json: did you mean "cluster"?',
      'unknown field "lop" in "broadcast" of /f.json: did you mean "loop"?',
      'unknown field "brodcast" in /f.json: did you mean "broadcast"?',
    ]);
  });

  test('is refused when a section is not an object', () => {
    expect(problemsOf('{"broadcast": true}')).toEqual([
      '"broadcast" in /f.json must be an object with the options of that command',
    ]);
  });

  test('is refused when it has a section for the cluster command', () => {
    expect(problemsOf('{"cluster": {"port": 80}}')).toEqual([
      '"cluster" in /f.json must be an address; put the options of the command at the top level',
    ]);
  });

  test('is refused when it is not JSON, or not an object', () => {
    expect(problemsOf('{"port": 80,}')[0]).toMatch(/^\/f\.json is not valid JSON: /);
    for (const json of ['[]', 'null', '8000', '"x"']) {
      expect(problemsOf(json)[0]).toMatch(/^\/f\.json must contain one JSON object/);
    }
  });
});
