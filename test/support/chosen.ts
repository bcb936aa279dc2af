/** Those whose names an environment variable lists, separated by commas; all where it is not set. */
export function chosen<Named extends { readonly name: string }>(
  variable: string,
  all: readonly Named[],
): readonly Named[] {
  const names = process.env[variable]?.split(',');
  return names ? all.filter(({ name }) => names.includes(name)) : all;
}
