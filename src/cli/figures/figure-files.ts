/** Writes the figures to a directory: a page, and for each figure its data and its picture. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EXIT, systemReason, UserError } from '../../lib/user-error.js';
import { csvOf } from '../../simulator/figures/presentation/csv.js';
import { drawChart, standAlone, WIDE } from './chart/chart-svg.js';
import { type Drawn, type Origin, reportOf } from './report-page.js';

/** Makes the directory, with those above it. Rejects with a UserError if it cannot. */
export const makeDirectory = (directory: string): Promise<unknown> =>
  orUserError(directory, mkdir(directory, { recursive: true }));

/**
 * Writes all files, over those of an earlier report. Returns the path of the page. Rejects with a
 * UserError if a file cannot be written.
 */
export async function writeFigures(
  directory: string,
  drawn: readonly Drawn[],
  origin: Origin,
): Promise<string> {
  const page = join(directory, 'index.html');
  const files: (readonly [path: string, content: string])[] = [[page, reportOf(drawn, origin)]];
  for (const { figure, drawing } of drawn) {
    files.push([join(directory, `${figure.id}.csv`), csvOf(drawing.data)]);
    const svg = standAlone(drawChart(drawing.chart, WIDE, figure.id));
    files.push([join(directory, `${figure.id}.svg`), svg]);
  }
  for (const [path, content] of files) await orUserError(path, writeFile(path, content));
  return page;
}

async function orUserError(path: string, done: Promise<unknown>): Promise<void> {
  try {
    await done;
  } catch (error) {
    const reason = systemReason(error);
    if (reason === undefined) throw error;
    throw new UserError(EXIT.file, `cannot write ${path}: ${reason}`);
  }
}
