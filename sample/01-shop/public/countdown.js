import { $ } from './page.js';

const SECOND = 1000;

/** How long before the end the page warns: long enough for anyone to respond (WCAG 2.2, 2.2.1). */
const WARNING = 120 * SECOND;

const SPOKEN = [
  [20 * SECOND, '20 seconds'],
  [60 * SECOND, 'one minute'],
  [WARNING, 'two minutes'],
];

/** What screen readers heard last. A text that is set again is spoken again. */
let lastSpoken;

/** Shows how long the session lives, and warns before its end. */
export function showTimeLeft(left) {
  $('ending').hidden = left > WARNING;
  $('countdown').textContent = minutesAndSeconds(left);
  const [, spoken] = SPOKEN.find(([limit]) => left <= limit) ?? [];
  if (spoken !== lastSpoken) {
    lastSpoken = spoken;
    $('warning').textContent = spoken
      ? `You will be signed out in ${spoken}, unless you choose “Stay signed in”.`
      : '';
  }
}

export const hideTimeLeft = () => showTimeLeft(Infinity);

/** "14:03", or "25 November at 14:03" if that is another day; by the visitor's own clock. */
export function clockTime(moment) {
  const date = new Date(moment);
  const isToday = date.toDateString() === new Date().toDateString();
  const day = isToday ? {} : { day: 'numeric', month: 'long' };
  return date.toLocaleString('en-GB', { hour: '2-digit', minute: '2-digit', ...day });
}

function minutesAndSeconds(milliseconds) {
  const seconds = Math.ceil(milliseconds / SECOND);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
