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

  // A rota, somebody who stands in for somebody, a hold, and a pause that stands: what the pages of operations and audit show.
  async plan() {
    const at = (clock) => `2026-03-02T${clock}:00Z`;
    const shift = (person, role, shift, from, to) => ({ person, role, shift, from, to });
    await this.request('PUT', '/v1/rotas/MED', {
      shifts: [
        shift('ann.lee', 'nurse', 'late', at('14:00'), at('22:00')),
        shift('ben.kim', 'nurse', 'late', at('14:00'), at('22:00')),
        shift('cara.voss', 'charge_nurse', 'long', at('07:00'), at('19:00')),
        shift('dora.weiss', 'nurse', 'night', at('21:30'), '2026-03-03T06:30:00Z'),
      ],
    });
    await this.request('PUT', '/v1/rotas/SURG', { shifts: [shift('finn.olsen', 'nurse', 'late', at('14:00'), at('22:00'))] });
    await this.post('/v1/covers', { person: 'gina.rossi', by: 'ann.lee', from: at('06:00'), to: '2026-03-09T06:00:00Z', reason: 'on leave' });
    await this.post('/v1/audit/holds', { from: '2026-03-02T00:00:00Z', to: '2026-03-03T00:00:00Z', matter: '17 O 33/26', reason: 'the court asked' });
    await this.post('/v1/pauses', { unit: 'ORTH', timers: 'freeze', reason: 'the bed management system is down' });
  }

  // Rides that somebody takes after a while and decides later still, some of them by ending their case; and a decision that is overridden.
  async decideSome(subject) {
    const nurse = { subject, role: 'nurse' };
    const { items } = await this.get('/v1/instances?workflow=discharge&limit=8');
    const rides = items.slice(2).map((one, number) => ({ id: `late-${number}`, one }));
    for (const { id, one } of rides) await this.post('/v1/instances', { workflow: 'ride_home', id, key: one.business_key, patient: one.patient, input: { encounter: one.business_key, ward: 'MED', walks: 'alone', lives: 'next door' } });
    await this.advance('12m');
    for (const { id } of rides.slice(0, 4)) await this.post(`/v1/tasks/${id}.1/claim`, {}, nurse);
    for (const { id } of rides.slice(0, 5)) {
      await this.advance('17m');
      await this.post(`/v1/tasks/${id}.1/decide`, { outcome: 'not_needed', reason_code: 'family' }, nurse);
    }
    const followed = (await this.get('/v1/instances?attribute.stage=follow_up')).items[1];
    await this.post(`/v1/instances/${encodeURIComponent(followed.id)}/override`, { target: 'disposition', after: { outcome: 'home_health' }, reason: 'the daughter cannot help' }, { subject: 'dr.cho', role: 'physician' });
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
