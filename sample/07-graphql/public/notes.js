const byId = (id) => document.getElementById(id);
const say = (text) => (byId('status').textContent = text);

/** Sends an operation. The browser adds the cookie. */
async function send(query, variables = {}) {
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  if (errors) {
    say(errors[0].extensions.code);
  }
  return errors ? undefined : data;
}

const show = (note) => {
  const item = document.createElement('li');
  item.textContent = note;
  byId('notes').append(item);
};

/** Subscribes by the protocol of graphql-ws; most applications use its client. */
function subscribe() {
  const url = `${location.origin.replace('http', 'ws')}/graphql`;
  const socket = new WebSocket(url, 'graphql-transport-ws');
  const tell = (message) => socket.send(JSON.stringify(message));
  socket.onopen = () => tell({ type: 'connection_init' });
  socket.onmessage = ({ data }) => {
    const { type, payload } = JSON.parse(data);
    if (type === 'connection_ack') {
      tell({ id: '1', type: 'subscribe', payload: { query: 'subscription { noteAdded }' } });
    } else if (type === 'next' && payload.data) {
      show(payload.data.noteAdded);
    } else if (type === 'ping') {
      tell({ type: 'pong' });
    }
  };
  socket.onclose = ({ code, reason }) => say(`Closed: ${code} ${reason}`);
}

async function open() {
  const data = await send('{ me notes }');
  if (data) {
    say(`Hello ${data.me}`);
    byId('notes').replaceChildren();
    data.notes.forEach(show);
    subscribe();
  }
}

byId('login').onsubmit = async (event) => {
  event.preventDefault();
  const name = new FormData(event.target).get('name');
  if (await send('mutation ($name: String!) { login(name: $name) }', { name })) {
    await open();
  }
};
byId('note').onsubmit = async (event) => {
  event.preventDefault();
  const text = new FormData(event.target).get('text');
  await send('mutation ($text: String!) { addNote(text: $text) }', { text });
  event.target.reset();
};
byId('logout').onclick = () => send('mutation { logout }');
await open();
