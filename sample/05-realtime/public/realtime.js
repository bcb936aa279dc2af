// Socket.IO serves its client beside its own endpoint.
import { io } from '/socket.io/socket.io.esm.min.js';

const byId = (id) => document.getElementById(id);

/** What the page says if the session has ended. */
const FAREWELLS = {
  logout: 'You signed out.',
  replaced: 'You signed in again.',
  evicted: 'You signed in on too many devices.',
  revoked: 'You were signed out.',
  expired: 'You were away for too long.',
  ended: 'Your session has ended.',
};

let socket;
let stream;

/** Opens the socket and the stream. The browser sends the cookie with both. */
function enter(name) {
  show(true, `Hello ${name}`);
  byId('messages').replaceChildren();
  socket = io();
  socket.on('said', ({ author, text }) => addMessage(`${author}: ${text}`));
  socket.on('session-ended', leave);
  socket.on('connect_error', ({ data }) => data && leave(data));
  stream = new EventSource('/presence');
  stream.onmessage = ({ data }) => (byId('present').textContent = JSON.parse(data).present);
  stream.addEventListener('session-ended', ({ data }) => leave(JSON.parse(data)));
}

/** Gets the end of the session from the socket, the stream, or the body of a 401. */
function leave({ code, reason = code.replace('SESSION_', '').toLowerCase() }) {
  if (reason === 'rotated' || reason === 'device') {
    return; // The session goes on: the socket and the stream reconnect with the new cookie.
  }
  socket?.close();
  stream?.close();
  show(false, FAREWELLS[reason] ?? '');
}

function show(isSignedIn, status) {
  byId('login').hidden = isSignedIn;
  byId('room').hidden = !isSignedIn;
  byId('status').textContent = status;
}

function addMessage(text) {
  const item = document.createElement('li');
  item.textContent = text;
  byId('messages').append(item);
}

async function start() {
  const response = await fetch('/me');
  const body = await response.json();
  if (response.ok) {
    enter(body.userId);
  } else {
    leave(body);
  }
}

const post = (path, body = {}) =>
  fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

byId('login').onsubmit = async (event) => {
  event.preventDefault();
  await post('/login', Object.fromEntries(new FormData(event.target)));
  await start();
};
byId('message').onsubmit = (event) => {
  event.preventDefault();
  socket.emit('say', new FormData(event.target).get('text'));
  event.target.reset();
};
byId('logout').onclick = () => post('/logout');
await start();
