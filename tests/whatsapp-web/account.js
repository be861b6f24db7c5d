// SPDX-License-Identifier: Apache-2.0
// What happens on the page: codes, a scan, messages, logout. The other end is the simulator.
'use strict';

const account = {
  me: null,      // {id, lid, name} once linked
  keys: null,    // what the code is made of: noise, identity, adv, in base64
  login: null,   // {client, token}: what is kept over a restart
  seen: 0,       // events taken

  // About messages and people, once linked.
  ask(path, body) {
    return this.post(path, {...this.login, ...body});
  },
  async post(path, body) {
    const answer = await fetch(`/api/${path}`, {method: 'POST', body: JSON.stringify(body)});
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return answer.json();
  },
  async code(phone) {
    return (await this.post('code', {...this.login, phone})).code;
  },

  async start() {
    this.login = await database('get');
    try {
      const known = this.login && await this.post('login', this.login);
      if (known) {
        this.listen();
        return this.linked(known.me);
      }
    } catch (error) {
      await database('delete');
    }
    const offer = await this.post('register', {});
    this.keys = offer.keys;
    this.login = offer.login;
    this.seen = 0;
    this.listen();
    this.rotate(offer.refs);
  },

  // A new code every refMs, then idle until somebody asks for more.
  rotate(refs) {
    Socket.state = 'UNPAIRED';
    Stream.set({mode: 'QR', info: 'NORMAL'});
    const next = () => {
      if (this.me) return;
      if (refs.length === 0) {
        Socket.state = 'UNPAIRED_IDLE';
        Cmd.once('refresh_qr', async () => this.rotate((await this.post('refs', this.login)).refs));
        return;
      }
      Conn.ref = refs.shift();
      setTimeout(next, window.standInOptions.refMs ?? 20000);
    };
    next();
  },

  async linked(me) {
    this.me = me;
    Conn.set({ref: null, connected: true});
    Socket.state = 'OPENING';
    Stream.mode = 'SYNCING';
    await findGroups().catch(() => {});
    Socket.state = 'CONNECTED';
    Cmd.mainLoaded();
    Stream.set({mode: 'MAIN', info: 'NORMAL'});
    Socket.hasSynced = true;
    await new Promise((resolve) => setTimeout(resolve, 20));
    Conn.set({pushname: me.name, platform: 'android'});  // a little late, as it really is
  },

  async logout(reason, here) {
    Stream.info = 'STARTING_LOGOUT';
    Cmd.trigger('starting_logout');
    importModule('WAWebLogoutReason').getErrorCodeFromLogoutReason(reason);
    if (here) await this.post('logout', this.login).catch(() => {});
    Cmd.trigger('logout');
    if (!here) Cmd.trigger('logout_from_bridge');
    await database('delete');
    this.me = null;
    setTimeout(() => location.replace(`/?post_logout=1&logout_reason=${reason}`), 50);
  },

  async listen() {
    for (;;) {
      try {
        const {events} = await this.post('events', {...this.login, after: this.seen});
        for (const event of events) {
          this.seen = event.number;
          await this.take(event);
        }
      } catch (error) {
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    }
  },

  async take(event) {
    switch (event.type) {
      case 'linked':
        Socket.state = 'PAIRING';
        await database('put', this.login);
        return this.linked(event.me);
      case 'unlinked':
        return this.logout('primary_removed', false);
      case 'letter':
        return receive(event);
      case 'group':
        return groupMetadata.find(new Wid(event.stanza.attrs.from)).catch(() => {});  // maybe not ours any more
      case 'receipt':
        return receipt(event);
      case 'presence':
        return presences.take(event);
      case 'stanza':
        await importModule('WAWap').decodeStanza(event.stanza);
        return;
      case 'state':
        Socket.state = event.state;
        return;
      case 'run':  // for tests: what the page itself might do
        new Function(event.script)();
    }
  },
};

// One record of one store: the login, where it survives a kill.
function database(action, value) {
  return new Promise((resolve, reject) => {
    const open = indexedDB.open('standin', 1);
    open.onupgradeneeded = () => open.result.createObjectStore('login');
    open.onerror = () => reject(open.error);
    open.onsuccess = () => {
      const transaction = open.result.transaction('login', 'readwrite', {durability: 'strict'});
      const store = transaction.objectStore('login');
      const request = action === 'put' ? store.put(value, 1) : store[action](1);
      transaction.oncomplete = () => {
        open.result.close();
        resolve(request.result);
      };
      transaction.onerror = () => reject(transaction.error);
    };
  });
}

// What people see.
function show() {
  document.getElementById('state').textContent = Socket.state;
  document.getElementById('title').textContent =
      account.me ? `${Conn.pushname} (${account.me.id})` : 'Scan to link this device';
  document.getElementById('code').textContent = account.me ? '' : Conn.ref ?? '';
}
Socket.on('change', show);
Conn.on('change', show);
messages.on('add', (message) => {
  const line = document.createElement('li');
  line.textContent = `${message.from ?? 'me'}: ${message.body}`;
  document.getElementById('messages').append(line);
});

window.Debug = {VERSION: kVersion};
window.__d = define;
window.require = importModule;
account.start();
