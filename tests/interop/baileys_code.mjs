// SPDX-License-Identifier: Apache-2.0
// A Baileys device links by a code that is typed on the phone, first wrongly.
import { Baileys, equal } from './baileys.mjs';
import { witness } from './simulator.mjs';

const program = process.argv[2];
// The older release names its platform by a number that servers refuse since they expect a character.
const release = 7;
const phone = '15550001001';

await witness(program, async (simulator) => {
  await simulator.account(phone, 'alice');
  const client = await Baileys.create(release, simulator);
  client.connect();
  await client.qr();
  const seen = new Set(['']);
  const request = async () => {
    const code = await client.socket.requestPairingCode(phone);
    for (let tries = 0; tries < 200; ++tries) {
      const [{ code_for, code_ref }] = await simulator.call('GET', '/pairings');
      if (!seen.has(code_ref)) {
        seen.add(code_ref);
        equal(code_for, phone, 'whom the code is for');
        return code;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error('the server never heard of the code');
  };
  const wrong = await request();
  const typo = (wrong[0] === 'A' ? 'B' : 'A') + wrong.slice(1);
  const refused = await simulator.enterCode(phone, typo).then(() => 0, (error) => error.status);
  equal(refused, 409, 'a wrong code');
  equal((await simulator.call('GET', '/pairings')).length, 1, 'clients that still wait');

  const code = await request();
  const linked = simulator.enterCode(phone, `${code.slice(0, 4)}-${code.slice(4)}`);
  equal(await client.ended(), 515, 'the end of pairing');
  equal((await linked).device, `${phone}:1@s.whatsapp.net`, 'the device');
  client.connect();
  await client.opened();
  await client.close();
  client.dispose();
  await simulator.assertNoViolations();
});
