/** Returns whether an environment variable is unset or has a name in its list: `Express,Fastify`. */
export function isChosen(variable: string, name: string): boolean {
  const names = process.env[variable]?.split(',');
  return names?.includes(name) ?? true;
}
