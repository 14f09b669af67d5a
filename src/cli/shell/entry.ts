/**
 * The file that a cluster runs to start an SCX. It is the built main file even in a process that
 * runs from the sources, as tests do.
 */
import { fileURLToPath } from 'node:url';
import { packageFile } from '../../runtime/package-files.js';

export const ENTRY = fileURLToPath(packageFile('dist/cli/main.js'));
