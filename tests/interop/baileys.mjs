// SPDX-License-Identifier: Apache-2.0
// One Baileys device, of either release, driven step by step. Nothing of the package is changed on disk.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load, require } from './clients.mjs';

// Out of the box these packages ignore what the signature check says; a witness must not.
const curve = require('libsignal/src/curve.js');
const verify = curve.verifySignature;
curve.verifySignature = (...parameters) => {
  if (verify(...parameters) !== true) throw new Error('the signature does not hold');
  return true;
};

const kLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];
const shown = process.env.WAX_CLIENT_LOG ?? '';
function logger() {
  const log = { level: 'trace', child: () => log };
  for (const level of kLevels) {
    log[level] = (...what) => {
      if (shown && kLevels.indexOf(level) >= kLevels.indexOf(shown)) console.error(`[${level}]`, ...what);
    };
  }
  return log;
}

const kVersions = { 6: ['baileys6', 'lib', 'index.js'], 7: ['baileys7', 'lib', 'index.js'] };
// Only a failing test waits that long; a busy machine may need more than is customary.
const kTimeoutMs = 120000;

export class Baileys {
  static async create(release, simulator) {
    const package_ = await load(...kVersions[release]);
    if (package_.WA_CERT_DETAILS) package_.WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(simulator.root_key, 'hex');
    const client = new Baileys();
    Object.assign(client, { release, simulator, package_, directory: mkdtempSync(join(tmpdir(), 'waxwing-baileys-')) });
    client.auth = await package_.useMultiFileAuthState(client.directory);
    // The older release holds every event back until the phone has shared such a key.
    if (release === 6) client.auth.state.creds.myAppStateKeyId = 'AAAAAA==';
    client.updates = [];
    client.messages = [];
    client.receipts = [];
    client.readers = [];  // in groups
    client.presences = [];
    client.sent = new Map();  // what it may be asked for again, by id
    client.waiting = [];
    return client;
  }

  connect() {
    const makeSocket = this.package_.default?.makeWASocket ?? this.package_.makeWASocket ?? this.package_.default;
    this.socket = makeSocket({
      auth: this.auth.state,
      logger: logger(),
      waWebSocketUrl: this.simulator.endpoint,
      shouldSyncHistoryMessage: () => false,
      defaultQueryTimeoutMs: 60000,
      getMessage: async ({ id }) => this.sent.get(id),
      printQRInTerminal: false,
    });
    this.socket.ev.on('creds.update', () => { this.saving = this.auth.saveCreds(); });
    this.socket.ev.on('connection.update', (update) => { this.updates.push(update); this.wake(); });
    this.socket.ev.on('messages.upsert', ({ messages }) => { this.messages.push(...messages); this.wake(); });
    this.socket.ev.on('messages.update', (changes) => { this.receipts.push(...changes); this.wake(); });
    this.socket.ev.on('message-receipt.update', (changes) => { this.readers.push(...changes); this.wake(); });
    this.socket.ev.on('presence.update', (presence) => { this.presences.push(presence); this.wake(); });
  }

  wake() { this.waiting = this.waiting.filter((check) => !check()); }

  // The first entry of `list` that fits, now or later; it is taken out.
  next(list, fits, what) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`Baileys ${this.release} waits in vain for ${what}`)), kTimeoutMs);
      const check = () => {
        const index = list.findIndex(fits);
        if (index < 0) return false;
        clearTimeout(timer);
        resolve(list.splice(index, 1)[0]);
        return true;
      };
      if (!check()) this.waiting.push(check);
    });
  }

  // Until something that came makes the condition true.
  until(condition, what) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`Baileys ${this.release} waits in vain for ${what}`)), kTimeoutMs);
      const check = () => {
        if (!condition()) return false;
        clearTimeout(timer);
        resolve();
        return true;
      };
      if (!check()) this.waiting.push(check);
    });
  }

  async qr() { return (await this.next(this.updates, (u) => u.qr, 'a QR code')).qr; }
  opened() { return this.next(this.updates, (u) => u.connection === 'open', 'the connection'); }
  // The code of the reason why the connection ended.
  async ended() {
    const { lastDisconnect } = await this.next(this.updates, (u) => u.connection === 'close', 'the end');
    await this.saving;
    return lastDisconnect?.error?.output?.statusCode;
  }
  message(text) {
    const textOf = (m) => m.message?.conversation || m.message?.extendedTextMessage?.text;
    return this.next(this.messages, (m) => textOf(m) === text, `the message "${text}"`);
  }
  receipt(id, status) {
    return this.next(this.receipts, (r) => r.key.id === id && r.update.status >= status, `the receipt of ${id}`);
  }
  // Who has read a message in a group is told by person.
  reader(id) {
    return this.next(this.readers, (r) => r.key.id === id && r.receipt.readTimestamp, `a reader of ${id}`);
  }
  presence(wanted) {
    return this.next(this.presences, (p) => Object.values(p.presences)[0]?.lastKnownPresence === wanted, `presence ${wanted}`);
  }
  // The content of the next message of somebody else that has a part of that name.
  async content(part, fits = () => true) {
    const found = await this.next(this.messages, (m) => !m.key.fromMe && m.message?.[part] && fits(m.message[part]), part);
    return found.message[part];
  }
  get me() { return this.auth.state.creds.me; }

  // QR, scan, 515, login.
  async pair(phone) {
    this.connect();
    const linked = this.simulator.scan(phone, await this.qr());
    const end = await this.ended();
    if (end !== 515) throw new Error(`the pairing connection ended with ${end}`);
    await linked;
    this.connect();
    await this.opened();
  }

  // Tells its name, and from then on sends receipts that the other side shows as ticks.
  async becomeVisible(name) {
    this.auth.state.creds.me.name = name;
    await this.socket.sendPresenceUpdate('available');
  }

  async reconnect() {
    this.connect();
    await this.opened();
  }

  async say(jid, text) {
    const messageId = `3EB0${randomBytes(9).toString('hex').toUpperCase()}`;
    this.sent.set(messageId, { extendedTextMessage: { text } });
    return this.socket.sendMessage(jid, { text }, { messageId });
  }

  // It forgets its sessions with everybody.
  async loseSessions() {
    const ids = readdirSync(this.directory).filter((file) => file.startsWith('session-')).map((file) => file.slice(8, -5));
    await this.auth.state.keys.set({ session: Object.fromEntries(ids.map((id) => [id, null])) });
    return ids.length;
  }

  // It forgets the keys of groups, and who has its own.
  loseGroupKeys() {
    const files = readdirSync(this.directory).filter((file) => file.startsWith('sender-key-'));
    for (const file of files) rmSync(join(this.directory, file));
    return files.length;
  }

  async close() {
    this.socket.end(undefined);
    return this.ended();
  }

  dispose() { rmSync(this.directory, { recursive: true, force: true }); }
}

export function equal(got, wanted, what) {
  if (got !== wanted) throw new Error(`${what}: ${JSON.stringify(got)}, wanted ${JSON.stringify(wanted)}`);
}
