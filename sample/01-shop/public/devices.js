import { $, button, drawing, element, replaceItems } from './page.js';

const MINUTE = 60_000;
const STEPS = [
  ['day', 24 * 60 * MINUTE],
  ['hour', 60 * MINUTE],
  ['minute', MINUTE],
];
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

export function showDevices(devices, onSignOut) {
  const here = devices.filter(({ current }) => current);
  const elsewhere = devices.filter(({ current }) => !current);
  replaceItems(
    $('devices'),
    [...here, ...elsewhere].map((device) =>
      element(
        'li',
        {},
        element(
          'div',
          {},
          device.name,
          ...(device.bound ? [key()] : []),
          element('span', { className: 'hint' }, device.place),
          element('span', { className: 'hint' }, lastSeen(device)),
        ),
        device.current
          ? element('span', { className: 'badge' }, 'This device')
          : button('Sign out', device.name, device.id, () => onSignOut(device), 'quiet'),
      ),
    ),
  );
  $('sign-out-elsewhere').hidden = elsewhere.length === 0;
}

/** Returns the key beside a device whose browser proves that it still is that device. */
function key() {
  const svg = drawing('key.svg', 'key');
  svg.setAttribute('class', 'key');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', 'Bound to its device');
  return svg;
}

/** Returns when a device was last used. The shop records this to the minute. */
function lastSeen({ current, lastSeen }) {
  if (current) {
    return 'active now';
  }
  const ago = Date.now() - Date.parse(lastSeen);
  const [unit, length] = STEPS.find(([, length]) => ago >= length) ?? [];
  const words = unit ? relative.format(-Math.floor(ago / length), unit) : 'just now';
  return element('time', { dateTime: lastSeen }, `last seen ${words}`);
}
