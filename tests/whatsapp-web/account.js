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
    this.login = await login.get();
    try {
      const found = this.login && await this.post('login', this.login);
      if (found) {
        this.me = found.me;
        await known.recall();
        this.listen();
        return this.linked(found.me);
      }
    } catch (error) {
      await login.forget();
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
    await login.forget();
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
          await known.kept;
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
        await login.put(this.login);
        return this.linked(event.me);
      case 'unlinked':
        return this.logout('primary_removed', false);
      case 'letter':
        return receive(event);
      case 'group':
        return heardOfGroup(event.stanza);
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

// What outlives the page: its login, and what it knows of messages and people. `act` gets the store of that name.
function database(name, act) {
  return new Promise((resolve, reject) => {
    const open = indexedDB.open('standin', 2);
    open.onupgradeneeded = () => {
      for (const store of ['login', 'known']) {
        if (!open.result.objectStoreNames.contains(store)) open.result.createObjectStore(store);
      }
    };
    open.onerror = () => reject(open.error);
    open.onsuccess = () => {
      const transaction = open.result.transaction(name, 'readwrite', {durability: 'strict'});
      const request = act(transaction.objectStore(name));
      transaction.oncomplete = () => {
        open.result.close();
        resolve(request.result);
      };
      transaction.onerror = () => reject(transaction.error);
    };
  });
}
const login = {
  get: () => database('login', (store) => store.get(1)),
  put: (value) => database('login', (store) => store.put(value, 1)),
  forget: () => Promise.all(['login', 'known'].map((name) => database(name, (store) => store.clear()))),
};

// Messages and people as text, with ids as ids again when they are read.
const known = {
  write: (value) => JSON.stringify(value, function mark(name, plain) {
    const held = this[name];
    return held instanceof Wid ? {wid: String(held)} : held instanceof MsgKey ? {key: String(held)} : plain;
  }),
  read: (text) => JSON.parse(text, (name, held) =>
      (held?.wid && Object.keys(held).length === 1 ? new Wid(held.wid) :
       held?.key && Object.keys(held).length === 1 && typeof held.key === 'string' ? MsgKey.fromString(held.key) : held)),
  recalling: false,
  kept: Promise.resolve(),  // once all is
  keep(name, value) {
    if (!account.me || known.recalling) return;
    const text = known.write(value);
    const put = database('known', (store) => store.put(text, name)).catch(console.error);
    known.kept = Promise.all([known.kept, put]);
  },
  async recall() {
    const all = (await database('known', (store) => store.getAll())).map(known.read);
    known.recalling = true;
    all.filter((each) => each.pn).forEach(meet);
    for (const message of all.filter((each) => each.id).sort((one, other) => one.t - other.t)) {
      store({...message, isNewMsg: false});
      if (!message.id.fromMe && !message.seen && message.type !== 'gp2') {
        const chat = chatOf(message.id.remote);
        chat.set({unreadCount: chat.unreadCount + 1});
      }
    }
    known.recalling = false;
  },
};
messages.on('add change', (message) => known.keep(String(message.id), message.attributes));

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
