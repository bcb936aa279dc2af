import { readFileSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import MagicString from 'magic-string';
import typescript from '@rollup/plugin-typescript';
import { dts } from 'rollup-plugin-dts';
import { workerModule } from './scripts/worker-source.js';

const {
  exports,
  bin = {},
  dependencies,
  peerDependencies,
} = JSON.parse(readFileSync('package.json', 'utf8'));

const entryPoints = Object.values(exports).filter((target) => typeof target === 'object');
const scripts = [...entryPoints.map((target) => target.default), ...Object.values(bin)];
const declarations = entryPoints.map(({ types }) => types);

/** The sources of the entry points in package.json, by their place in dist. */
const sourcesOf = (paths) =>
  Object.fromEntries(
    paths
      .map((path) => path.replace(/^(\.\/)?dist\/|\.d\.ts$|\.js$/g, ''))
      .map((name) => [name, `lib/${name}.ts`]),
  );

/** Dependencies are not bundled. */
const external = [
  /^node:/,
  ...Object.keys({ ...dependencies, ...peerDependencies }).map(
    (name) => new RegExp(`^${name}(/|$)`),
  ),
];

const tsconfig = 'tsconfig.build.json';

/** Puts each name of a long import or export on a separate line. */
const shortLines = {
  name: 'short lines',
  renderChunk(code) {
    const text = new MagicString(code);
    for (const { index, 0: list } of code.matchAll(/^(?:import|export)[^\n{]*\{[^\n}]{100,}\}/gm)) {
      for (const { index: at } of list.matchAll(/(?<=\{) | (?=\})|(?<=,) /g)) {
        text.overwrite(index + at, index + at + 1, list[at + 1] === '}' ? '\n' : '\n    ');
      }
    }
    return { code: text.toString(), map: text.generateMap() };
  },
};

/** Loads the program of a worker thread, `./x.worker.js?source`, as a string. */
const workerSources = {
  name: 'worker sources',
  resolveId(source, importer) {
    const [, name] = /^(.*\.worker)\.js\?source$/.exec(source) ?? [];
    return name && `${resolve(importer, '..', name)}.ts?source`;
  },
  load(id) {
    const [, path] = /^(.*)\?source$/.exec(id) ?? [];
    if (path) {
      return { code: workerModule(path), map: { mappings: '' } };
    }
    return undefined;
  },
};

/** Whether more than one entry point, or program that one loads late, needs a module. */
const isShared = (id, { getModuleInfo }) => {
  const users = new Set([id]);
  users.forEach((user) => getModuleInfo(user).importers.forEach((each) => users.add(each)));
  const isLoaded = (user) =>
    getModuleInfo(user).isEntry || getModuleInfo(user).dynamicImporters.length > 0;
  return [...users].filter(isLoaded).length > 1;
};

rmSync('dist', { recursive: true, force: true });

/**
 * One readable file for each entry point, and one more for what they share: a file for each module would take four times as
 * long to load (docs/adr/0017-the-package-is-readable.md). Source maps lead to `lib`, which is in the package.
 *
 * @type {import('rollup').RollupOptions[]}
 */
export default [
  {
    input: sourcesOf(scripts),
    external,
    plugins: [
      workerSources,
      typescript({
        tsconfig,
        module: 'NodeNext',
        declaration: false,
        sourceMap: true,
        removeComments: true,
      }),
      shortLines,
    ],
    output: {
      dir: 'dist',
      sourcemap: true,
      sourcemapExcludeSources: true,
      minifyInternalExports: false,
      hoistTransitiveImports: false,
      // The command line loads its program late. That finds package.json relative to its own file.
      manualChunks: (id, graph) => (isShared(id, graph) ? 'shared' : undefined),
      chunkFileNames: ({ isDynamicEntry }) => (isDynamicEntry ? 'cli/[name].js' : 'shared.js'),
    },
  },
  {
    input: sourcesOf(declarations),
    external,
    plugins: [dts({ tsconfig, sourcemap: true }), shortLines],
    output: {
      dir: 'dist',
      sourcemap: true,
      sourcemapExcludeSources: true,
      // The other entry points take the types of the library from its own.
      manualChunks: (id) => (/\/lib\/integrations\//.test(id) ? undefined : 'index'),
    },
  },
];
