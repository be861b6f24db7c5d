// SPDX-License-Identifier: Apache-2.0
// A session of the server and real Baileys devices, while sessions are lost, people are away and the server is killed.
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Baileys, equal } from './baileys.mjs';
import { Server } from './server.mjs';
import { witness } from './simulator.mjs';

const [server_program, program, engine, release] = [process.argv[2], process.argv[3], process.argv[4], Number(process.argv[5])];
const [kMe, kBob] = ['15550001001', '15550001002'];
const jid = (phone) => `${phone}@s.whatsapp.net`;
const chat = (phone) => `${phone}@c.us`;

// Takes rows out of the stopped server's store.
function loseRows(server, space) {
  const script = `
import sqlite3, sys
lost = 0
for path in sys.argv[2:]:
    db = sqlite3.connect(path)
    lost += db.execute("DELETE FROM wax_kv WHERE space = ? OR space LIKE ?", (sys.argv[1], "%/" + sys.argv[1])).rowcount
    db.commit()
    db.close()
print(lost)`;
  const files = readdirSync(server.directory, { recursive: true }).filter((name) => name.endsWith('.db'));
  return Number(execFileSync('python3', ['-c', script, space, ...files.map((name) => join(server.directory, name))]));
}

await witness(program, async (simulator) => {
  for (const [phone, name] of [[kMe, 'Me'], [kBob, 'bob']]) await simulator.account(phone, name);
  const server = await Server.start(server_program, simulator);
  const bob = await Baileys.create(release, simulator);
  const tablet = await Baileys.create(release, simulator);
  try {
    await server.link('one', engine, kMe);
    await tablet.pair(kMe);
    await tablet.becomeVisible('Me');
    await bob.pair(kBob);
    await bob.becomeVisible('Bob');
    const send = (text, to = chat(kBob)) => server.ok('POST', '/api/sendText', { session: 'one', chatId: to, text });
    const arrives = (text) => server.event('message', (p) => p.body === text);
    const restart = async () => {
      await server.launch();
      await server.event('session.status', (p) => p.status === 'WORKING');
    };
    const times = (text) => bob.messages.filter((m) => (m.message?.conversation || m.message?.extendedTextMessage?.text) === text).length;

    await send('hello');
    await bob.message('hello');
    const copy = await tablet.message('hello');
    equal(copy.key.fromMe, true, 'fromMe of the copy');
    equal(copy.key.remoteJid, jid(kBob), 'the chat of the copy');
    await bob.say(jid(kMe), 'hello yourself');
    await arrives('hello yourself');
    await tablet.message('hello yourself');
    await tablet.say(jid(kBob), 'from the tablet');
    const own = await server.event('message.any', (p) => p.body === 'from the tablet');
    equal(own.fromMe, true, 'fromMe of what the tablet wrote');
    await send('a note to myself', chat(kMe));
    equal((await tablet.message('a note to myself')).key.fromMe, true, 'fromMe of a note');
    const { jid: group } = await simulator.call('POST', '/groups', { subject: 'Birds', phones: [kMe, kBob], mode: release > 6 ? 'lid' : 'pn' });
    await server.event('group.v2.join', (p) => p.group.id === group);
    await send('to the group', group);
    await bob.message('to the group');
    equal((await tablet.message('to the group')).key.fromMe, true, 'fromMe of the copy in the group');
    await tablet.say(group, 'the tablet in the group');
    const ours = await server.event('message.any', (p) => p.body === 'the tablet in the group');
    equal(ours.fromMe, true, 'fromMe of what the tablet wrote in the group');
    equal(ours.participant, chat(kMe), 'its author');
    console.log('our own other device');

    if (release > 6) {
      const { lid } = await simulator.call('GET', `/accounts/${kBob}`);
      await send('by LID', `${lid}@lid`);
      await bob.message('by LID');
      const { lid: mine } = await simulator.call('GET', `/accounts/${kMe}`);
      await bob.say(`${mine}@lid`, 'by LID too');
      const message = await arrives('by LID too');
      equal(message.sender.pn, chat(kBob), 'the number of whoever writes by LID');
      console.log('by LID');
    }

    equal(await bob.loseSessions() > 0, true, 'Baileys had sessions');
    const again = await send('Bob lost his session');
    await bob.message('Bob lost his session');
    await server.event('message.ack', (p) => p.id === again.id && p.ack === 2);
    await bob.say(jid(kMe), 'it works again');
    await arrives('it works again');
    await bob.say(group, 'in the group');
    await arrives('in the group');
    equal(bob.loseGroupKeys() > 0, true, 'Baileys had keys of the group');
    const once_more = await send('Bob lost the key of the group', group);
    await bob.message('Bob lost the key of the group');
    await server.event('message.ack.group', (p) => p.id === once_more.id && p.ack === 2);
    console.log('a session lost at the other end');

    await server.kill('SIGTERM');  // so that all rows are where loseRows() looks
    equal(loseRows(server, 'sessions') > 0, true, 'the server had sessions');
    await restart();
    await bob.say(jid(kMe), 'you lost your session');
    await arrives('you lost your session');
    await send('so I did');
    await bob.message('so I did');
    await server.kill('SIGTERM');  // so that all rows are where loseRows() looks
    equal(loseRows(server, 'senderkeys') > 0, true, 'the server had keys of the group');
    await restart();
    await bob.say(group, 'you lost the key of the group');
    await arrives('you lost the key of the group');
    await send('so I did, in the group', group);
    await bob.message('so I did, in the group');
    console.log('a session lost at our end');

    await bob.close();
    const missed = [];
    for (const round of [1, 2, 3]) missed.push(await send(`missed ${round}`));
    await bob.reconnect();
    for (const round of [1, 2, 3]) await bob.message(`missed ${round}`);
    for (const { id } of missed) await server.event('message.ack', (p) => p.id === id && p.ack === 2);
    await server.kill();
    for (const round of [1, 2, 3]) await bob.say(jid(kMe), `while you were dead ${round}`);
    await restart();
    for (const round of [1, 2, 3]) await arrives(`while you were dead ${round}`);
    console.log('what waited');

    // Killed in the middle of sending and receiving, a few times.
    for (const round of [1, 2, 3]) {
      const texts = Array.from({ length: 8 }, (_, i) => `burst ${round}.${i}`);
      let answered = 0;
      const calls = texts.map((text) => send(text).then(() => { ++answered; }, () => undefined));
      const theirs = texts.map((text) => bob.say(jid(kMe), `back ${text}`));
      await calls[round * 2 - 1];
      await server.kill();
      await Promise.all(theirs);
      await Promise.all(calls);
      await restart();
      for (const text of texts) await arrives(`back ${text}`);
      await send(`after ${round}`);
      await bob.message(`after ${round}`);
      await bob.until(() => texts.filter((text) => times(text) > 0).length >= answered, `${answered} answered ones`);
      for (const text of texts) equal(times(text) <= 1, true, `${text} came once`);
    }
    const doubles = server.events.filter((e) => e.event === 'message' && e.payload.body?.startsWith('back '));
    equal(doubles.length, 0, 'messages that came twice');
    console.log('killed');
  } catch (error) {
    console.error(server.log.slice(-40).join('\n'));
    throw error;
  }
  for (const client of [bob, tablet]) {
    await client.close();
    client.dispose();
  }
  await server.stop();
  await simulator.assertNoViolations();
});
