const WIDTH = 480;
const VALUE = 70;
const BAR = 16;
const ROW = 48;
const HEADING = 34;
const MARGIN = 12;

/** What the chart shows of the contenders, by their names and in this order; the other contenders are in the table. */
const SHOWN = {
  'no sessions': 'the route without sessions',
  'this library, SQLite': 'this library, SQLite',
  'this library, PostgreSQL': 'this library, PostgreSQL',
  'express-session + connect-redis, disableTouch': 'Redis: express-session, disableTouch',
  'express-session + connect-redis': 'Redis: express-session',
  '@fastify/session + connect-redis, rolling: false': 'Redis: @fastify/session, rolling: false',
  '@fastify/session + connect-redis': 'Redis: @fastify/session',
  'jose, HS256': 'JWT: jose, HS256',
  '@nestjs/jwt, HS256': 'JWT: @nestjs/jwt, HS256',
};

/**
 * Returns an SVG with the requests per second of this library, Redis and JWT as bars, for light and dark pages. Each
 * framework has a scale of its own. The labels are above the bars, so that a phone can show them in a readable size.
 */
export function throughputChart(rates) {
  let y = MARGIN;
  const parts = [];
  for (const framework of ['Express', 'Fastify']) {
    const servers = shownOf(framework, rates);
    const most = Math.max(...servers.map(({ max }) => max));
    const scale = (rate) => (rate / most) * (WIDTH - 2 * MARGIN - VALUE);
    parts.push(
      `<text class="heading" x="${MARGIN}" y="${y + 20}">Nest on ${framework}, requests per second</text>`,
    );
    y += HEADING;
    for (const { label, median, min, max } of servers) {
      const sizes = { length: scale(median), from: scale(min), to: scale(max), median };
      parts.push(bar(label, y, sizes));
      y += ROW;
    }
    y += MARGIN;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y}" viewBox="0 0 ${WIDTH} ${y}" role="img">
<title>Guarded requests per second, more is better</title>
<style>${STYLE}</style>
<rect class="page" width="${WIDTH}" height="${y}" rx="6"/>
${parts.join('\n')}
</svg>
`;
}

const STYLE = `
  text { font: 15px system-ui, sans-serif; fill: #24292f }
  .page { fill: #ffffff }
  .heading { font-weight: 600; font-size: 17px }
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

/** One server: its label, a bar up to the median, a line from the minimum to the maximum, and the median in figures. */
function bar(label, y, { length, from, to, median }) {
  const ours = label.startsWith('this library') ? ' ours' : '';
  const top = y + 20;
  const middle = top + BAR / 2;
  return [
    `<text x="${MARGIN}" y="${y + 14}">${label}</text>`,
    `<rect class="bar${ours}" x="${MARGIN}" y="${top}" width="${length.toFixed(1)}" height="${BAR}" rx="2"/>`,
    `<line class="spread" x1="${(MARGIN + from).toFixed(1)}" x2="${(MARGIN + to).toFixed(1)}" y1="${middle}" y2="${middle}"/>`,
    `<text x="${(MARGIN + Math.max(length, to) + 6).toFixed(1)}" y="${middle + 5}">${Math.round(median).toLocaleString('en-US')}</text>`,
  ].join('');
}

/** Returns the rates of a framework that the chart shows; the name of a rate is `framework: contender`. */
function shownOf(framework, rates) {
  return Object.entries(SHOWN)
    .map(([name, label]) => ({ label, ...rates[`${framework}: ${name}`] }))
    .filter(({ median }) => median !== undefined);
}
