const WIDTH = 900;
const LABELS = 450;
const BAR = 18;
const ROW = 26;
const HEADING = 34;
const VALUE = 72;
const MARGIN = 12;

/** Returns an SVG with the requests per second of each server as bars, by framework, for light and dark pages. */
export function throughputChart(rates) {
  const most = Math.max(...Object.values(rates).map(({ max }) => max));
  const scale = (rate) => (rate / most) * (WIDTH - LABELS - VALUE);
  let y = MARGIN;
  const parts = [];
  for (const { framework, servers } of byFramework(rates)) {
    parts.push(
      `<text class="heading" x="${MARGIN}" y="${y + 20}">Nest on ${framework}, requests per second</text>`,
    );
    y += HEADING;
    for (const { name, median, min, max } of servers) {
      parts.push(bar(name, y, { length: scale(median), from: scale(min), to: scale(max), median }));
      y += ROW;
    }
    y += MARGIN;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" role="img">
<title>Guarded requests per second, more is better</title>
<style>${STYLE}</style>
<rect class="page" width="${WIDTH}" height="${y}" rx="6"/>
${parts.join('\n')}
</svg>
`;
}

const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .page { fill: #ffffff }
  .heading { font-weight: 600; font-size: 14px }
  .bar { fill: #8c959f }
  .ours { fill: #0969da }
  .spread { stroke: #24292f; stroke-width: 1.5 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .page { fill: #0d1117 }
    .bar { fill: #6e7681 }
    .ours { fill: #2f81f7 }
    .spread { stroke: #e6edf3 }
  }
`;

/** One server: its name, a bar up to the median, a line from the minimum to the maximum, and the median in figures. */
function bar(name, y, { length, from, to, median }) {
  const ours = name.startsWith('this library') ? ' ours' : '';
  const middle = y + BAR / 2;
  return [
    `<text x="${LABELS - 8}" y="${middle + 4}" text-anchor="end">${name}</text>`,
    `<rect class="bar${ours}" x="${LABELS}" y="${y}" width="${length.toFixed(1)}" height="${BAR}" rx="2"/>`,
    `<line class="spread" x1="${(LABELS + from).toFixed(1)}" x2="${(LABELS + to).toFixed(1)}" y1="${middle}" y2="${middle}"/>`,
    `<text x="${(LABELS + Math.max(length, to) + 6).toFixed(1)}" y="${middle + 4}">${Math.round(median).toLocaleString('en-US')}</text>`,
  ].join('');
}

/** Servers by framework, the fastest first; the name of a rate is `framework: server`. */
function byFramework(rates) {
  const sorted = Object.entries(rates).sort(([, a], [, b]) => b.median - a.median);
  return ['Express', 'Fastify'].map((framework) => {
    const prefix = `${framework}: `;
    const own = sorted.filter(([name]) => name.startsWith(prefix));
    const servers = own.map(([name, rate]) => ({ name: name.slice(prefix.length), ...rate }));
    return { framework, servers };
  });
}
