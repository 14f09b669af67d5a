/**
 * The environment of a process that we start. It is ours without the SCATTERCAST_ variables, which
 * configure this process and may hold its secrets; the child gets the one variable meant for it.
 */

/** This process's environment for a child, with `variables` added. */
export function childEnvironment(variables: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('SCATTERCAST_'),
  );
  return { ...Object.fromEntries(inherited), ...variables };
}
