// SPDX-License-Identifier: Apache-2.0
// Starts the server against a simulator, drives its REST API, and collects what its webhooks bring.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const kKey = 'key-of-the-interop-tests';
const kTimeoutMs = 30000;

export class Server {
  static async start(program, simulator) {
    const server = new Server();
    server.directory = mkdtempSync(join(tmpdir(), 'waxwing-server-'));
    server.log = [];
    server.events = [];
    server.waiting = [];
    server.known = new Set();
    await server.listen();
    Object.assign(server, { program, simulator });
    await server.launch();
    return server;
  }

  // A process on the directory of the one before.
  async launch() {
    const server = this;
    const { program, simulator } = this;
    server.child = spawn(program, ['--allow-test-endpoint'], {
      cwd: server.directory,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PORT: '0', TMPDIR: tmpdir(), WAHA_API_KEY: kKey, WAHA_DASHBOARD_PASSWORD: 'of-the-interop-tests',
        WAHA_LOG_FORMAT: 'JSON', WAHA_PRINT_QR: 'false', WAHA_LOCAL_STORE_BASE_DIR: join(server.directory, 'data'),
        WAXWING_WA_ENDPOINT: simulator.endpoint, WAXWING_WA_ROOT_KEY: simulator.root_key,
        WHATSAPP_HOOK_URL: server.hook, WHATSAPP_HOOK_EVENTS: '*',
      },
    });
    const started = new Promise((resolve, reject) => {
      const take = (line) => {
        server.log.push(line);
        const at = line.indexOf('"event":"server.started"');
        if (at >= 0) resolve(JSON.parse(line).port);
      };
      for (const stream of [server.child.stdout, server.child.stderr]) createInterface({ input: stream }).on('line', take);
      server.child.once('exit', (code) => reject(new Error(`the server ended with ${code}:\n${server.log.join('\n')}`)));
    });
    server.base = `http://127.0.0.1:${await started}`;
  }

  // As if the power had failed; with SIGTERM it ends well.
  async kill(signal = 'SIGKILL') {
    this.child.removeAllListeners('exit');
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill(signal);
    await ended;
  }

  listen() {
    this.receiver = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => { body += chunk; });
      request.on('end', () => {
        response.end('{}');
        const event = JSON.parse(body);
        // What was on its way when the server was killed comes again, under the same id.
        if (this.known.has(event.id)) return;
        this.known.add(event.id);
        this.events.push(event);
        this.waiting = this.waiting.filter((check) => !check());
      });
    });
    return new Promise((resolve) => this.receiver.listen(0, '127.0.0.1', () => {
      this.hook = `http://127.0.0.1:${this.receiver.address().port}/`;
      resolve();
    }));
  }

  // The first event of that type whose payload fits, now or later; it is taken out.
  event(type, fits = () => true) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no ${type} came; others: ` +
        JSON.stringify(this.events.map((e) => [e.event, e.session, e.payload.id ?? e.payload.status]), null, 1))), kTimeoutMs);
      const check = () => {
        const index = this.events.findIndex((e) => e.event === type && fits(e.payload, e));
        if (index < 0) return false;
        clearTimeout(timer);
        resolve(this.events.splice(index, 1)[0].payload);
        return true;
      };
      if (!check()) this.waiting.push(check);
    });
  }

  async call(method, path, body) {
    const response = await fetch(this.base + path, {
      method, body: body && JSON.stringify(body),
      headers: { 'X-Api-Key': kKey, ...(body && { 'Content-Type': 'application/json' }) },
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, json: text && JSON.parse(text) };
  }
  // The same where only success will do.
  async ok(method, path, body) {
    const { status, json } = await this.call(method, path, body);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(json)}`);
    return json;
  }

  // A session of that engine, linked with the account of that phone.
  async link(session, engine, phone) {
    await this.ok('POST', '/api/sessions', { name: session, start: true, config: { engine } });
    const status = (wanted) => this.event('session.status', (p, e) => e.session === session && p.status === wanted);
    await status('SCAN_QR_CODE');
    const { value } = await this.ok('GET', `/api/${session}/auth/qr?format=raw`);
    await this.simulator.scan(phone, value);
    await status('WORKING');
  }

  async stop() {
    this.child.removeAllListeners('exit');
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGTERM');
    await ended;
    this.receiver.closeAllConnections();
    this.receiver.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
