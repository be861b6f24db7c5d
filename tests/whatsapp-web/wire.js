// SPDX-License-Identifier: Apache-2.0
// Messages of the page as JSON of waE2E.Message, and back. The simulator encrypts and decrypts.
'use strict';

const kRevoke = 0;
const kEdit = 14;
const jidOf = (wid) => wid && String(wid).replace('@c.us', '@s.whatsapp.net');
const widOf = (jid) => jid && new Wid(String(jid).replace('@s.whatsapp.net', '@c.us').replace(/:\d+@/, '@'));

const wire = {
  keyOf(id) {
    const key = {remoteJid: jidOf(id.remote), fromMe: id.fromMe, id: id.id};
    if (id.participant) key.participant = jidOf(id.participant);
    return key;
  },

  context(raw) {
    const context = {};
    if (raw.quotedStanzaID) {
      context.stanzaId = raw.quotedStanzaID;
      context.participant = jidOf(raw.quotedParticipant);
      context.quotedMessage = {conversation: raw.quotedMsg?.body ?? ''};
    }
    if (raw.mentionedJidList?.length) context.mentionedJid = raw.mentionedJidList.map(jidOf);
    return Object.keys(context).length ? context : null;
  },

  // What addAndSendMsgToChat() is given.
  message(raw) {
    const contextInfo = this.context(raw);
    const within = (part) => (contextInfo ? {...part, contextInfo} : part);
    switch (raw.type) {
      case 'chat':
        return contextInfo ? {extendedTextMessage: {text: raw.body, contextInfo}} : {conversation: raw.body};
      case 'location': {
        const [name, address] = (raw.loc ?? '').split('\n');
        const place = {degreesLatitude: raw.lat, degreesLongitude: raw.lng};
        if (name) place.name = name;
        if (address) place.address = address;
        if (raw.clientUrl) place.url = raw.clientUrl;
        return {locationMessage: within(place)};
      }
      case 'vcard':
        return {contactMessage: within({displayName: raw.vcardFormattedName, vcard: raw.body})};
      case 'multi_vcard':
        return {contactsArrayMessage: within({
          contacts: raw.vcardList.map(({displayName, vcard}) => ({displayName, vcard})),
        })};
    }
    throw new Error(`this page cannot send ${raw.type}`);
  },

  // Its content in the page's own names; null when it is none that the page shows.
  content(message) {
    const wrapper = ['ephemeralMessage', 'viewOnceMessage', 'viewOnceMessageV2', 'editedMessage']
        .find((name) => message[name]?.message);
    if (wrapper) return this.content(message[wrapper].message);
    const part = Object.values(message).find((value) => value?.contextInfo);
    const context = this.quoted(part?.contextInfo);
    if (typeof message.conversation === 'string') return {type: 'chat', body: message.conversation};
    if (message.extendedTextMessage) return {type: 'chat', body: message.extendedTextMessage.text, ...context};
    if (message.locationMessage) {
      const place = message.locationMessage;
      return {
        type: 'location', body: '', lat: place.degreesLatitude, lng: place.degreesLongitude,
        loc: [place.name, place.address].filter(Boolean).join('\n'), clientUrl: place.url, ...context,
      };
    }
    if (message.contactMessage) {
      const card = message.contactMessage;
      return {type: 'vcard', body: card.vcard, vcardFormattedName: card.displayName, ...context};
    }
    if (message.contactsArrayMessage) {
      return {type: 'multi_vcard', body: '', vcardList: message.contactsArrayMessage.contacts, ...context};
    }
    if (message.imageMessage) {
      return {type: 'image', caption: message.imageMessage.caption, mimetype: message.imageMessage.mimetype, ...context};
    }
    return message.protocolMessage || message.senderKeyDistributionMessage ? null : {type: 'unknown'};
  },

  quoted(context) {
    const out = {};
    if (context?.stanzaId) {
      out.quotedStanzaID = context.stanzaId;
      out.quotedParticipant = widOf(context.participant);
      out.quotedMsg = this.content(context.quotedMessage ?? {});
    }
    if (context?.mentionedJid) out.mentionedJidList = context.mentionedJid.map(widOf);
    return out;
  },
};
