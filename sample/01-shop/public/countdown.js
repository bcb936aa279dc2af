import { $ } from './page.js';

const SECOND = 1000;

/** How long before the end the page warns: long enough for anyone to respond (WCAG 2.2, 2.2.1). */
const WARNING = 120 * SECOND;

/** How often a visible page checks whether it is still signed in. */
const CHECK = 20 * SECOND;

const SPOKEN = [
  [20 * SECOND, '20 seconds'],
  [60 * SECOND, 'one minute'],
  [WARNING, 'two minutes'],
];

/** Counts down to the end of the session, warns before it, and calls `onDoubt` when the page should ask the shop. */
export class Countdown {
  #endsAt;
  #checkedAt;
  #spoken;
  #timer;
  #onDoubt;

  constructor(onDoubt) {
    this.#onDoubt = onDoubt;
  }

  /** Starts the countdown to `endsAt`, which the shop returned for a request at `askedAt`. */
  start(askedAt, endsAt) {
    this.#checkedAt = askedAt;
    this.#endsAt = endsAt;
    $('ends-at').textContent = clockTime(endsAt);
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#tick(), SECOND);
    this.#show(endsAt - Date.now());
  }

  stop() {
    clearInterval(this.#timer);
    $('ending').hidden = true;
    $('warning').textContent = '';
  }

  #tick() {
    const left = this.#endsAt - Date.now();
    this.#show(left);
    const hasEnded = left <= 0 && this.#checkedAt < this.#endsAt;
    const isLookedAt = document.visibilityState === 'visible';
    if (hasEnded || (isLookedAt && Date.now() - this.#checkedAt >= CHECK)) {
      this.#checkedAt = Date.now();
      this.#onDoubt();
    }
  }

  #show(left) {
    $('ending').hidden = left > WARNING;
    $('countdown').textContent = minutesAndSeconds(Math.max(0, left));
    const [, spoken] = SPOKEN.find(([limit]) => left <= limit) ?? [];
    if (spoken !== this.#spoken) {
      this.#spoken = spoken;
      $('warning').textContent = spoken
        ? `You will be signed out in ${spoken}, unless you choose “Stay signed in”.`
        : '';
    }
  }
}

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
