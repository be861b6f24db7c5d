// SPDX-License-Identifier: Apache-2.0
// A session of the server and real Baileys devices in groups, made by either and addressed either way: whatever can be said
// and done there, in both directions.
import { Baileys, equal } from './baileys.mjs';
import { Server } from './server.mjs';
import { witness } from './simulator.mjs';

const [server_program, program, engine, release] = [process.argv[2], process.argv[3], process.argv[4], Number(process.argv[5])];
const [kMe, kBob, kCarol] = ['15550001001', '15550001002', '15550001003'];
const jid = (phone) => `${phone}@s.whatsapp.net`;
const chat = (phone) => `${phone}@c.us`;

await witness(program, async (simulator) => {
  for (const [phone, name] of [[kMe, 'Me'], [kBob, 'bob'], [kCarol, 'carol']]) await simulator.account(phone, name);
  const server = await Server.start(server_program, simulator);
  const bob = await Baileys.create(release, simulator);
  const carol = await Baileys.create(release, simulator);
  const lid = async (phone) => `${(await simulator.call('GET', `/accounts/${phone}`)).lid}@lid`;
  const [my_lid, bobs_lid, carols_lid] = await Promise.all([kMe, kBob, kCarol].map(lid));
  const send = (path, body) => server.ok('POST', path, { session: 'one', ...body });
  const arrives = (text) => server.event('message', (p) => p.body === text);
  // Both names of a person, wherever one is.
  const both = (person, phone, lid_, what) => {
    equal(person.pn, chat(phone), `the number of ${what}`);
    equal(person.lid, lid_, `the LID of ${what}`);
  };

  // Everything that members say, in a group of the three that names them by LID or by number.
  const converse = async (group, by_lid) => {
    const named = (phone, lid_) => (by_lid ? lid_ : jid(phone));
    const hello = await send('/api/sendText', { chatId: group, text: 'Hello birds' });
    equal(hello.id, `true_${group}_${hello.id.split('_')[2]}_${chat(kMe)}`, 'the id');
    const heard = await bob.message('Hello birds');
    const too = await carol.message('Hello birds');
    await carol.socket.readMessages([too.key]);
    const read = await server.event('message.ack.group', (p) => p.id === hello.id && p.ack === 3);
    equal(read.participant, chat(kCarol), 'who has read it');
    both(read.sender, kCarol, carols_lid, 'the reader');

    const chirp = await bob.socket.sendMessage(group, { text: 'Chirp' }, { quoted: heard });
    const chirped = await arrives('Chirp');
    equal(chirped.participant, chat(kBob), 'who chirped');
    both(chirped.sender, kBob, bobs_lid, 'the author');
    equal(chirped.replyTo.id, heard.key.id, 'what it answers');
    equal(chirped.replyTo.participant, chat(kMe), 'whom it answers');
    both(chirped.replyTo.sender, kMe, my_lid, 'whoever is answered');
    const chirp_at_carols = await carol.message('Chirp');
    await carol.socket.sendMessage(group, { text: 'Chirp chirp' }, { quoted: chirp_at_carols });
    const again = await arrives('Chirp chirp');
    equal(again.replyTo.participant, chat(kBob), 'whom Carol answers');
    both(again.replyTo.sender, kBob, bobs_lid, 'whomever Carol answers');

    await send('/api/sendText', { chatId: group, text: 'quoting', reply_to: chirped.id, mentions: [chat(kCarol)] });
    const quoting = await bob.content('extendedTextMessage', (m) => m.text === 'quoting');
    equal(quoting.contextInfo.stanzaId, chirp.key.id, 'what is quoted');
    equal(quoting.contextInfo.participant, named(kBob, bobs_lid), 'who is quoted');
    equal(quoting.contextInfo.mentionedJid[0], named(kCarol, carols_lid), 'who is mentioned');
    await send('/api/sendSeen', { chatId: group });
    await bob.reader(chirp.key.id);
    console.log('  replies');

    for (const reaction of ['👍', '']) {
      await server.ok('PUT', '/api/reaction', { session: 'one', messageId: chirped.id, reaction });
      const { key } = await bob.content('reactionMessage', (m) => m.text === reaction);
      equal(key.id, chirp.key.id, 'the message of the reaction');
      equal(key.participant, named(kBob, bobs_lid), 'its author');
      await bob.socket.sendMessage(group, { react: { text: reaction || '🎉', key: heard.key } });
      const back = await server.event('message.reaction', (p) => p.reaction.text === (reaction || '🎉') && !p.fromMe);
      equal(back.reaction.messageId, hello.id, 'what the reaction is for');
    }
    await carol.socket.sendMessage(group, { react: { text: '🐦', key: chirp_at_carols.key } });
    const carols = await server.event('message.reaction', (p) => p.reaction.text === '🐦');
    equal(carols.reaction.messageId, chirped.id, 'what the reaction of Carol is for');
    both(carols.sender, kCarol, carols_lid, 'whoever reacts');
    console.log('  reactions');

    const edits = (m) => (m.protocolMessage ?? m.editedMessage?.message?.protocolMessage)?.editedMessage;
    const path = `/api/one/chats/${group}/messages/`;
    await server.ok('PUT', path + hello.id, { text: 'Hello, birds' });
    await Promise.race([
      carol.next(carol.messages, (m) => edits(m.message ?? {})?.conversation === 'Hello, birds', 'the edit'),
      carol.next(carol.receipts, (r) => JSON.stringify(r.update.message ?? '').includes('Hello, birds'), 'the edit as an update'),
    ]);
    await bob.socket.sendMessage(group, { text: 'Chirp!', edit: chirp.key });
    const edited = await server.event('message.edited', (p) => !p.fromMe);
    equal(edited.editedMessageId, chirp.key.id, 'what was edited');
    equal(edited.body, 'Chirp!', 'the new text');
    equal(edited.participant, chat(kBob), 'who edits');
    await server.ok('DELETE', path + hello.id);
    await carol.content('protocolMessage', (m) => m.type === 0 && m.key.id === heard.key.id);
    await bob.socket.sendMessage(group, { delete: chirp.key });
    const gone = await server.event('message.revoked', (p) => !p.after.fromMe);
    equal(gone.revokedMessageId, chirp.key.id, 'what Bob revokes');
    equal(gone.before.body, 'Chirp', 'what it said');
    both(gone.after.sender, kBob, bobs_lid, 'whoever revokes');
    console.log('  edits and revokes');
  };

  try {
    await server.link('one', engine, kMe);
    for (const [client, phone, name] of [[bob, kBob, 'Bob'], [carol, kCarol, 'Carol']]) {
      await client.pair(phone);
      await client.becomeVisible(name);
    }
    const by_lid = release > 6;

    const made = await server.ok('POST', '/api/one/groups', { name: 'Ours', participants: [{ id: chat(kBob) }, { id: kCarol }] });
    const ours = made.JID ?? made.id;
    if (by_lid) {
      console.log('a group by LID');
      await converse(ours, true);
    }
    console.log('a group by number');
    const numbered = await simulator.call('POST', '/groups', { subject: 'By number', phones: [kBob, kMe, kCarol], mode: 'pn' });
    await server.event('group.v2.join', (p) => p.group.id === numbered.jid);
    await converse(numbered.jid, false);

    // An admin deletes what others wrote: we in ours, Bob in his.
    if (by_lid) {
      const rude = await carol.socket.sendMessage(ours, { text: 'something rude' });
      const heard = await arrives('something rude');
      await server.ok('DELETE', `/api/one/chats/${ours}/messages/${heard.id}`);
      const taken = await bob.content('protocolMessage', (m) => m.type === 0 && m.key.id === rude.key.id);
      equal(taken.key.participant, carols_lid, 'whose message is deleted');
    }

    // A group of Bob's, who does to it whatever an admin can.
    const his = await bob.socket.groupCreate('Bobs', [jid(kMe), jid(kCarol)]);
    const joined = await server.event('group.v2.join', (p) => p.group.id === his.id);
    equal(joined.group.subject, 'Bobs', 'the subject');
    for (const [phone, lid_] of [[kMe, my_lid], [kBob, bobs_lid], [kCarol, carols_lid]]) {
      const member = joined.group.participants.find((p) => p.pn === chat(phone));
      if (!member) throw new Error(`${phone} is no member: ${JSON.stringify(joined.group.participants)}`);
      if (by_lid) equal(member.lid, lid_, 'the LID of a member');
    }
    await bob.socket.groupUpdateSubject(his.id, 'Nest');
    equal((await server.event('group.v2.update', (p) => p.group.id === his.id)).group.subject, 'Nest', 'the new subject');
    const mine = await send('/api/sendText', { chatId: his.id, text: 'not for long' });
    const doomed = await bob.message('not for long');
    await bob.socket.sendMessage(his.id, { delete: doomed.key });
    const deleted = await server.event('message.revoked', (p) => p.revokedMessageId === doomed.key.id);
    equal(deleted.after.participant, chat(kBob), 'who deleted it');
    equal(deleted.before.id, mine.id, 'what was deleted');
    const change = async (action, role, type = action) => {
      await bob.socket.groupParticipantsUpdate(his.id, [jid(kCarol)], action);
      const news = await server.event('group.v2.participants', (p) => p.group.id === his.id && p.type === type);
      equal(news.participants.length, 1, 'members who change');
      equal(news.participants[0].role, role, `the role after ${action}`);
      both(news.participants[0], kCarol, carols_lid, `the member after ${action}`);
    };
    await change('promote', 'admin');
    await change('demote', 'participant');
    await change('remove', 'left', 'leave');
    await send('/api/sendText', { chatId: his.id, text: 'without Carol' });
    await bob.message('without Carol');
    await change('add', 'participant', 'join');
    await send('/api/sendText', { chatId: his.id, text: 'Carol is back' });
    await carol.message('Carol is back');
    await bob.socket.groupToggleEphemeral(his.id, 604800);
    await server.event('group.v2.update', (p) => p.group.id === his.id);
    await send('/api/sendText', { chatId: his.id, text: 'for a week' });
    equal((await carol.message('for a week')).message.extendedTextMessage.contextInfo.expiration, 604800, 'how long it stays');
    await carol.socket.groupLeave(his.id);
    const left = await server.event('group.v2.participants', (p) => p.group.id === his.id && p.type === 'leave');
    both(left.participants[0], kCarol, carols_lid, 'who left');
    await bob.socket.groupParticipantsUpdate(his.id, [jid(kMe)], 'remove');
    await server.event('group.v2.leave', (p) => p.group.id === his.id);
    const refused = await server.call('POST', '/api/sendText', { session: 'one', chatId: his.id, text: 'still there?' });
    equal(refused.status, 422, 'the answer to whoever was removed');
    equal(refused.json.details.reason, 'not_a_member', 'its reason');
    console.log('a group of Bob');
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
