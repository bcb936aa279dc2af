/** Whether an environment variable, where it is set, has a name in its list: `Express,Fastify`. */
export function isChosen(variable: string, name: string): boolean {
  const names = process.env[variable]?.split(',');
  return names?.includes(name) ?? true;
}
