// SPDX-License-Identifier: Apache-2.0
// A session of the server and real Baileys devices: every operation of messages there, every answer back.
import { Baileys, equal } from './baileys.mjs';
import { Server } from './server.mjs';
import { witness } from './simulator.mjs';

const [server_program, program, engine, release] = [process.argv[2], process.argv[3], process.argv[4], Number(process.argv[5])];
const [kMe, kBob, kCarol] = ['15550001001', '15550001002', '15550001003'];
const kRead = 4;  // Baileys' number for "read".
const jid = (phone) => `${phone}@s.whatsapp.net`;
const chat = (phone) => `${phone}@c.us`;

await witness(program, async (simulator) => {
  for (const [phone, name] of [[kMe, 'Me'], [kBob, 'bob'], [kCarol, 'carol']]) await simulator.account(phone, name);
  const server = await Server.start(server_program, simulator);
  const bob = await Baileys.create(release, simulator);
  const carol = await Baileys.create(release, simulator);
  try {
    await server.link('one', engine, kMe);
    for (const [client, phone, name] of [[bob, kBob, 'Bob'], [carol, kCarol, 'Carol']]) {
      await client.pair(phone);
      await client.becomeVisible(name);
    }
    const send = (path, body) => server.ok('POST', path, { session: 'one', ...body });
    const content = (message) => message.message;
    const seen = (client, fits, what) => client.next(client.messages, (m) => m.message && fits(content(m)), what);
    const text = (client, wanted) => seen(client, (m) => (m.conversation || m.extendedTextMessage?.text) === wanted, wanted);

    // There, and back, and read.
    const sent = await send('/api/sendText', { chatId: chat(kBob), text: 'Hi Bob 🐦 שלום' });
    equal(sent.id.startsWith(`true_${chat(kBob)}_3EB0`), true, `the id ${sent.id}`);
    equal(sent.ack, 1, 'the ack of the answer');
    equal(sent.source, 'api', 'the source');
    equal('_data' in sent, true, '_data');
    const got = await text(bob, 'Hi Bob 🐦 שלום');
    equal(sent.id.endsWith(got.key.id), true, 'the id at the other end');
    await server.event('message.any', (p) => p.id === sent.id);
    await server.event('message.ack', (p) => p.id === sent.id && p.ack === 1);
    await server.event('message.ack', (p) => p.id === sent.id && p.ack === 2);
    await bob.socket.readMessages([got.key]);
    const read = await server.event('message.ack', (p) => p.id === sent.id && p.ack === 3);
    equal(read.ackName, 'READ', 'ackName');
    console.log('a text, delivered and read');

    await bob.socket.sendMessage(got.key.remoteJid, { text: 'Hi yourself' }, { quoted: got });
    const reply = await server.event('message', (p) => p.body === 'Hi yourself');
    equal(reply.from, chat(kBob), 'from');
    equal(reply.fromMe, false, 'fromMe');
    equal(reply.sender.pn, chat(kBob), 'the phone number of the sender');
    equal(reply.replyTo.id, got.key.id, 'what it answers');
    equal(reply.replyTo.body, 'Hi Bob 🐦 שלום', 'the quoted text');
    const answer = await send('/api/sendText', { chatId: chat(kBob), text: 'quoting', reply_to: reply.id });
    const quoting = await text(bob, 'quoting');
    equal(`false_${chat(kBob)}_${quoting.message.extendedTextMessage.contextInfo.stanzaId}`, reply.id, 'the quote');
    equal(answer.replyTo.body, 'Hi yourself', 'the quote in the answer');
    console.log('replies');

    await server.ok('PUT', '/api/reaction', { session: 'one', messageId: reply.id, reaction: '👍' });
    await seen(bob, (m) => m.reactionMessage?.text === '👍', 'the reaction');
    await bob.socket.sendMessage(got.key.remoteJid, { react: { text: '🎉', key: got.key } });
    const reaction = await server.event('message.reaction', (p) => p.reaction.text === '🎉');
    equal(reaction.reaction.messageId, sent.id, 'what the reaction is for');
    await server.ok('PUT', '/api/reaction', { session: 'one', messageId: reply.id, reaction: '' });
    await seen(bob, (m) => m.reactionMessage?.text === '', 'that it is taken back');
    await bob.socket.sendMessage(got.key.remoteJid, { react: { text: '', key: got.key } });
    await server.event('message.reaction', (p) => p.reaction.text === '' && !p.fromMe);
    console.log('reactions');

    const path = `/api/one/chats/${encodeURIComponent(chat(kBob))}/messages/${encodeURIComponent(sent.id)}`;
    await server.ok('PUT', path, { text: 'Hi, Bob' });
    await seen(bob, (m) => (m.protocolMessage ?? m.editedMessage?.message?.protocolMessage)?.editedMessage?.conversation === 'Hi, Bob',
      'the edit').catch(async () => {
      await bob.next(bob.receipts, (r) => JSON.stringify(r.update.message ?? '').includes('Hi, Bob'), 'the edit as an update');
    });
    await server.ok('DELETE', path);
    await seen(bob, (m) => m.protocolMessage?.type === 0, 'the revoke');
    const own = await bob.socket.sendMessage(got.key.remoteJid, { text: 'wrong' });
    await server.event('message', (p) => p.body === 'wrong');
    await bob.socket.sendMessage(got.key.remoteJid, { text: 'right', edit: own.key });
    const edited = await server.event('message.edited', (p) => !p.fromMe);
    equal(edited.editedMessageId, own.key.id, 'what was edited');
    equal(edited.body, 'right', 'the new text');
    await bob.socket.sendMessage(got.key.remoteJid, { delete: own.key });
    const revoked = await server.event('message.revoked', (p) => !p.after.fromMe);
    equal(revoked.revokedMessageId, own.key.id, 'what was revoked');
    equal(revoked.before.body, 'wrong', 'what it said');
    console.log('edits and revokes');

    await send('/api/sendLocation', { chatId: chat(kBob), latitude: 38.8937255, longitude: -77.0969763, title: 'Office' });
    const place = await seen(bob, (m) => m.locationMessage, 'the place');
    equal(place.message.locationMessage.degreesLatitude, 38.8937255, 'the latitude');
    await send('/api/sendContactVcard', { chatId: chat(kBob), contacts: [{ fullName: 'Jane', phoneNumber: '+91 11111 11111' }] });
    const card = await seen(bob, (m) => m.contactMessage, 'the card');
    equal(card.message.contactMessage.displayName, 'Jane', 'the name on the card');
    const forwarded = await send('/api/forwardMessage', { chatId: chat(kCarol), messageId: reply.id });
    equal(forwarded.body, 'Hi yourself', 'the forwarded text');
    await text(carol, 'Hi yourself');
    console.log('places, cards, forwards');

    const context = async (text_) => {
      await send('/api/sendText', { chatId: chat(kBob), text: text_ });
      return (await text(bob, text_)).message.extendedTextMessage?.contextInfo;
    };
    await bob.socket.sendMessage(got.key.remoteJid, { disappearingMessagesInChat: 86400 });
    await bob.socket.sendMessage(got.key.remoteJid, { text: 'for a day' }, { ephemeralExpiration: 86400 });
    await server.event('message', (p) => p.body === 'for a day');
    equal((await context('gone tomorrow')).expiration, 86400, 'how long it stays');
    await bob.socket.sendMessage(got.key.remoteJid, { disappearingMessagesInChat: false });
    await bob.socket.sendMessage(got.key.remoteJid, { text: 'for ever' });
    await server.event('message', (p) => p.body === 'for ever');
    equal((await context('still there'))?.expiration, undefined, 'that it stays');
    await bob.socket.relayMessage(got.key.remoteJid, {
      viewOnceMessageV2: { message: { imageMessage: { caption: 'look once', mimetype: 'image/jpeg', viewOnce: true } } },
    }, {});
    const once = await server.event('message', (p) => p.body === 'look once');
    equal(once.hasMedia && once.media.mimetype === 'image/jpeg' && once.media.url === null, true, 'its file');
    console.log('what disappears, and what is seen once');

    await bob.socket.presenceSubscribe(jid(kMe));
    await server.ok('POST', '/api/one/presence', { presence: 'online' });
    await bob.presence('available');
    await server.ok('POST', `/api/one/presence/${chat(kBob)}/subscribe`);
    await bob.socket.sendPresenceUpdate('composing', got.key.remoteJid);
    const typing = await server.event('presence.update', (p) => p.presences[0].lastKnownPresence === 'typing');
    equal(typing.id, chat(kBob), 'who types');
    equal((await server.ok('GET', `/api/one/presence/${chat(kBob)}`)).presences[0].lastKnownPresence, 'typing', 'what is known');
    equal((await send('/api/startTyping', { chatId: chat(kBob) })).result, true, 'startTyping');
    await bob.presence('composing');
    await send('/api/stopTyping', { chatId: chat(kBob) });
    await bob.presence('available');  // what Baileys makes of it
    await server.ok('POST', '/api/one/presence', { presence: 'recording', chatId: chat(kBob) });
    await bob.presence('recording');
    const unread = await bob.socket.sendMessage(got.key.remoteJid, { text: 'have you read this?' });
    const question = await server.event('message', (p) => p.body === 'have you read this?');
    equal((await send('/api/sendSeen', { chatId: chat(kBob), messageIds: [question.id] })).ids[0], unread.key.id, 'what is read');
    await bob.receipt(unread.key.id, kRead);
    console.log('presence');

    // A group of three.
    const group = await server.ok('POST', '/api/one/groups', { name: 'Birds', participants: [{ id: chat(kBob) }, { id: kCarol }] });
    const id = group.JID ?? group.id;
    const hello = await send('/api/sendText', { chatId: id, text: 'Hello birds', mentions: ['all'] });
    equal(hello.id.startsWith(`true_${id}_`) && hello.id.endsWith(`_${chat(kMe)}`), true, `the id ${hello.id}`);
    const heard = await text(bob, 'Hello birds');
    equal(heard.message.extendedTextMessage.contextInfo.mentionedJid.length, 2, 'who is mentioned');
    const too = await text(carol, 'Hello birds');
    await carol.socket.readMessages([too.key]);
    await server.event('message.ack.group', (p) => p.id === hello.id && p.ack === 3 && p.participant === chat(kCarol));
    await server.event('message.ack.group', (p) => p.id === hello.id && p.ack === 2 && p.participant === chat(kCarol));
    await bob.socket.sendMessage(id, { text: 'Chirp' }, { quoted: heard });
    const chirp = await server.event('message', (p) => p.body === 'Chirp');
    equal(chirp.from, id, 'the group');
    equal(chirp.participant, chat(kBob), 'who chirped');
    equal(chirp.id.endsWith(`_${chat(kBob)}`), true, `the id ${chirp.id}`);
    await text(carol, 'Chirp');
    const members = await server.ok('GET', `/api/one/groups/${id}/participants/v2`);
    equal(members.length, 3, 'members');
    equal(members.filter((m) => m.role === 'superadmin').length, 1, 'creators');
    await server.ok('PUT', `/api/one/groups/${id}/subject`, { subject: 'Waxwings' });
    equal((await server.ok('GET', '/api/one/groups/count')).count, 1, 'groups');
    await server.ok('POST', `/api/one/groups/${id}/participants/remove`, { participants: [{ id: chat(kCarol) }] });
    await send('/api/sendText', { chatId: id, text: 'without Carol' });
    await text(bob, 'without Carol');
    await server.ok('POST', `/api/one/groups/${id}/leave`);
    console.log('a group');

    // Phones: the same person by number and by LID, and what a phone reads.
    const phone = (method, what, body) => simulator.call(method, `/accounts/${kCarol}/phone${what}`, body);
    await phone('PUT', '', { awake: true });
    for (const to of [jid(kMe), '100000000000001@lid']) {
      await phone('POST', '/messages', { to, text: `to ${to}` });
      const came = await server.event('message', (p) => p.body === `to ${to}`);
      equal(came.from, chat(kCarol), 'the chat of a phone');
      equal(came.sender.lid, '100000000000003@lid', 'the LID of a phone');
    }
    const note = await send('/api/sendText', { chatId: chat(kCarol), text: 'to your phone' });
    const { messages } = await phone('GET', '');
    const letter = messages.find((m) => m.text === 'to your phone');
    equal(note.id, `true_${chat(kCarol)}_${letter.id}`, 'what the phone has read');
    equal((await phone('POST', '/read', { ids: [letter.id] })).read, 1, 'read letters');
    await server.event('message.ack', (p) => p.id === note.id && p.ack === 3);
    await phone('POST', '/typing', { to: jid(kMe) });
    await server.event('presence.update', (p) => p.id === chat(kCarol) && p.presences[0].lastKnownPresence === 'typing');
    const flock = await simulator.call('POST', '/groups', { subject: 'Flock', phones: [kCarol, kMe] });
    await server.event('group.v2.join', (p) => p.group.id === flock.jid);
    await phone('POST', '/messages', { to: flock.jid, text: 'flying' });
    const flying = await server.event('message', (p) => p.body === 'flying');
    equal(flying.participant, chat(kCarol), 'who flies');
    await send('/api/sendText', { chatId: flock.jid, text: 'landing' });
    equal((await phone('GET', '')).messages.at(-1).text, 'landing', 'the last letter');
    console.log('phones');

    // What cannot be.
    const refused = async (status, body) => {
      const reply_ = await server.call('POST', '/api/sendText', { session: 'one', ...body });
      equal(reply_.status, status, `the answer to ${JSON.stringify(body).slice(0, 80)}: ${JSON.stringify(reply_.json)}`);
    };
    await refused(404, { chatId: '15559999999@c.us', text: 'nobody there' });
    await refused(422, { chatId: id, text: 'not a member' });
    await refused(400, { chatId: chat(kBob), text: '' });
    await refused(400, { chatId: 'bob', text: 'x' });
    const long = 'ä'.repeat(65536);
    await send('/api/sendText', { chatId: chat(kBob), text: long });
    await text(bob, long);
    await send('/api/sendText', { chatId: chat(kMe), text: 'a note to myself' });
    equal((await server.ok('GET', `/api/contacts/check-exists?session=one&phone=${kBob}`)).numberExists, true, 'Bob exists');
    equal((await server.ok('GET', '/api/contacts/check-exists?session=one&phone=15559999999')).numberExists, false, 'nobody');
    console.log('edges');
  } catch (error) {
    console.error(server.log.slice(-40).join('\n'));
    throw error;
  }
  for (const client of [bob, carol]) {
    await client.close();
    client.dispose();
  }
  await server.stop();
  await simulator.assertNoViolations();
});
