// SPDX-License-Identifier: Apache-2.0
// The simulator misbehaves in every way it can; each release of Baileys refuses what it is known to refuse, and no more.
import { Baileys, equal } from './baileys.mjs';
import { witness } from './simulator.mjs';

const [program, release] = [process.argv[2], Number(process.argv[3])];
const phone = '15550001001';

// Whether a fresh device is linked and logs in under these faults; otherwise why not.
async function outcome(simulator, faults) {
  await simulator.faults(faults);
  const client = await Baileys.create(release, simulator);
  client.connect();
  const end = client.ended();
  const first = await Promise.race([client.qr().catch(() => 'no QR'), end]);
  if (typeof first !== 'string') return `no QR code, ${first}`;
  const linked = await simulator.scan(phone, first).then(() => true, () => false);
  const reason = await end;
  if (!linked) return `not linked, ${reason}`;
  equal(reason, 515, 'the end of pairing');
  client.connect();
  await client.opened();
  await client.close();
  client.dispose();
  return 'logged in';
}

const refusedBefore = release === 7 ? ['wrong_root', 'wrong_signature', 'intermediate_issuer'] : ['intermediate_issuer'];
const certificates = ['none', 'wrong_root', 'wrong_signature', 'wrong_key', 'intermediate_issuer', 'leaf_issuer',
                      'expired', 'not_yet_valid', 'no_validity'];

await witness(program, async (simulator) => {
  await simulator.account(phone, 'alice');
  for (const certificate of certificates) {
    const got = await outcome(simulator, { certificate });
    const refused = refusedBefore.includes(certificate);
    equal(got.startsWith(refused ? 'no QR code' : 'logged in'), true, `${certificate}: ${got}; as expected`);
    console.log(`certificate ${certificate}: ${got}`);
  }
  for (const fault of ['wrong_hmac', 'wrong_account_signature', 'hosted_prefix']) {
    const got = await outcome(simulator, { [fault]: true });
    equal(got.startsWith('not linked'), true, `${fault}: ${got}; as expected`);
    console.log(`${fault}: ${got}`);
  }
  for (const faults of [{ split_frames: true }, { merge_frames: true }, { compress_nodes: true }, { delay_ms: 20 },
                        { split_frames: true, compress_nodes: true, delay_ms: 5 }]) {
    const got = await outcome(simulator, faults);
    console.log(`${JSON.stringify(faults)}: ${got}`);
    equal(got, 'logged in', JSON.stringify(faults));
  }

  await simulator.faults({});
  const client = await Baileys.create(release, simulator);
  await client.pair(phone);
  await client.close();
  console.log('linked');
  for (const reason of [401, 403, 405, 503]) {
    await simulator.faults({ login_failure: { reason } });
    client.connect();
    equal(await client.ended(), reason, `login_failure ${reason}`);
    console.log(`login failure ${reason}`);
  }
  await simulator.faults({ minimum_version: 4000000000 });
  client.connect();
  equal(await client.ended(), 405, 'an old version');
  console.log('an old version');
  await simulator.faults({ outage: true });
  client.connect();
  await client.ended();
  await simulator.faults({});
  await client.reconnect();
  await simulator.call('POST', '/drop');
  await client.ended();
  client.dispose();
  console.log('refused logins and an outage');
  await simulator.assertNoViolations();
});
