import { readFileSync, rmSync } from 'node:fs';
import typescript from '@rollup/plugin-typescript';
import { minify } from '@swc/core';
import { dts } from 'rollup-plugin-dts';

const {
  exports,
  bin = {},
  dependencies,
  peerDependencies,
} = JSON.parse(readFileSync('package.json', 'utf8'));

const entryPoints = Object.values(exports).filter((target) => typeof target === 'object');
const scripts = [...entryPoints.map((target) => target.default), ...Object.values(bin)];
const declarations = entryPoints.map(({ types }) => types);

/** The sources of what package.json names, by their place in dist. */
const sourcesOf = (paths) =>
  Object.fromEntries(
    paths
      .map((path) => path.replace(/^(\.\/)?dist\/|\.d\.ts$|\.js$/g, ''))
      .map((name) => [name, `lib/${name}.ts`]),
  );

/** What is installed beside the package stays there. */
const external = [
  /^node:/,
  ...Object.keys({ ...dependencies, ...peerDependencies }).map(
    (name) => new RegExp(`^${name}(/|$)`),
  ),
];

const tsconfig = 'tsconfig.build.json';

/** Takes out comments, spaces and the names of variables; those of classes and functions stay, for stack traces. */
const compact = {
  name: 'compact',
  async renderChunk(source) {
    const kept = { keep_classnames: true, keep_fnames: true };
    const options = { module: true, compress: kept, mangle: kept };
    // A second time, since the first leaves more that can be joined.
    return minify((await minify(source, options)).code, options);
  },
};

rmSync('dist', { recursive: true, force: true });

/**
 * One file for each entry point, and what they share in one more, since reading a file for each module would delay the start
 * of every application.
 *
 * @type {import('rollup').RollupOptions[]}
 */
export default [
  {
    input: sourcesOf(scripts),
    external,
    plugins: [typescript({ tsconfig, module: 'NodeNext', declaration: false }), compact],
    output: {
      dir: 'dist',
      hoistTransitiveImports: false,
      // The command line loads its program late, and that finds package.json from where it stands.
      chunkFileNames: ({ isDynamicEntry }) => (isDynamicEntry ? 'cli/[name].js' : '[name].js'),
    },
  },
  {
    // With the comments, for editors.
    input: sourcesOf(declarations),
    external,
    plugins: [dts({ tsconfig })],
    output: { dir: 'dist' },
  },
];
