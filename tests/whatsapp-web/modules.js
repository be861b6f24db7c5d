// SPDX-License-Identifier: Apache-2.0
// The modules by name, with the exports that libraries look for.
'use strict';

const kVersion = '2.3000.1045649367';
const Cmd = new (class CmdImpl extends Emitter {
  isMainLoaded = false;
  mainLoaded() {
    this.isMainLoaded = true;
    this.trigger('main_loaded');
  }
  refreshQR() { this.trigger('refresh_qr'); }
})();
const Socket = new (class SocketModel extends Model {
  logout() { return account.logout('user_initiated', true); }
})({state: 'OPENING', stream: 'DISCONNECTED', hasSynced: false});
const Stream = new (class StreamModel extends Model {
  markAvailable() { account.ask('presence', {available: true}); }
  markUnavailable() { account.ask('presence', {available: false}); }
})({mode: 'OPENING', info: 'OPENING', needsUpdate: false});
const Conn = new (class ConnImpl extends Model {})({ref: null, connected: false, pushname: '', platform: ''});

class Wid {
  constructor(text) {
    const [left, server] = text.split('@');
    const [user, device] = left.split(':');
    Object.assign(this, {user, server, _serialized: text});
    if (device) this.device = Number(device);
  }
  toString() { return this._serialized; }
  toJid() { return this._serialized; }
  equals(other) { return String(other) === this._serialized; }
  isUser() { return this.server === 'c.us' || this.server === 'lid'; }
  isGroup() { return this.server === 'g.us'; }
  isLid() { return this.server === 'lid'; }
  isBot() { return false; }
  isNewsletter() { return this.server === 'newsletter'; }
  isStatusV3() { return this.server === 'broadcast'; }
  static isXWid(server, wid) { return wid?.server === server; }
  static isWid(text) { return /@/.test(String(text)); }
}

// Ids of messages. Since July 2026 the text lies in $1, where nobody is meant to look.
class MsgKey {
  constructor(parts) {
    if (!parts) throw new Error('MsgKey error: obj is null/undefined');
    const fromMe = parts.fromMe ?? parts.selfDir === 'out';
    const remote = parts.remote ?? (fromMe ? parts.to : parts.from);
    Object.assign(this, {fromMe, remote, id: parts.id});
    if (parts.participant) this.participant = parts.participant;
    const text = [fromMe, remote, parts.id, ...(parts.participant ? [parts.participant] : [])].join('_');
    this[window.standInOptions.msgkey === 'new' ? '$1' : '_serialized'] = text;
  }
  toString() { return this.$1 ?? this._serialized; }
  static async newId() {
    return '3EB0' + [...crypto.getRandomValues(new Uint8Array(9))]
        .map((octet) => octet.toString(16).padStart(2, '0')).join('').toUpperCase();
  }
  static fromString(text) {
    const [fromMe, remote, id, participant] = text.split('_');
    return new MsgKey({
      fromMe: fromMe === 'true', remote: new Wid(remote), id, participant: participant && new Wid(participant),
    });
  }
}

class Msg extends Model {}
Msg.prototype.proxyName = 'msg';
class Chat extends Model {}
Chat.prototype.proxyName = 'chat';
class Contact extends Model {}
Contact.prototype.proxyName = 'contact';
const messages = Object.assign(new (class MsgCollectionImpl extends Collection {})(Msg), {
  processMultipleMessages: async () => {},
});
const chats = new (class ChatCollectionImpl extends Collection {})(Chat);

define('WAWebSocketModel', (e) => { e.Socket = Socket; });
define('WAWebStreamModel', (e) => { e.Stream = Stream; });
define('WAWebConnModel', (e) => { e.Conn = Conn; });
define('WAWebCmd', (e) => { Object.assign(e, {Cmd, CmdImpl: Cmd.constructor}); });
define('WAWebUserPrefsIsLoggedIn', (e) => { e.isLoggedIn = () => account.me !== null; });
define('WAWebUserPrefsMultiDevice', (e) => { e.isRegistered = () => account.me !== null; });
define('WAWebUserPrefsMeUser', (e) => {
  e.getMaybeMePnUser = () => account.me && new Wid(account.me.id);
  e.getMaybeMeLidUser = () => account.me && new Wid(account.me.lid);
  e.getMeLidUserOrThrow = () => {
    if (!account.me) throw new Error('no LID of me');
    return new Wid(account.me.lid);
  };
});
define('WABase64', (e) => {
  e.encodeB64 = (octets) => btoa(String.fromCharCode(...octets));
  e.decodeB64 = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
});
const octetsOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
define('WAWebSignalStoreApi', (e) => {
  e.waSignalStore = {
    getRegistrationInfo: async () => ({identityKeyPair: {pubKey: octetsOf(account.keys.identity)}}),
  };
});
define('WAWebUserPrefsInfoStore', (e) => {
  e.waNoiseInfo = {get: async () => ({staticKeyPair: {pubKey: octetsOf(account.keys.noise)}})};
});
define('WAWebAdvSignatureApi', (e) => {
  e.getADVSecretKey = () => account.keys.adv;
  e.setADVSignedIdentity = () => {};
});
define('WAWebAltDeviceLinkingApi', (e) => {
  e.setPairingType = () => {};
  e.initializeAltDeviceLinking = async () => {};
  e.genLinkDeviceCodeForPhoneNumber = (phone) => account.code(phone);
  e.startAltLinkingFlow = (phone) => account.code(phone);
});
define('WAWebBuildConstants', (e) => {
  const [primary, secondary, tertiary] = kVersion.split('.');
  Object.assign(e, {
    VERSION_STR: kVersion,
    SANITIZED_VERSION_STR: kVersion,
    VERSION_PRIMARY: primary,
    VERSION_SECONDARY: secondary,
    VERSION_TERTIARY: tertiary,
  });
});
define('WAWebLogoutReason', (e) => {
  e.LogoutReason = {UserInitiated: 'user_initiated', PrimaryRemoved: 'primary_removed'};
  e.LOGOUT_REASON_CODE = {user_initiated: 0, primary_removed: 1};
  e.getErrorCodeFromLogoutReason = (reason) => e.LOGOUT_REASON_CODE[reason] ?? 2;
});
define('WAWebMsgCollection', (e) => { e.MsgCollection = messages; });
define('WAWebChatCollection', (e) => {
  Object.assign(e, {ChatCollectionImpl: chats.constructor, ChatCollection: chats});
});
define('WAWebChatModel', (e) => { e.Chat = Chat; });
define('WAWebMsgKey', (e) => { e.default = MsgKey; });
define('WAWebWid', (e) => { e.default = Wid; });
define('WAWebWidFactory', (e) => {
  e.createWid = (text) => new Wid(String(text));
  e.createUserWid = (user, server = 'c.us') => new Wid(user.includes('@') ? user : `${user}@${server}`);
  e.toUserWid = (wid) => wid;
});
define('WAWebAck', (e) => {
  e.ACK = {ERROR: -1, CLOCK: 0, SENT: 1, RECEIVED: 2, READ: 3, PLAYED: 4};
  e.ACK_STRING = Object.fromEntries(Object.entries(e.ACK).map(([name, value]) => [value, name]));
});
define('WATimeUtils', (e) => { e.unixTime = () => Math.floor(Date.now() / 1000); });
define('WAWebGetEphemeralFieldsMsgActionsUtils', (e) => { e.getEphemeralFields = () => ({}); });

// For particular events only.
define('WAWebSocketConstants', (e) => {
  e.SOCKET_STATE = {OPENING: 'OPENING', PAIRING: 'PAIRING', UNPAIRED: 'UNPAIRED', UNPAIRED_IDLE: 'UNPAIRED_IDLE',
    CONNECTED: 'CONNECTED', TIMEOUT: 'TIMEOUT', CONFLICT: 'CONFLICT', UNLAUNCHED: 'UNLAUNCHED',
    PROXYBLOCK: 'PROXYBLOCK', TOS_BLOCK: 'TOS_BLOCK', SMB_TOS_BLOCK: 'SMB_TOS_BLOCK',
    DEPRECATED_VERSION: 'DEPRECATED_VERSION'};
});
define('WAWebNetworkStatus', (e) => {
  e.default = Object.assign(new Model({online: true}), {checkOnline() {}});
});
define('WAWebBackendEventBus', (e) => {
  Object.assign(e, {BackendEventBus: new Emitter(), BackendEvent: {}});
});
define('WAWebMiscBrowserUtils', (e) => {
  e.default = {info: () => ({os: 'Linux', name: 'Chrome', version: '1'}), hardRefresh() { location.reload(); }};
});
define('WAWap', (e) => {
  e.encodeStanza = (stanza) => stanza;
  e.decodeStanza = async (stanza) => stanza;
});
define('WAWebCompanionRegClientUtils', (e) => { e.DEVICE_PLATFORM = '1'; });
define('WAWebOfficialClient', (e) => { e.isOfficialClient = false; });
define('WAWebChatSearchQuery', (e) => { e.SearchQuery = class SearchQuery {}; });
for (let i = 0; i < (window.standInOptions.dummies ?? 0); ++i) {
  define(`WAWebDummy${i}`, (e) => { e[`dummy${i}`] = () => i; });
}
