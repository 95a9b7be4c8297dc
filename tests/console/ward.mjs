// A server with a ward in it, for the console's tests: started on free ports with a clock that is moved by hand, filled over MLLP
// as a hospital would, ended by its own process id.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

export const BEGIN = '2026-03-02T07:00:00Z'; // A Monday.
const BUNDLE = new URL('bundle', import.meta.url).pathname;
const PRACTICE = new URL('../../deploy/hospital/practice', import.meta.url).pathname;
const STREAM = new URL('../data/streams/adt_stream.jsonl', import.meta.url);

export class Ward {
  static async start(binary, settings = []) {
    const ward = new Ward();
    ward.folder = mkdtempSync(join(tmpdir(), 'baton-console-'));
    const ports = join(ward.folder, 'ports.json');
    const set = settings.flatMap((setting) => ['--set', setting]);
    ward.process = spawn(binary, ['serve', '--data', join(ward.folder, 'store'), '--http', '127.0.0.1:0', '--mllp', '127.0.0.1:0', '--insecure',
      '--port-file', ports, '--virtual-clock-at', BEGIN, '--bundle', BUNDLE, ...set], { stdio: ['ignore', 'pipe', 'pipe'] });
    ward.words = '';
    for (const stream of [ward.process.stdout, ward.process.stderr]) stream.on('data', (text) => (ward.words += text));
    for (;;) {
      if (ward.process.exitCode !== null || ward.process.signalCode !== null) throw new Error(`the server ended:\n${ward.words}`);
      try {
        ward.ports = JSON.parse(readFileSync(ports, 'utf8'));
        break;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 10)); // Not there yet.
      }
    }
    ward.url = `http://127.0.0.1:${ward.ports.http}`;
    ward.key = /key\s*=\s*"([^"]+)"/.exec(readFileSync(join(ward.folder, 'store', 'client.toml'), 'utf8'))[1];
    ward.passwords = {};
    return ward;
  }

  async stop() {
    const ended = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.kill('SIGTERM');
    await ended;
    rmSync(this.folder, { recursive: true, force: true });
  }

  async request(method, path, body, who = {}) {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${this.key}` };
    if (who.subject) headers['x-baton-subject'] = who.subject;
    if (who.role) headers['x-baton-role'] = who.role;
    if (who.unit) headers['x-baton-unit'] = who.unit;
    const answer = await fetch(this.url + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
    const value = await answer.json();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(value)}`);
    return value;
  }

  // Somebody who may sign in.
  async addPerson(user, name, roles, units = []) {
    this.passwords[user] = (await this.post('/v1/users', { user, name, roles, units, expires_in: '24h' })).password;
  }

  // Deploys the quickstart's practice bundle, and asks for rides home: one plain, one with alarming potassium.
  async askForRides() {
    const files = {};
    for (const entry of readdirSync(PRACTICE, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath ?? entry.path, entry.name);
      files[relative(PRACTICE, path)] = readFileSync(path, 'utf8');
    }
    await this.post('/v1/bundles', { name: 'practice', files });
    const cases = (await this.get('/v1/instances?workflow=discharge&limit=2')).items;
    for (const [number, one] of cases.entries()) {
      const input = { encounter: one.business_key, ward: 'MED', walks: 'with a frame', lives: 'third floor', ...(number === 1 ? { potassium: 6.2 } : {}) };
      await this.post('/v1/instances', { workflow: 'ride_home', id: `ride-${number}`, key: one.business_key, patient: one.patient, input });
    }
    await this.settle();
  }

  get(path) {
    return this.request('GET', path);
  }

  post(path, body = {}, who = {}) {
    return this.request('POST', path, body, who);
  }

  // Waits until everything that is due has happened.
  async settle() {
    while (!(await this.get('/v1/dev/clock')).idle);
  }

  async advance(span) {
    await this.settle();
    await this.post('/v1/dev/clock', { advance: span });
    await this.settle();
  }

  // Sends HL7 messages and waits for each acknowledgement.
  async send(messages) {
    const socket = connect(this.ports.mllp, '127.0.0.1');
    let text = '';
    let wake = () => {};
    socket.on('data', (chunk) => {
      text += chunk;
      wake();
    });
    for (const message of messages) {
      socket.write(`\x0b${message}\x1c\r`);
      while (!text.includes('\x1c\r')) await new Promise((resolve) => (wake = resolve));
      text = text.slice(text.indexOf('\x1c\r') + 2);
    }
    socket.destroy();
    await this.settle();
  }

  // `count` different people of the stream are admitted now, and every third of them goes home at once.
  async admit(count) {
    const now = (await this.get('/v1/dev/clock')).now;
    const messages = admissions(count, now);
    await this.send(messages);
    return messages;
  }
}

export const WARDS = ['MED', 'SURG', 'CARD', 'ORTH'];
const ALLERGIES = ['AL1|1|DA|PEN^Penicillin|SV|Rash~Wheezing', 'AL1|2|FA|PNUT^Peanut|MO|Swelling'];

// A result that was ordered and is not there yet.
function ordered(at, pid, number, stay) {
  return [
    `MSH|^~\\&|LAB|GENHOSP|RUNTIME|HUB|${at}||ORU^R01|LAB${number}|P|2.5.1`,
    pid,
    `PV1|1|I|MED||||||||||||||||${stay}`,
    `OBR|1|ORD${number}||TROP^Troponin T|||${at}||||||||||||||||||O`,
    '',
  ].join('\r');
}

function admissions(count, now) {
  const people = new Map();
  for (const line of readFileSync(STREAM, 'utf8').split('\n')) {
    const pid = line && JSON.parse(line).hl7.split('\r').find((segment) => segment.startsWith('PID|'));
    const id = pid && pid.split('|')[3];
    if (id && !people.has(id)) people.set(id, pid);
    if (people.size === count) break;
  }
  const at = now.replace(/[-:TZ]/g, '').slice(0, 14);
  const messages = [];
  [...people.values()].forEach((pid, number) => {
    const ward = WARDS[number % WARDS.length];
    const stay = `V${String(number + 1).padStart(5, '0')}`;
    const text = (trigger, control, disposition) => [
      `MSH|^~\\&|SYNADT|GENHOSP|RUNTIME|HUB|${at}||ADT^${trigger}^ADT_A01|${control}|P|2.5.1|||AL|NE||UNICODE UTF-8`,
      `EVN|${trigger}|${at}`,
      pid,
      `PV1|1|I|${ward}^${101 + number}^A||||||||||||||||${stay}|||||||||||||||||${disposition}||||||||${at}|${disposition && at}`,
      ...(number % 2 === 0 ? ALLERGIES : []),
      '',
    ].join('\r');
    messages.push(text('A01', `CON${number}A`, ''));
    if (number % 4 === 0) messages.push(ordered(at, pid, number, stay));
    if (number % 3 === 2) messages.push(text('A03', `CON${number}B`, '01'));
  });
  return messages;
}
