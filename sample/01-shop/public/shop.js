import { ask, COOKIE_NOT_KEPT, Refusal, refusalOf } from './api.js';
import { showBasket, showProducts } from './basket.js';
import { BrowserSession } from './browser-session.js';
import { clockTime, hideTimeLeft, showTimeLeft } from './countdown.js';
import { showDevices } from './devices.js';
import { forget, isRemembered, remember, wordsOfEnd } from './farewell.js';
import { $, complain, tell } from './page.js';

/** How often a visible page checks whether it is still signed in. */
const CHECK_MS = 20_000;

/** The customer on the page with their basket, or `undefined`. */
let customer;

/**
 * The customer of a session that expired while this tab was open. The next login of the same person restores the
 * basket.
 */
let leftBehind;

/** What shows the latest change of the session. */
let showing;

const session = new BrowserSession('/session', {
  checkEvery: CHECK_MS,
  onTick: showTimeLeft,
  onChange: (state, before) => {
    if (state.live) {
      remember(state.endsAt);
      $('ends-at').textContent = clockTime(state.endsAt);
    }
    if (!customer || !before || state.id !== before.id) {
      showing = attempt(() => show(state));
    }
  },
  onError: (error) => complain(refusalOf('GET', error).message),
});
const otherTabs = new BroadcastChannel('shop');

const checkSession = () =>
  session.check().catch((error) => {
    throw refusalOf('GET', error);
  });

/** Shows the state of the shop. If this runs several times at once, the last one counts. */
let latest = 0;
async function show(state) {
  const turn = ++latest;
  if (!state.live) {
    return showStranger(state);
  }
  const paths = ['/me', '/basket', '/devices'];
  const [{ name }, basket, devices] = await Promise.all(paths.map((path) => ask('GET', path)));
  if (turn === latest) {
    showCustomer({ name, basket }, devices);
  }
}

/** Asks the shop for its current state, and shows that. */
async function refresh() {
  const turn = latest;
  const state = await checkSession();
  await showing;
  if (turn === latest) {
    await show(state);
  }
}

function showCustomer(next, devices) {
  const isNew = customer === undefined && !$('stranger').hidden;
  customer = next;
  $('name').textContent = customer.name;
  showBasket(customer.basket, remove);
  showDevices(devices, signOut);
  reveal('customer');
  if (isNew) {
    $('shelf-title').focus();
  }
}

function showStranger(state) {
  const wasThere = customer !== undefined || isRemembered();
  let words = wasThere ? wordsOfEnd(state) : undefined;
  if (state.code === 'SESSION_EXPIRED' && customer?.basket.length > 0) {
    leftBehind = customer;
    words += ` Log in again as ${customer.name}, and your basket comes back.`;
  } else if (words) {
    words += ' Log in to go on.';
  }
  if (state.code === 'SESSION_MISSING') {
    forget();
  }
  hideCustomer();
  reveal('stranger');
  if (words) {
    tell(words);
    $('login-name').focus();
  }
}

function hideCustomer() {
  customer = undefined;
  hideTimeLeft();
  $('name').textContent = '';
  showBasket([]);
  showDevices([]);
  reveal(undefined);
}

function reveal(part) {
  $('stranger').hidden = part !== 'stranger';
  $('customer').hidden = part !== 'customer';
  $('account').hidden = part !== 'customer';
}

/**
 * Runs `work` and shows its error. An earlier message stays: the page also works in the background, so it may not have
 * been read.
 */
async function attempt(work) {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Refusal)) {
      throw error;
    }
    if (error.status !== 401) {
      return complain(error.message);
    }
    // A late response may be about a session that another tab has replaced since, so ask the shop what is true now.
    await attempt(refresh);
    if (customer) {
      complain('That request used a session that has ended in the meantime. Try again.');
    }
  }
}

/** Shows what has changed, here and in the other tabs. */
async function changed(news) {
  await refresh();
  otherTabs.postMessage('changed');
  tell(news);
}

/** Runs an action of the user, without earlier messages. */
const act = (work) => {
  complain();
  tell();
  return attempt(work);
};

const add = ({ id, name }) =>
  act(async () => {
    await ask('POST', '/basket', { id, amount: 1 });
    await changed(`${name}: added to your basket.`);
  });

const remove = ({ id, name }) =>
  act(async () => {
    await ask('DELETE', `/basket/${id}`);
    await changed(`${name}: no longer in your basket.`);
  });

const signOut = ({ id, name }) =>
  act(async () => {
    await ask('DELETE', `/devices/${id}`);
    await changed(`${name} is signed out.`);
  });

$('sign-out-elsewhere').onclick = () =>
  act(async () => {
    const { ended } = await ask('DELETE', '/devices');
    await changed(
      ended === 1 ? 'One other device is signed out.' : `${ended} other devices are signed out.`,
    );
  });

async function logIn(name) {
  await ask('POST', '/login', { name });
  if (!(await checkSession()).live) {
    return complain(COOKIE_NOT_KEPT);
  }
  const basket = leftBehind?.name === name ? leftBehind.basket : [];
  leftBehind = undefined;
  for (const { id, amount } of basket) {
    await ask('POST', '/basket', { id, amount });
  }
  await changed(basket.length > 0 ? 'Welcome back. Your basket is as you left it.' : undefined);
}

$('login').onsubmit = async (event) => {
  event.preventDefault();
  const form = event.currentTarget;
  if (form.ariaBusy === 'true') {
    return; // A second press would log in twice.
  }
  form.ariaBusy = 'true';
  const name = new FormData(form).get('name');
  await act(() => logIn(name)).finally(() => {
    form.ariaBusy = 'false';
  });
};

$('logout').onclick = () =>
  act(async () => {
    await ask('POST', '/logout');
    forget();
    hideCustomer();
    await changed('You are logged out.');
    $('login-name').focus();
  });

$('stay').onclick = () =>
  act(async () => {
    await session.renew().catch((error) => {
      throw refusalOf('POST', error);
    });
    await changed('You stay signed in.');
  });

const tryAgain = () =>
  attempt(async () => {
    await refresh();
    complain();
  });

$('problem').querySelector('button').onclick = tryAgain;

/** Shows what other tabs and devices have changed. The session itself is checked without it. */
const showNews = () => customer && attempt(() => show(session.state));

otherTabs.onmessage = showNews;
addEventListener('focus', showNews);
addEventListener('online', tryAgain);
addEventListener('offline', () =>
  complain('You are offline. What you do now does not reach the shop.'),
);

// The browser may keep this page for the back button, so it must not show a customer's data.
addEventListener('pagehide', hideCustomer);
addEventListener('pageshow', ({ persisted }) => persisted && attempt(refresh));

showProducts(add);
