/**
 * The file that a cluster runs to start an SCX. It is the built main file even in a process that
 * runs from the sources, as tests do.
 */
import { fileURLToPath } from 'node:url';

export const ENTRY = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? '../../dist/cli/main.js' : '../main.js',
    import.meta.url,
  ),
);
