/** The manual page that the Debian package installs. */
import { beforeAll, expect, test } from 'vitest';
import { manPage } from '../../scripts/packaging/man-page.js';
import { COMMANDS } from '../../src/cli/command-list.js';
import { flagOf } from '../../src/cli/options/option.js';
import { EXIT } from '../../src/lib/user-error.js';

let lines: readonly string[] = [];
beforeAll(async () => {
  lines = (await manPage('1.2.3', '2026-01-02')).split('\n');
});

/** As it is written in the page. */
const written = (text: string): string => text.replaceAll('-', '\\-');

test('The manual page has every command, flag and example of the help', async () => {
  const page = lines.join('\n');
  for (const { name, load } of COMMANDS) {
    const from = page.indexOf(`.SS ${name} [FLAG]...`);
    expect([name, from > 0]).toEqual([name, true]);
    const section = page.slice(from, page.indexOf('\n.SS ', from + 1));
    const { options, examples } = await load();
    for (const [field, option] of Object.entries(options)) {
      expect(section).toContain(`.B ${written(flagOf(field, option))}`);
    }
    for (const example of examples) expect(section).toContain(written(example));
  }
});

test('The manual page has its version, the exit codes, and no flag that the help hides', () => {
  expect(lines[0]).toBe('.TH SCATTERCAST 1 2026-01-02 "scattercast 1.2.3" "User Commands"');
  for (const code of Object.values(EXIT)) {
    expect(lines.some((line) => line.startsWith(`  ${code}  `))).toBe(true);
  }
  expect(lines.filter((line) => line.startsWith('.B \\-\\-no\\-'))).toEqual([]);
});

test('No text of the manual page is taken for a request', () => {
  const requests = new Set(['.TH', '.SH', '.SS', '.PP', '.TP', '.B', '.nf', '.fi']);
  for (const line of lines.filter((one) => /^[.']/.test(one))) {
    expect(requests).toContain(line.split(' ')[0]);
  }
});
