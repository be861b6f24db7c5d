// SPDX-License-Identifier: Apache-2.0
// Two Baileys devices write to each other through the simulator, one of them also while the other is away.
import { Baileys, equal } from './baileys.mjs';
import { witness } from './simulator.mjs';

const [program, first, second] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const kDelivered = 3;  // Baileys' number for "delivered to the device".

await witness(program, async (simulator) => {
  const phones = ['15550001001', '15550001002'];
  await simulator.account(phones[0], 'alice');
  await simulator.account(phones[1], 'bob');
  const alice = await Baileys.create(first, simulator);
  const bob = await Baileys.create(second, simulator);
  // Linked before alice writes for the first time: Baileys remembers lists of devices for minutes.
  const tablet = await Baileys.create(first, simulator);
  await tablet.pair(phones[0]);
  await alice.pair(phones[0]);
  await bob.pair(phones[1]);
  await alice.becomeVisible('Alice A.');
  await bob.becomeVisible('Bob B.');
  const jid = (phone) => `${phone}@s.whatsapp.net`;

  // Sends, and checks text, sender and receipt.
  const say = async (from, to, fromPhone, toPhone, text) => {
    const { key } = await from.socket.sendMessage(jid(toPhone), { text });
    const got = await to.message(text);
    equal(got.key.remoteJid, jid(fromPhone), 'the chat');
    equal(got.key.fromMe, false, 'fromMe');
    equal(got.key.id, key.id, 'the id');
    equal(got.pushName, from === alice ? 'Alice A.' : 'Bob B.', 'the push name');
    await from.receipt(key.id, kDelivered);
  };
  for (const round of [1, 2, 3]) {
    await say(alice, bob, phones[0], phones[1], `to bob ${round}`);
    await say(bob, alice, phones[1], phones[0], `to alice ${round}`);
  }
  console.log('both directions');

  await bob.close();
  const missed = [];
  for (const round of [1, 2, 3]) {
    missed.push((await alice.socket.sendMessage(jid(phones[1]), { text: `missed ${round}` })).key.id);
  }
  const waiting = (await simulator.call('GET', `/accounts/${phones[1]}`)).devices[1].waiting;
  equal(waiting >= 3, true, 'messages wait');
  await bob.reconnect();
  for (const round of [1, 2, 3]) await bob.message(`missed ${round}`);
  for (const id of missed) await alice.receipt(id, kDelivered);
  console.log('what was missed');

  // Another device of the same account sees what this one writes.
  await alice.socket.sendMessage(jid(phones[1]), { text: 'with a tablet' });
  const copy = await tablet.message('with a tablet');
  equal(copy.key.fromMe, true, 'fromMe of the copy');
  equal(copy.key.remoteJid, jid(phones[1]), 'the chat of the copy');
  await bob.message('with a tablet');
  const answer = await bob.socket.sendMessage(jid(phones[0]), { text: 'to all of you' });
  await alice.message('to all of you');
  await tablet.message('to all of you');
  await bob.receipt(answer.key.id, kDelivered);
  console.log('several devices');

  for (const client of [alice, bob, tablet]) {
    await client.close();
    client.dispose();
  }
  for (const phone of phones) {
    const { devices } = await simulator.call('GET', `/accounts/${phone}`);
    for (const device of devices) equal(device.waiting, 0, `what waits for ${device.jid}`);
  }
  await simulator.assertNoViolations();
});
