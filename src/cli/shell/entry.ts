/** The file that a cluster runs to start an SCX: the built main file, also when we are not. */
import { fileURLToPath } from 'node:url';

export const ENTRY = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? '../../dist/cli/main.js' : '../main.js',
    import.meta.url,
  ),
);
