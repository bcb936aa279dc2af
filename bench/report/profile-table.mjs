import { table } from './tables.mjs';

/**
 * Returns the shares of a CPU profile's busy time by the owner of the code, the largest first, without those under 1 %.
 */
export function profileTable({ nodes, samples, timeDeltas }) {
  const ownerOf = owners(nodes);
  const times = new Map();
  samples.forEach((id, index) => {
    const who = ownerOf.get(id);
    times.set(who, (times.get(who) ?? 0) + timeDeltas[index]);
  });
  times.delete('(idle)');
  const busy = [...times.values()].reduce((sum, time) => sum + time, 0);
  const rows = [...times]
    .filter(([, time]) => time >= busy / 100)
    .sort(([, a], [, b]) => b - a)
    .map(([who, time]) => [who, `${((time / busy) * 100).toFixed(1)} %`]);
  return table(['Whose code', 'Share of the busy time'], rows);
}

/** Returns the owner of each node's code; native code belongs to its caller. */
function owners(nodes) {
  const ownerOf = new Map();
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const visit = ({ id, callFrame, children = [] }, caller) => {
    const who = owner(callFrame) ?? caller;
    ownerOf.set(id, who ?? callFrame.functionName);
    children.forEach((child) => visit(byId.get(child), who));
  };
  visit(nodes[0]);
  return ownerOf;
}

/** Returns the package of a function; `undefined` if it has no file. */
function owner({ url }) {
  const [, installed] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? [];
  if (installed) {
    return installed;
  }
  if (url.startsWith('node:')) {
    return 'Node';
  }
  if (url !== '') {
    return url.includes('/dist/') ? 'this library' : 'the application';
  }
  return undefined;
}
