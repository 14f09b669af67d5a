/**
 * Stands in for the process that plays a fallback: writes its document to the file that it should
 * play, a line for each start, and lives until its input ends; or dies, if it is called so.
 */
import { appendFileSync } from 'node:fs';
import process from 'node:process';

const text = process.env.SCATTERCAST_FALLBACK ?? '';
const { file } = JSON.parse(text);
const words = process.argv.slice(2).join(' ');
appendFileSync(file.path, `${JSON.stringify({ words, text, pid: process.pid })}\n`);
if (file.title === 'dies') process.exit(1);
process.stdin.on('end', () => process.exit(0)).resume();
