const byId = (id) => document.getElementById(id);
const account = await (await fetch('/me')).json();

byId('status').textContent = account.name
  ? `Hello ${account.name}, you are logged in on ${account.devices} device(s).`
  : (account.message ?? '');
byId(account.name ? 'logout' : 'login').hidden = false;
