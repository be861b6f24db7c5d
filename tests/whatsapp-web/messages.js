// SPDX-License-Identifier: Apache-2.0
// What the page does with messages: it sends, hears, marks, edits and takes back; and who is there.
'use strict';

const contacts = new (class ContactCollectionImpl extends Collection {})(Contact);
// Phone number to LID and back, as far as the account has met people.
const people = new Map();
function meet(person) {
  if (!person) return null;
  const pn = new Wid(person.pn);
  const lid = new Wid(person.lid);
  if (!people.has(person.lid)) known.keep(person.pn, person);
  people.set(person.pn, lid);
  people.set(person.lid, pn);
  for (const id of [pn, lid]) contacts.add({id, pushname: person.name, name: ''});
  return window.standInOptions.lidChats ? lid : pn;
}

const nowS = () => Math.floor(Date.now() / 1000);
const isMe = (wid) => [account.me?.id, account.me?.lid].includes(String(wid));
const meIn = (chat) => new Wid(chat.isGroup() || chat.isLid() ? account.me.lid : account.me.id);

class ChatPresenceModel extends Model {
  async subscribe() {
    if (this.id.isGroup()) return;
    presences.take(await account.ask('subscribe', {chat: String(this.id)}));
  }
}
const presences = new (class PresenceCollection extends Collection {
  async find(id) {
    const [model] = this.add({
      id, hasData: false, isOnline: undefined, isGroup: id.isGroup(), isUser: id.isUser(),
      chatstate: new Model({id, type: undefined, deny: false, t: undefined}), chatstates: new Collection(Model),
    });
    return model;
  }
  // Somebody came, went or types.
  async take(event) {
    if (!event?.chat || !event.who) return;
    const chat = event.chat.endsWith('@g.us') ? new Wid(event.chat) : meet(event.who);
    const model = await this.find(chat);
    model.set({hasData: true, isOnline: event.state !== 'unavailable'});
    if (model.isGroup) {
      const [who] = model.chatstates.add({id: new Wid(event.who.lid), type: undefined});
      who.set({type: event.state});
    }
    model.chatstate.set({t: event.last || undefined});
    if (model.chatstate.type === event.state) model.chatstate.attributes.type = undefined;
    model.chatstate.set({type: event.state});
    this.trigger('change:chatstate.type', model.chatstate);
  }
})(ChatPresenceModel);

// A chat as soon as there is something in it.
function chatOf(wid) {
  const known = chats.get(wid);
  if (known) return known;
  const [chat] = chats.add({id: wid, name: '', formattedTitle: String(wid), unreadCount: 0, isNewsletter: false});
  chat.msgs = new Collection(Msg);
  chat.presence = new ChatPresenceModel({id: wid});
  return chat;
}

Object.assign(Msg.prototype, {
  msgContextInfo() {
    return {
      quotedMsg: {type: this.type, body: this.body},
      quotedStanzaID: this.id.id,
      quotedParticipant: this.author ?? this.from,
    };
  },
  updateAck(ack) { this.set({ack}); },
});
Object.defineProperty(Msg.prototype, 'senderObj', {
  get() { return {id: this.author ?? this.from, isMe: this.id.fromMe}; },
});

function store(raw) {
  const [message] = messages.add(raw);
  chatOf(raw.id.remote).msgs.add(message);
  return message;
}
async function post(id, message, edit) {
  const answer = await account.ask('send', {chat: String(id.remote), id: id.id, message, edit});
  if (answer.error) throw new Error(answer.error);
  return answer;
}
const ownKey = (chat, id) => new MsgKey({
  fromMe: true, remote: chat, id, participant: chat.isGroup() ? meIn(chat) : undefined,
});

function send(chat, raw) {
  const message = store({ack: 0, author: chat.id.isGroup() ? raw.from : undefined, ...raw, isNewMsg: true});
  const sent = post(message.id, wire.message(raw)).then(({t}) => {
    message.set({t, ack: 1});
    return {messageSendResult: 'OK', t};
  }, () => {
    message.set({ack: -1});
    return {messageSendResult: 'ERROR_UNKNOWN'};
  });
  return [Promise.resolve(message), sent];
}

function edited(message, body, key, t) {
  message.set({body, latestEditSenderTimestampMs: t});
  message.set({latestEditMsgKey: key});
}
async function revoke(chat, {list}) {
  for (const message of list) {
    const id = await MsgKey.newId();
    await post(ownKey(chat.id, id), {protocolMessage: {key: wire.keyOf(message.id), type: kRevoke}},
               message.id.fromMe ? '7' : '8');
    message.set({body: undefined});
    message.set({type: 'revoked'});
  }
}
Object.assign(Cmd, {
  sendRevokeMsgs: revoke,
  async sendDeleteMsgs(chat, {list}) { list.forEach((message) => messages.remove(message)); },
});

// What came, from the phone or from others.
async function receive(event) {
  const peer = meet(event.peer);
  const author = event.author && new Wid(event.author.lid);
  meet(event.author);
  const chat = peer ?? new Wid(event.chat);
  const fromMe = event.from_me;
  const me = meIn(chat);
  const id = new MsgKey({fromMe, remote: chat, id: event.id, participant: chat.isGroup() ? author : undefined});
  const common = {
    id, from: fromMe ? me : chat, to: fromMe ? chat : me, author: chat.isGroup() ? author : undefined,
    t: event.t, isNewMsg: true, notifyName: event.author?.name,
  };
  const about = (key) => new MsgKey({
    remote: chat, id: key.id, fromMe: chat.isGroup() ? isMe(widOf(key.participant) ?? (key.fromMe ? author : '')) : key.fromMe === fromMe,
    participant: chat.isGroup() ? widOf(key.participant) ?? author : undefined,
  });
  const {reactionMessage: reaction, protocolMessage: protocol} = event.message;
  if (reaction) {
    return importModule('WAWebReactionsCollection').addOrUpdateReactionsModelCollection({
      msgKey: String(id), parentMsgKey: String(about(reaction.key)), reactionText: reaction.text ?? '',
      senderUserJid: String(author ?? common.from), t: event.t, read: false, orphan: 0,
    }, true);
  }
  if (protocol?.type === kRevoke || (protocol && protocol.type === undefined && protocol.key)) {
    return messages.processMultipleMessages(chat, [{
      ...common, type: 'protocol', subtype: 'sender_revoke', protocolMessageKey: about(protocol.key),
    }]);
  }
  const edit = protocol?.type === kEdit ? protocol : event.message.editedMessage?.message?.protocolMessage;
  if (edit?.editedMessage) {
    const message = messages.get(about(edit.key));
    if (message) edited(message, wire.content(edit.editedMessage)?.body, id, event.t * 1000);
    return;
  }
  const content = wire.content(event.message);
  if (!content) return;
  const message = store({...common, ack: fromMe ? 1 : 0, ...content});
  if (!fromMe) chatOf(chat).set({unreadCount: chatOf(chat).unreadCount + 1});
  return message;
}
messages.processMultipleMessages = async (chat, raws) => {
  for (const raw of raws) {
    const message = messages.get(raw.protocolMessageKey);
    message?.set({body: undefined});
    message?.set({type: 'revoked'});
  }
};

async function receipt(event) {
  const who = meet(event.who);
  const group = event.chat.endsWith('@g.us');
  const name = group ? 'handleGroupSimpleReceipt' : 'handleChatSimpleReceipt';
  await importModule(`WAWeb${name[0].toUpperCase()}${name.slice(1)}`)[name]({
    ack: event.ack, ackString: event.ack === 2 ? 'delivery' : 'read', externalIds: event.ids,
    from: group ? new Wid(event.chat) : who, participant: group ? new Wid(event.who.lid) : undefined,
  });
}

define('WAWebMsgModel', (e) => { e.Msg = Msg; });
define('WAWebContactModel', (e) => { e.Contact = Contact; });
define('WAWebContactCollection', (e) => {
  Object.assign(e, {ContactCollectionImpl: contacts.constructor, ContactCollection: contacts});
});
define('WAWebPresenceCollection', (e) => { e.PresenceCollection = presences; });
define('WAWebLidPnCache', (e) => {
  e.lidPnCache = {getCurrentLid: (wid) => people.get(String(wid)), getPhoneNumber: (wid) => people.get(String(wid))};
});
define('WAWebApiContact', (e) => {
  e.getCurrentLid = (wid) => people.get(String(wid));
  e.getPhoneNumber = (wid) => people.get(String(wid));
});
define('WAWebQueryExistsJob', (e) => {
  e.queryPhoneExists = () => null;
  e.queryWidExists = async (wid) => {
    const {person} = await account.ask('exists', {chat: String(wid)});
    return person ? {wid: meet(person), biz: false} : null;
  };
});
define('WAWebContactPresenceBridge', (e) => {
  e.subscribeUserPresence = async (wid) => presences.take(await account.ask('subscribe', {chat: String(wid)}));
});
define('WAWebChatPresence', (e) => {
  const tell = (state) => (chat) => account.ask('typing', {chat: String(chat.id), state});
  Object.assign(e, {
    markComposing: tell('composing'), markPaused: tell('paused'), markRecording: tell('recording'),
    sendPresenceAvailable() {}, sendPresenceUnavailable() {}, clearPresence() {},
  });
});
define('WAWebFindChatAction', (e) => {
  e.findOrCreateLatestChat = async (wid) => ({chat: {id: chatOf(new Wid(String(wid))).id}, created: true});
});
define('WAWebSendMsgChatAction', (e) => { e.addAndSendMsgToChat = send; });
define('WAWebSendMessageEditAction', (e) => {
  e.addAndSendMessageEdit = async (message, raw) => {
    await post(raw.id, {protocolMessage: {
      key: wire.keyOf(message.id), type: kEdit, editedMessage: {conversation: raw.body},
      timestampMs: raw.t * 1000,
    }}, '1');
    edited(message, raw.body, raw.id, raw.t * 1000);
  };
});
define('WAWebSendReactionMsgAction', (e) => {
  e.sendReactionToMsg = async (message, text) => {
    const id = ownKey(message.id.remote, await MsgKey.newId());
    await post(id, {reactionMessage: {key: wire.keyOf(message.id), text, senderTimestampMs: Date.now()}});
    importModule('WAWebReactionsCollection').addOrUpdateReactionsModelCollection({
      msgKey: String(id), parentMsgKey: String(message.id), reactionText: text,
      senderUserJid: String(meIn(message.id.remote)), t: nowS(), read: true, orphan: 0,
    }, true);
    return {messageSendResult: 'OK'};
  };
});
define('WAWebReactionsCollection', (e) => { e.addOrUpdateReactionsModelCollection = () => {}; });
define('WAWebUpdateUnreadChatAction', (e) => {
  e.markUnread = async () => {};
  e.sendSeen = async ({chat}) => {
    const unread = chat.msgs.filter((message) => !message.id.fromMe && !message.seen);
    unread.forEach((message) => message.set({seen: true}));
    await account.ask('read', {ids: unread.map((message) => message.id.id)});
    chat.set({unreadCount: 0});
  };
});
define('WAWebChatForwardMessage', (e) => {
  e.forwardMessages = async ({chat, msgs}) => {
    for (const {type, body, lat, lng, loc, vcardFormattedName} of msgs) {
      const id = ownKey(chat.id, await MsgKey.newId());
      await send(chat, {
        id, type, body, lat, lng, loc, vcardFormattedName, from: meIn(chat.id), to: chat.id, t: nowS(), isForwarded: true,
      })[1];
    }
  };
});
define('WAWebMsgType', (e) => { e.MSG_TYPE = {CHAT: 'chat', REVOKED: 'revoked', PROTOCOL: 'protocol'}; });
define('WAWebSendMsgResultAction', (e) => {
  e.SendMsgResult = {OK: 'OK', ERROR_NETWORK: 'ERROR_NETWORK', ERROR_UNKNOWN: 'ERROR_UNKNOWN'};
});
define('WAWebQuotedMsgModelUtils', (e) => {
  e.getQuotedMsgObj = (message) => messages.find((other) => other.id.id === message.quotedStanzaID);
});
define('WAWebFrontendContactGetters', (e) => {
  e.getPhoneNumber = (contact) => people.get(String(contact.id));
  e.getTextStatusString = () => '';
  e.getPnForLid = e.getPhoneNumber;
  for (const name of ['getDisplayName', 'getFormattedName', 'getFormattedShortName', 'getFormattedUser', 'getSearchName',
    'getUserDisplayNameForLid', 'getFormattedUsernameOrPhone', 'getFormattedShortNameWithNonBreakingSpaces']) {
    e[name] = (contact) => contact.pushname || contact.id.user;
  }
});
define('WAWebMsgActionCapability', (e) => {
  e.canReplyMsg = () => true;
  e.canEditText = (message) => message.id.fromMe && message.type === 'chat' && nowS() - message.t < 900;
  e.canEditCaption = () => false;
});
define('WAWebHandleChatSimpleReceipt', (e) => {
  e.handleChatSimpleReceipt = async ({ack, externalIds, from}) => {
    for (const id of externalIds) {
      const message = messages.get(new MsgKey({fromMe: true, remote: from, id}));
      if (message && message.ack < ack) message.set({ack});
    }
  };
});
define('WAWebHandleGroupSimpleReceipt', (e) => { e.handleGroupSimpleReceipt = async () => {}; });
define('WAWebHandleStatusSimpleReceipt', (e) => { e.handleStatusSimpleReceipt = async () => {}; });
