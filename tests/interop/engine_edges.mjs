// SPDX-License-Identifier: Apache-2.0
// A session of the server and real Baileys devices that come, go, and are linked to another phone under the same number.
import { Baileys, equal } from './baileys.mjs';
import { Server } from './server.mjs';
import { witness } from './simulator.mjs';

const [server_program, program, engine, release] = [process.argv[2], process.argv[3], process.argv[4], Number(process.argv[5])];
const [kMe, kBob] = ['15550001001', '15550001002'];
const jid = (phone) => `${phone}@s.whatsapp.net`;
const chat = (phone) => `${phone}@c.us`;

await witness(program, async (simulator) => {
  for (const [phone, name] of [[kMe, 'Me'], [kBob, 'bob']]) await simulator.account(phone, name);
  const server = await Server.start(server_program, simulator);
  const clients = [];
  const device = async () => {
    const client = await Baileys.create(release, simulator);
    clients.push(client);
    await client.pair(kBob);
    await client.becomeVisible('Bob');
    return client;
  };
  const send = (text, to = chat(kBob)) => server.ok('POST', '/api/sendText', { session: 'one', chatId: to, text });
  const arrives = (text) => server.event('message', (p) => p.body === text);
  try {
    await server.link('one', engine, kMe);
    const bob = await device();
    await send('hello');
    await bob.message('hello');
    await bob.say(jid(kMe), 'hello yourself');
    await arrives('hello yourself');

    const tablet = await device();
    await send('to both');
    await bob.message('to both');
    await tablet.message('to both');
    await tablet.say(jid(kMe), 'from the tablet');
    await arrives('from the tablet');
    console.log('a device that came');

    await simulator.unlink(kBob, 2);
    equal(await tablet.ended(), 401, 'the end of the tablet');
    const left = await send('to the one that is left');
    await bob.message('to the one that is left');
    await server.event('message.ack', (p) => p.id === left.id && p.ack === 2);
    console.log('a device that went');

    const group = await simulator.call('POST', '/groups', { subject: 'Birds', phones: [kBob, kMe], mode: release > 6 ? 'lid' : 'pn' });
    await server.event('group.v2.join', (p) => p.group.id === group.jid);
    await send('in the group', group.jid);
    await bob.message('in the group');

    // Another phone, other keys, and a device that is linked to it: nothing of before holds.
    await simulator.call('POST', `/accounts/${kBob}/reinstall`);
    equal(await bob.ended(), 401, 'the end of what was linked before');
    const anew = await device();
    await anew.say(jid(kMe), 'I have a new phone');
    await arrives('I have a new phone');
    const seen = await send('so I see');
    await anew.message('so I see');
    await server.event('message.ack', (p) => p.id === seen.id && p.ack === 2);
    await send('in the group again', group.jid);
    await anew.message('in the group again');
    console.log('another phone of the same number');

    // Found stale once by WhatsApp, a message is sent again by itself.
    await simulator.faults({ message_error: 421, message_errors: 1 });
    equal((await send('stale')).ack, 1, 'the ack of what was found stale');
    await anew.message('stale');
    await simulator.faults({ message_error: 463 });
    const refused = await server.call('POST', '/api/sendText', { session: 'one', chatId: chat(kBob), text: 'refused' });
    equal(refused.status, 422, 'the answer to what is refused');
    equal(refused.json.details.reason, 'new_chat_refused', 'its reason');
    await server.event('message.ack', (p) => p.ack === -1 && p.error.code === 463);
    await simulator.faults({});
    console.log('refused');
  } catch (error) {
    console.error(server.log.slice(-40).join('\n'));
    throw error;
  }
  for (const client of clients.slice(-1)) await client.close();
  for (const client of clients) client.dispose();
  await server.stop();
  await simulator.assertNoViolations();
});
