// SPDX-License-Identifier: Apache-2.0
// Many Baileys sessions in one process, for tools/bench: links and logs in, prints what each costs.
import { Baileys } from './baileys.mjs';
import { Simulator } from './simulator.mjs';

const simulator = Object.assign(new Simulator(), JSON.parse(process.argv[2]));
const count = Number(process.argv[3]);
const cpuMs = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000; };
const settle = () => new Promise((resolve) => { setTimeout(() => { global.gc?.(); resolve(); }, 1000); });

// One that does not count: what all of them share is loaded with it.
const add = async (index) => {
  const phone = String(15551000000 + index);
  await simulator.account(phone, 'Many');
  const client = await Baileys.create(7, simulator);
  await client.pair(phone);
  return client;
};
const clients = [await add(0)];
await settle();

const [memory, cpu] = [process.memoryUsage().rss, cpuMs()];
for (let index = 1; index <= count; ++index) clients.push(await add(index));
const paired = cpuMs();
await settle();
const empty_kb = (process.memoryUsage().rss - memory) / count / 1000;

for (const client of clients) await client.close();
const before = cpuMs();
for (const client of clients) await client.reconnect();
const login_cpu_ms = (cpuMs() - before) / clients.length;
console.log(JSON.stringify({ pair_cpu_ms: (paired - cpu) / count, login_cpu_ms, empty_kb }));
for (const client of clients) client.dispose();
process.exit(0);
