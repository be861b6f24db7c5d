// SPDX-License-Identifier: Apache-2.0
// Messages and presence, through wa-js: what callers ask for, and what the page tells of.
//
// An expression, as driver.js is: a function that takes `tell(event, data)`, driver.js's helpers and groups.js, and
// gives {watch, run}. Operations throw `{refused: {status, text}}`, or whatever wa-js throws.
(tell, helpers, groups) => {
  'use strict';
  const {plain, text} = helpers;
  const ANSWER_MS = 10000;   // for WhatsApp to take a message
  const MAX_REMEMBERED = 1000;
  const FILES = ['image', 'video', 'audio', 'ptt', 'ptv', 'document', 'sticker'];
  // What the page keeps as a message and nobody wrote.
  const NOTICES = [
    'e2e_notification', 'notification', 'notification_template', 'broadcast_notification', 'gp2', 'newsletter_notification',
    'protocol', 'call_log', 'debug', 'reaction', 'pinned_message', 'oversized', 'revoked',
  ];
  const STATES = {
    available: 'online', unavailable: 'offline', composing: 'typing', typing: 'typing', recording: 'recording',
    recording_audio: 'recording', paused: 'paused',
  };
  const here = new Set();    // ids of messages that callers sent
  const revoked = new Set();  // ids of messages whose end was told
  let reacting = null;  // the message that a caller reacts to
  let forwarding = null;  // the chat that a caller forwards to
  let ending = null;  // a message that a caller takes back, as it was

  function remember(set, id) {
    set.add(id);
    if (set.size > MAX_REMEMBERED) set.delete(set.values().next().value);
  }
  function refuse(status, why) {
    throw {refused: {status, text: why}};
  }
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const attempt = (get) => {
    try {
      return get() ?? null;
    } catch {
      return null;
    }
  };

  // People ------------------------------------------------------------------------------------------------------

  const user_of = (wid) => text(wid).replace(/:\d+@/, '@');
  function person(wid) {
    if (!wid) return null;
    const id = user_of(wid);
    const own = [attempt(() => WPP.conn.getMyUserId()), attempt(() => WPP.conn.getMyUserLid())];
    if (own.some((mine) => mine && text(mine) === id)) return {pn: text(own[0]) || null, lid: text(own[1]) || null};
    const {lidPnCache} = WPP.whatsapp;
    if (id.endsWith('@lid')) return {pn: text(attempt(() => lidPnCache.getPhoneNumber(wid))) || null, lid: id};
    return {pn: id, lid: text(attempt(() => lidPnCache.getCurrentLid(wid))) || null};
  }
  const my_name_in = (chat) => (chat.isGroup() || chat.isLid() ? WPP.conn.getMyUserLid() : WPP.conn.getMyUserId());

  // Who and where, of anything that has a message's key.
  function place(key, author) {
    const chat = key.remote;
    const group = attempt(() => chat.isGroup()) === true;
    const me = attempt(() => my_name_in(chat));
    const sender = key.fromMe ? me : author ?? key.participant ?? chat;
    return {
      id: text(key), bare: key.id, fromMe: key.fromMe, group, chat: text(chat),
      from: text(key.fromMe ? me : chat), to: text(key.fromMe ? chat : me),
      participant: group ? user_of(sender) : null, sender: person(sender), peer: group ? null : person(chat),
    };
  }

  // Messages ----------------------------------------------------------------------------------------------------

  function location_of(message) {
    if (message.type !== 'location') return null;
    const [name, ...address] = (message.loc ?? '').split('\n');
    return {
      latitude: String(message.lat), longitude: String(message.lng), live: Boolean(message.isLive),
      name: name || null, address: address.join('\n') || null, url: message.clientUrl || null,
      description: message.comment || null, thumbnail: null,
    };
  }
  function cards_of(message) {
    if (message.type === 'vcard') return [message.body];
    if (message.type === 'multi_vcard') return (message.vcardList ?? []).map((card) => card.vcard);
    return null;
  }
  function quote_of(message) {
    if (!message.quotedStanzaID) return null;
    const quoted = message.quotedMsg ?? {};
    return {
      id: message.quotedStanzaID, participant: user_of(message.quotedParticipant) || null,
      sender: person(message.quotedParticipant),
      body: quoted.type && quoted.type !== 'chat' ? quoted.caption ?? null : quoted.body ?? null,
      hasMedia: FILES.includes(quoted.type), _data: plain(quoted) ?? {},
    };
  }
  function shape(message) {
    const file = FILES.includes(message.type);
    return {
      ...place(message.id, message.author), timestamp: message.t, ack: message.ack ?? 0,
      api: here.has(message.id.id) || message.id.fromMe && forwarding === text(message.id.remote),
      body: message.type === 'chat' ? message.body ?? '' : message.caption ?? null,
      file: file ? {mimetype: message.mimetype ?? '', filename: message.filename ?? null} : null,
      location: location_of(message), vCards: cards_of(message), replyTo: quote_of(message),
      data: plain(message),
    };
  }

  const chat_key = (chat, key) => {
    const {MsgStore} = WPP.whatsapp;
    return attempt(() => MsgStore.get(key)) ??
        MsgStore.getModelsArray().find((other) => other.id.id === key && text(other.id.remote) === text(chat));
  };
  // By its whole id, or by the bare one within that chat.
  async function find_message(id, chat, field) {
    const whole = /^(true|false)_/.test(id);
    const found = whole ? await WPP.chat.getMessageById(id).catch(() => null) : chat && chat_key(chat, id);
    return found ?? refuse(whole || chat ? 'not_found' : 'invalid',
                           whole || chat ? `${field}: there is no such message in WhatsApp Web` :
                               `${field} must be a message id such as true_123456789@c.us_AAAA`);
  }

  // A number and a LID may be one person's.
  function need_chat(message, chat) {
    const {remote} = message.id;
    if (remote.server === chat.id.server && text(remote) !== text(chat.id)) {
      refuse('invalid', 'messageId is of another chat than chatId');
    }
  }

  function need_connection() {
    if (WPP.whatsapp.Socket.state !== 'CONNECTED') refuse('unavailable', 'WhatsApp Web has no connection');
  }
  async function chat_for(id) {
    need_connection();
    const known = attempt(() => WPP.chat.get(id));
    if (known) return known;
    if (id.endsWith('@g.us')) refuse('not_found', 'there is no such group');
    if (id.endsWith('@c.us') && !(await WPP.contact.queryWidExists(id))) {
      refuse('not_found', 'nobody has that number');
    }
    return WPP.chat.find(id);
  }

  async function options_for(chat, {reply_to: quoted, id, mentions}) {
    const made = await WPP.chat.generateMessageID(chat);
    const {MsgKey} = WPP.whatsapp;
    const key = id ? new MsgKey({fromMe: true, remote: made.remote, id, participant: made.participant}) : made;
    const before = chat_key(chat.id, key);
    if (before?.ack >= 0) throw {sent: before};  // tried again by a caller who did not hear of it
    if (before) refuse('conflict', 'a message of that id could not be sent');
    const options = {
      messageId: key, waitForAck: true, markIsRead: false, linkPreview: false, detectMentioned: false,
    };
    if (quoted) options.quotedMsg = await find_message(quoted, chat.id, 'reply_to');
    if (mentions?.length) options.mentionedList = await mentioned(chat, mentions);
    return options;
  }
  async function mentioned(chat, wanted) {
    const named = wanted.filter((who) => who !== 'all');
    if (named.length === wanted.length || !chat.id.isGroup()) return named;
    const members = await WPP.group.getParticipants(chat.id);
    return members.map((member) => text(member.id)).filter((id) => id !== text(my_name_in(chat.id)));
  }

  // What became of it within ANSWER_MS; later news come as events.
  async function deliver(options, send) {
    const key = options.messageId;
    remember(here, key.id);
    const sending = send();
    const result = await Promise.race([sending, pause(ANSWER_MS)]);
    sending.catch(() => {});
    const said = result?.sendMsgResult?.messageSendResult ?? 'OK';
    if (said !== 'OK') refuse(said === 'ERROR_NETWORK' ? 'unavailable' : 'state', `WhatsApp Web did not send it: ${said}`);
    const message = chat_key(key.remote, key) ?? chat_key(key.remote, key.id);
    return message ? shape(message) : refuse('unavailable', 'WhatsApp Web does not answer');
  }

  // The first of them that wa-js tells of while `act` runs, or soon after.
  async function heard(event, fits, act) {
    let listener = null;
    const news = new Promise((resolve) => {
      listener = (data) => fits(data) && resolve(data);
      WPP.on(event, listener);
    });
    try {
      const result = await act();
      return [result, await Promise.race([news, pause(500)])];
    } finally {
      WPP.off(event, listener);
    }
  }

  const vcard_text = (value) => String(value).replace(/([\\,;])/g, '\\$1').replace(/\r?\n/g, '\\n');
  function card({vcard, fullName, phoneNumber, organization, whatsappId}, index) {
    if (vcard) return {vcard, displayName: fullName || (/^FN[^:]*:(.*)$/m.exec(vcard)?.[1] ?? '').trim()};
    if (!fullName || !phoneNumber) {
      refuse('invalid', `contacts.${index} needs vcard, or fullName and phoneNumber`);
    }
    const lines = ['BEGIN:VCARD', 'VERSION:3.0', `FN:${vcard_text(fullName)}`];
    if (organization) lines.push(`ORG:${vcard_text(organization)};`);
    const account = String(whatsappId || phoneNumber).replace(/\D/g, '');
    lines.push(`TEL;type=CELL;type=VOICE;waid=${account}:${vcard_text(phoneNumber)}`, 'END:VCARD');
    return {vcard: lines.join('\n'), displayName: fullName};
  }

  // Presence ----------------------------------------------------------------------------------------------------

  function presence_of(model) {
    const entry = (id, state, seen) => ({
      ...person(id), participant: user_of(id), state: STATES[state] ?? 'offline', lastSeen: seen || null,
    });
    const group = attempt(() => model.id.isGroup()) === true;
    const presences = group ?
        (model.chatstates?.getModelsArray() ?? []).filter((each) => each.type).map((each) => entry(each.id, each.type)) :
        model.hasData ? [entry(model.id, model.chatstate?.type ?? (model.isOnline ? 'available' : 'unavailable'),
                               model.isOnline ? null : model.chatstate?.t)] : [];
    return {chat: text(model.id), presences};
  }

  const operations = {
    async 'messages.sendText'(args) {
      const chat = await chat_for(args.chatId);
      const options = await options_for(chat, args);
      return deliver(options, () => WPP.chat.sendTextMessage(chat.id, args.text, options));
    },
    async 'messages.sendLocation'(args) {
      const chat = await chat_for(args.chatId);
      const options = await options_for(chat, args);
      const {latitude: lat, longitude: lng, title: name, address, url} = args;
      return deliver(options, () => WPP.chat.sendLocationMessage(chat.id, {
        ...options, lat, lng, name: name ?? undefined, address: address ?? undefined, url: url ?? undefined,
      }));
    },
    async 'messages.sendContactVcard'(args) {
      const cards = args.contacts.map(card);
      const chat = await chat_for(args.chatId);
      const options = await options_for(chat, args);
      const raw = cards.length === 1 ?
          {type: 'vcard', body: cards[0].vcard, vcardFormattedName: cards[0].displayName} :
          {type: 'multi_vcard', vcardList: cards.map((each) => ({...each, isMultiVcard: false}))};
      return deliver(options, () => WPP.chat.sendRawMessage(chat.id, raw, options));
    },
    async 'messages.react'({messageId, reaction}) {
      need_connection();
      const message = await find_message(messageId, null, 'messageId');
      reacting = message.id.id;
      const [, news] = await heard('chat.new_reaction', ({msgId}) => msgId.id === message.id.id,
                                   () => WPP.chat.sendReactionToMessage(message, reaction));
      const key = news?.id ?? message.id;
      return {
        ...place({remote: message.id.remote, fromMe: true, id: key.id, toString: () => text(key)}),
        timestamp: Math.floor(Date.now() / 1000), ack: 1, api: true, body: null,
        data: {reaction: {text: reaction, messageId: text(message.id)}},
      };
    },
    async 'messages.edit'({chatId, messageId, text: body, mentions}) {
      const chat = await chat_for(chatId);
      const message = await find_message(messageId, chat.id, 'messageId');
      need_chat(message, chat);
      const options = {linkPreview: false, detectMentioned: false, markIsRead: false};
      if (mentions?.length) options.mentionedList = await mentioned(chat, mentions);
      await WPP.chat.editMessage(message.id, body, options);
      return shape(message);
    },
    async 'messages.revoke'({chatId, messageId}) {
      const chat = await chat_for(chatId);
      const message = await find_message(messageId, chat.id, 'messageId');
      need_chat(message, chat);
      const allowed = message.id.fromMe || chat.id.isGroup() && await WPP.group.iAmAdmin(chat.id);
      if (!allowed) refuse('state', 'only its author and admins of the group can delete a message for everybody');
      ending = shape(message);
      await WPP.chat.deleteMessage(chat.id, text(message.id), false, true);
      return shape(message);
    },
    async 'messages.forward'({chatId, messageId}) {
      const chat = await chat_for(chatId);
      const message = await find_message(messageId, null, 'messageId');
      forwarding = text(chat.id);
      const [, copy] = await heard('chat.new_message', (other) => other.id.fromMe && text(other.id.remote) === text(chat.id),
                                   () => WPP.chat.forwardMessages(chat.id, [message])).finally(() => {
        forwarding = null;
      });
      if (!copy) refuse('unavailable', 'WhatsApp Web does not show the copy');
      remember(here, copy.id.id);
      return shape(copy);
    },
    async 'messages.sendSeen'({chatId}) {
      need_connection();
      const chat = attempt(() => WPP.chat.get(chatId));
      if (!chat) return {ids: []};
      const unread = chat.unreadCount > 0 ?
          chat.msgs.getModelsArray().filter((message) => !message.id.fromMe).slice(-chat.unreadCount) : [];
      await WPP.chat.markIsRead(chat.id);
      return {ids: unread.map((message) => message.id.id)};
    },
    'messages.newId': async () => ({id: await WPP.whatsapp.MsgKey.newId()}),

    async 'presence.set'({chatId, presence}) {
      need_connection();
      if (presence === 'online' || presence === 'offline') {
        await WPP.conn.markAvailable(presence === 'online');
        return {result: true};
      }
      const mark = {typing: 'markIsComposing', recording: 'markIsRecording', paused: 'markIsPaused'}[presence];
      const chat = await chat_for(chatId);
      await WPP.chat[mark](chat.id);
      return {result: true};
    },
    async 'presence.subscribe'({chatId}) {
      need_connection();
      await WPP.contact.subscribePresence(chatId);
      return {result: true};
    },
    async 'presence.get'({chatId}) {
      need_connection();
      const [wid] = await WPP.contact.subscribePresence(chatId);
      const model = wid && WPP.whatsapp.PresenceStore.get(wid);
      return model ? presence_of(model) : {chat: chatId, presences: []};
    },
    'presence.list': async () =>
        WPP.whatsapp.PresenceStore.getModelsArray().filter((model) => model.hasData).map(presence_of),
    async 'contacts.checkExists'({phone}) {
      need_connection();
      const found = await WPP.contact.queryWidExists(phone);
      if (!found) return {numberExists: false};
      const who = person(found.wid);
      return {numberExists: true, chatId: who.pn ?? who.lid, ...who};
    },
  };

  const {operations: of_groups, notice} = groups({attempt, need_connection, person, plain, refuse, text});
  Object.assign(operations, of_groups);

  // Which of our statuses a WPPError is.
  const CODES = {
    participant_not_exists: 'not_found', group_you_are_not_admin: 'state', you_are_not_allowed_set_group_subject: 'state',
    you_are_not_allowed_set_group_description: 'state', group_participant_is_not_a_group_member: 'state',
    chat_not_found: 'not_found', msg_not_found: 'not_found', invalid_wid: 'invalid', edit_message_error: 'state',
    quoted_msg_can_not_reply: 'state', not_a_group: 'invalid', mentioned_is_not_user: 'invalid',
  };
  async function run(name, args) {
    try {
      return {value: await operations[name](args)};
    } catch (error) {
      if (error?.refused) return error;
      if (error?.sent) return {value: shape(error.sent)};
      return {refused: {status: CODES[error?.code] ?? 'failed', text: String(error?.message ?? error)}};
    }
  }

  // News --------------------------------------------------------------------------------------------------------

  function watch() {
    const {MsgStore} = WPP.whatsapp;
    let noticed = Promise.resolve();  // one after the other, though some ask WhatsApp first
    MsgStore.on('add', (message) => {
      if (message.isNewMsg && message.type === 'gp2') {
        noticed = noticed.then(async () => {
          for (const news of await notice(message)) tell('page.group', news);
        }).catch((error) => tell('page.warning', `group notice: ${error}`));
      }
      if (!message.isNewMsg || NOTICES.includes(message.type)) return;
      if (message.type === 'ciphertext') {
        tell('page.waiting', shape(message));
        message.once('change:type', () => NOTICES.includes(message.type) || tell('page.message', shape(message)));
        return;
      }
      tell('page.message', shape(message));
    });
    MsgStore.on('change:ack', (message, ack) => {
      const at = place(message.id, message.author);
      if (!at.fromMe || at.group && ack > 1) return;  // members of groups are told of below
      tell('page.ack', {...at, sender: ack > 1 ? at.peer : at.sender, ack, data: plain(message)});
    });
    WPP.on('chat.msg_ack_change', ({ack, sender, ids}) => {
      if (!sender) return;
      for (const id of ids) {
        const at = place({remote: id.remote, fromMe: true, id: id.id, toString: () => text(id)});
        if (at.group) tell('page.ack', {...at, participant: user_of(sender), sender: person(sender), ack, data: {}});
      }
    });
    WPP.on('chat.new_reaction', ({id, msgId, reactionText, sender, timestamp}) => {
      tell('page.reaction', {
        ...place(id, sender), api: id.fromMe && reacting === msgId.id, timestamp: Math.floor(timestamp > 1e11 ? timestamp / 1000 : timestamp),
        reaction: {text: reactionText ?? '', messageId: text(msgId)}, data: {},
      });
    });
    WPP.on('chat.msg_edited', ({msg}) => {
      tell('page.edited', {...shape(msg), id: text(msg.latestEditMsgKey ?? msg.id), editedMessageId: msg.id.id});
    });
    const tell_end = (target, key, author, before) => {
      if (revoked.has(text(target))) return;
      remember(revoked, text(target));
      const now = {timestamp: Math.floor(Date.now() / 1000), ack: 0, api: false, body: null, data: {}};
      tell('page.revoked', {after: {...place(key, author), ...now}, before, revokedMessageId: target.id});
    };
    WPP.on('chat.msg_revoke', ({id, refId, author}) => {
      const message = attempt(() => MsgStore.get(refId));
      tell_end(refId, id, author, message ? shape(message) : null);
    });
    MsgStore.on('change:type', (message, type) => {
      if (type !== 'revoked') return;
      tell_end(message.id, message.id, message.author, ending?.id === text(message.id) ? ending : null);
    });
    WPP.on('chat.presence_change', ({id}) => {
      const model = WPP.whatsapp.PresenceStore.get(id);
      if (model) tell('page.presence', presence_of(model));
    });
  }

  return {watch, run};
}
