/** Returns the address of a page of the module, by its path behind that of the module. */
export type Links = (to?: string) => string;

/**
 * Returns links that are relative to a page, so that they also lead to the right place behind a global prefix, or a proxy
 * that cuts the beginning of paths off.
 *
 * @param url of the page, as the framework received it
 * @param root the last segment of the module's path
 * @param depth how many segments the page's path has behind that of the module
 */
export function linksFrom(url: string, root: string, depth: number): Links {
  const path = url.split('?', 1)[0]!;
  const up = '../'.repeat(depth + (path.endsWith('/') ? 1 : 0));
  return (to = '') => up + root + (to === '' || to.startsWith('?') ? to : `/${to}`);
}
