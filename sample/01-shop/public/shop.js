import { ask, COOKIE_NOT_KEPT, Refusal } from './api.js';
import { showBasket, showProducts } from './basket.js';
import { Countdown } from './countdown.js';
import { showDevices } from './devices.js';
import { forget, isRemembered, reasonOfEnd, remember } from './farewell.js';
import { $, complain, tell } from './page.js';

/** The customer on the page with their basket, or `undefined`. */
let customer;

/**
 * The customer of a session that expired while this tab was open. The next login of the same person restores the
 * basket.
 */
let leftBehind;

const countdown = new Countdown(() => attempt(check));
const otherTabs = new BroadcastChannel('shop');

/** Returns the status of this session. Its end counts from the request, since the response may take long. */
async function askStatus() {
  const askedAt = Date.now();
  const { endsIn, ...status } = await ask('GET', '/session');
  return { ...status, askedAt, endsAt: askedAt + endsIn };
}

/** Shows the current state of the shop. If several refreshes run at once, the last one counts. */
let latest = 0;
async function refresh() {
  const turn = ++latest;
  const status = await askStatus();
  if (turn !== latest) {
    return;
  }
  if (status.name === undefined) {
    return showStranger(status, turn);
  }
  const [basket, devices] = await Promise.all([ask('GET', '/basket'), ask('GET', '/devices')]);
  if (turn === latest) {
    keepTime(status);
    showCustomer({ name: status.name, basket }, devices);
  }
}

/** Checks the session without renewing it: a page that is only open must not keep its session alive. */
async function check() {
  const status = await askStatus();
  if (status.name === customer?.name) {
    keepTime(status);
  } else {
    await refresh();
  }
}

function keepTime({ askedAt, endsAt }) {
  remember(endsAt);
  countdown.start(askedAt, endsAt);
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

async function showStranger({ idleTimeout }, turn) {
  const wasThere = customer !== undefined || isRemembered();
  const end = wasThere ? await reasonOfEnd(idleTimeout) : undefined;
  if (turn !== latest) {
    return;
  }
  if (end?.code === 'SESSION_EXPIRED' && customer?.basket.length > 0) {
    leftBehind = customer;
    end.words += ` Log in again as ${customer.name}, and your basket comes back.`;
  } else if (end) {
    end.words += ' Log in to go on.';
  }
  if (end?.code === 'SESSION_MISSING') {
    forget();
  }
  hideCustomer();
  reveal('stranger');
  if (end) {
    tell(end.words);
    $('login-name').focus();
  }
}

function hideCustomer() {
  customer = undefined;
  countdown.stop();
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
  otherTabs.postMessage('changed');
  await refresh();
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

$('login').onsubmit = (event) => {
  event.preventDefault();
  const name = new FormData(event.currentTarget).get('name');
  return act(async () => {
    await ask('POST', '/login', { name });
    if ((await ask('GET', '/session')).name === undefined) {
      return complain(COOKIE_NOT_KEPT);
    }
    const basket = leftBehind?.name === name ? leftBehind.basket : [];
    leftBehind = undefined;
    for (const { id, amount } of basket) {
      await ask('POST', '/basket', { id, amount });
    }
    await changed(basket.length > 0 ? 'Welcome back. Your basket is as you left it.' : undefined);
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
    await ask('POST', '/session/renew');
    await changed('You stay signed in.');
  });

const tryAgain = () =>
  attempt(async () => {
    await refresh();
    complain();
  });

$('problem').querySelector('button').onclick = tryAgain;

otherTabs.onmessage = () => attempt(refresh);
addEventListener('focus', () => attempt(refresh));
addEventListener('online', tryAgain);
addEventListener('offline', () =>
  complain('You are offline. What you do now does not reach the shop.'),
);

// The browser may keep this page for the back button, so it must not show a customer's data.
addEventListener('pagehide', hideCustomer);
addEventListener('pageshow', () => attempt(refresh));

showProducts(add);
