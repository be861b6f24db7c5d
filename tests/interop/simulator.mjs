// SPDX-License-Identifier: Apache-2.0
// Starts waxwing-simulator and drives its control interface.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export class Simulator {
  static async start(program, ...options) {
    const child = spawn(program, ['--transcript', '5000', ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const { value, done } = await lines.next();
    if (done) throw new Error('the simulator did not start');
    return Object.assign(new Simulator(), JSON.parse(value), { child });
  }

  async call(method, path, body) {
    const response = await fetch(this.control + path, { method, body: body && JSON.stringify(body) });
    const text = await response.text();
    const json = response.headers.get('content-type').startsWith('application/json') ? JSON.parse(text) : text;
    if (!response.ok) throw Object.assign(new Error(`${method} ${path}: ${response.status} ${json.error}`), { status: response.status });
    return json;
  }

  account(phone, name) { return this.call('POST', '/accounts', { phone, name }); }
  scan(phone, qr) { return this.call('POST', `/accounts/${phone}/scan`, { qr }); }
  enterCode(phone, code) { return this.call('POST', `/accounts/${phone}/code`, { code }); }
  unlink(phone, device) { return this.call('DELETE', `/accounts/${phone}/devices/${device}`); }
  faults(faults) { return this.call('PUT', '/faults', faults); }

  // Fails when a client broke the protocol.
  async assertNoViolations() {
    const { total, latest } = await this.call('GET', '/violations');
    if (total !== 0) throw new Error(`${total} violations: ${JSON.stringify(latest, null, 1)}`);
  }

  // Ends by itself when all is well; otherwise shows what was said.
  async stop(failure) {
    if (failure) {
      console.error(await this.call('GET', '/transcript').catch(() => 'no transcript'));
      console.error(JSON.stringify(await this.call('GET', '/violations').catch(() => null)));
    }
    const ended = new Promise((resolve) => this.child.once('exit', (code) => resolve(code)));
    this.child.kill('SIGTERM');
    const code = await ended;
    if (code !== 0 && !failure) throw new Error(`the simulator ended with ${code}`);
  }
}

// Runs `body` against a fresh simulator; the process ends with 0 only if all went well.
export async function witness(program, body, ...options) {
  const simulator = await Simulator.start(program, ...options);
  try {
    await body(simulator);
    const { stanzas_in, stanzas_out, other_encodings } = await simulator.call('GET', '/state');
    console.log(`${stanzas_in} stanzas from clients, ${stanzas_out} to them; ` +
                `${other_encodings} were written in another way than ours`);
    await simulator.stop();
  } catch (error) {
    console.error(error);
    await simulator.stop(error);
    process.exit(1);
  }
  process.exit(0);  // Clients leave timers behind.
}
