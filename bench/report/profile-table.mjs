import { table } from './tables.mjs';

/** The shares of a CPU profile's busy time by whose code it was, the largest first. */
export function profileTable({ nodes, samples, timeDeltas }) {
  const ownerOf = new Map(nodes.map(({ id, callFrame }) => [id, owner(callFrame)]));
  const times = new Map();
  samples.forEach((id, index) => {
    const who = ownerOf.get(id);
    times.set(who, (times.get(who) ?? 0) + timeDeltas[index]);
  });
  times.delete('(idle)');
  const busy = [...times.values()].reduce((sum, time) => sum + time, 0);
  const rows = [...times]
    .sort(([, a], [, b]) => b - a)
    .map(([who, time]) => [who, `${((time / busy) * 100).toFixed(1)} %`])
    .filter(([, share]) => share !== '0.0 %');
  return table(['Whose code', 'Share of the busy time'], rows);
}

/** The package of a function, the folder of ours, the part of Node, or what V8 says of itself: `(garbage collector)`. */
function owner({ url, functionName }) {
  const [, own] = /\/dist\/(\w+)[/.]/.exec(url) ?? [];
  const [, installed] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? [];
  const [, builtIn] = /^node:(?:internal\/)?(\w+)/.exec(url) ?? [];
  if (installed) {
    return installed;
  }
  if (builtIn) {
    return `Node: ${builtIn}`;
  }
  return own ? `this library: ${own}` : url === '' ? functionName : 'the application';
}
