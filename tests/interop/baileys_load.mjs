// SPDX-License-Identifier: Apache-2.0
// Baileys under the load of tools/bench: the CPU of a text received, and of one sent to three devices.
import { Baileys } from './baileys.mjs';
import { Simulator } from './simulator.mjs';

const simulator = Object.assign(new Simulator(), JSON.parse(process.argv[2]));
const count = Number(process.argv[3]);
const [kMe, kOther] = ['15552000001', '15552000002'];
const kWarmUp = 20;
const jid = (phone) => `${phone}@s.whatsapp.net`;
const cpuUs = () => { const { user, system } = process.cpuUsage(); return user + system; };

for (const phone of [kMe, kOther]) await simulator.account(phone, 'Load');
// The device at the other end is linked and away: only its list and its keys are needed.
const away = await Baileys.create(7, simulator);
await away.pair(kOther);
await away.close();
const client = await Baileys.create(7, simulator);
await client.pair(kMe);
await client.becomeVisible('Load');

let received = 0;
client.socket.ev.on('messages.upsert', ({ messages }) => { received += messages.filter((m) => m.message).length; });
const receive = async (wanted) => {
  const before = received;
  await simulator.call('POST', '/load', { pairs: [[kOther, jid(kMe)]], count: wanted, window: 8 });
  const done = async () => (await simulator.call('GET', '/load')).confirmed >= wanted;
  while (received < before + wanted || !await done()) await new Promise((resolve) => { setTimeout(resolve, 50); });
};
// As the server does in its own measurement: one after the other, each text of 100 characters.
const send = async (wanted) => {
  for (let i = 0; i < wanted; ++i) await client.socket.sendMessage(jid(kOther), { text: 'x'.repeat(100) });
};
const measure = async (work) => {
  await work(kWarmUp);
  const [began, before] = [performance.now(), cpuUs()];
  await work(count);
  return { cpu_us: (cpuUs() - before) / count, per_s: count / (performance.now() - began) * 1000 };
};
console.log(JSON.stringify({ receive: await measure(receive), send3: await measure(send) }));
await client.close();
for (const one of [client, away]) one.dispose();
process.exit(0);
