/** Returns whether an environment variable is unset or has a name in its list: `Express,Fastify`. */
export function isChosen(variable: string, name: string): boolean {
  const names = process.env[variable]?.split(',');
  return names?.includes(name) ?? true;
}

/** @throws Error if the list of an environment variable has a name that nothing has, so that no suite is left out by a typo */
export function requireKnown(variable: string, names: readonly string[]): void {
  const unknown = process.env[variable]?.split(',').filter((name) => !names.includes(name)) ?? [];
  if (unknown.length > 0) {
    throw new Error(
      `${variable} must be a list of ${names.join(', ')}, got ${unknown.join(', ')}.`,
    );
  }
}
