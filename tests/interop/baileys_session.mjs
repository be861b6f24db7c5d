// SPDX-License-Identifier: Apache-2.0
// A Baileys device links by QR, logs in, reconnects, is replaced, is kicked, and logs out.
import { Baileys, equal } from './baileys.mjs';
import { witness } from './simulator.mjs';

const [program, release] = [process.argv[2], Number(process.argv[3])];

await witness(program, async (simulator) => {
  await simulator.account('15550001001', 'alice');
  const client = await Baileys.create(release, simulator);
  await client.pair('15550001001');
  equal(client.me.id, '15550001001:1@s.whatsapp.net', 'me');
  if (release === 7) equal(client.me.lid, '100000000000001:1@lid', 'lid');
  const { devices } = await simulator.call('GET', '/accounts/15550001001');
  equal(devices[1].prekeys, release === 7 ? 812 : 30, 'uploaded prekeys');
  console.log('linked and logged in');

  await client.close();
  await client.reconnect();
  await simulator.call('POST', '/accounts/15550001001/devices/1/drop');
  await client.ended();
  await client.reconnect();
  console.log('reconnected, twice');

  await simulator.call('POST', '/accounts/15550001001/devices/1/stream-error', { conflict: 'replaced' });
  equal(await client.ended(), 440, 'the end when replaced');
  await client.reconnect();
  await simulator.call('POST', '/accounts/15550001001/devices/1/stream-error', { code: 503 });
  equal(await client.ended(), 503, 'the end by 503');
  await client.reconnect();

  await simulator.unlink('15550001001', 1);
  equal(await client.ended(), 401, 'the end when kicked');
  client.connect();
  equal(await client.ended(), 401, 'the login after that');
  client.dispose();
  console.log('kicked');

  const other = await Baileys.create(release, simulator);
  await other.pair('15550001001');
  equal(other.me.id, '15550001001:2@s.whatsapp.net', 'me');
  await other.socket.logout();
  equal(await other.ended(), 401, 'the end after logout');
  equal((await simulator.call('GET', '/accounts/15550001001')).devices.length, 1, 'devices left');
  other.dispose();
  console.log('logged out');
  await simulator.assertNoViolations();
});
