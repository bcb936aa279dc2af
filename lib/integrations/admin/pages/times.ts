import { html, type Html } from '../html.js';

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
];

/** Returns how far away a time is: "3 minutes ago", "in 2 days". */
export function distance(milliseconds: number): string {
  const [unit, length] = UNITS.find(([, each]) => Math.abs(milliseconds) >= each) ?? UNITS[3]!;
  return relative.format(Math.trunc(milliseconds / length), unit);
}

/** Returns a time in UTC, and how far away it is. */
export function time(date: Date, now: number): Html {
  const iso = date.toISOString();
  const text = `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
  return html`<time datetime="${iso}">${text}</time>
    <span class="hint">${distance(date.getTime() - now)}</span>`;
}
