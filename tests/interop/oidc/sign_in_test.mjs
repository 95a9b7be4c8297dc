// Baton's sign-in against a provider that others wrote: authorization code with PKCE in a browser's steps, bearer tokens, keys that
// change, and tokens that an attacker makes. The program is the argument.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHmac, generateKeyPairSync, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

let Provider, jose;
try {
  ({ Provider } = await import('oidc-provider'));
  jose = await import('jose');
} catch {
  console.log('oidc-provider is not installed: npm ci --prefix tests/interop/oidc');
  process.exit(77);
}

const BATON = process.argv[2] ?? process.env.BATON ?? 'build/baton';
const PEOPLE = {
  ann: { name: 'Ann Lee', roles: ['ward-nurses', 'everybody'], units: ['4-west'] },
  max: { name: 'Max Roe', roles: ['everybody'] },
};

async function signingKey(kid, alg) {
  const { privateKey } = await jose.generateKeyPair(alg, { extractable: true });
  return { ...(await jose.exportJWK(privateKey)), kid, alg, use: 'sig' };
}

// ---- the provider, on a port that stays while its keys change ----

let keys = [await signingKey('k1', 'RS256'), await signingKey('e1', 'ES256'), await signingKey('d1', 'EdDSA')];
let handler = (_, answer) => answer.end();
let fetchedKeys = 0;
const http = createServer((request, answer) => {
  if (request.url.startsWith('/jwks')) fetchedKeys += 1;
  handler(request, answer);
});
await new Promise((resolve) => http.listen(0, '127.0.0.1', resolve));
const issuer = `http://127.0.0.1:${http.address().port}`;

function openProvider(redirect) {
  const provider = new Provider(issuer, {
    clients: [{ client_id: 'baton', redirect_uris: [redirect], token_endpoint_auth_method: 'none', response_types: ['code'], grant_types: ['authorization_code'] }],
    jwks: { keys },
    claims: { openid: ['sub', 'auth_time', 'roles', 'units'], profile: ['name'] },
    conformIdTokenClaims: false,
    cookies: { keys: ['a secret of the test'] },
    pkce: { required: () => true },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...PEOPLE[id] }) }),
  });
  handler = provider.callback();
}

// ---- Baton ----

const folder = mkdtempSync(join(tmpdir(), 'baton-oidc-'));
async function serve(name, settings) {
  const store = join(folder, name);
  const ports = join(folder, `${name}.json`);
  const baton = spawn(BATON, ['serve', '--data', store, '--http', '127.0.0.1:0', '--mllp', 'none', '--insecure', '--port-file', ports,
    '--no-shipped-bundles', '--set', `auth.issuer=${issuer}`, '--set', 'auth.client_id=baton', '--set', 'auth.audience=baton-api',
    ...settings.flatMap((each) => ['--set', each])], { stdio: ['ignore', 'pipe', 'pipe'] });
  let words = '';
  for (const stream of [baton.stdout, baton.stderr]) stream.on('data', (text) => (words += text));
  const stop = async () => {
    const ended = new Promise((resolve) => baton.once('exit', resolve));
    baton.kill('SIGTERM');
    await ended;
  };
  for (;;) {
    if (baton.exitCode !== null) throw new Error(words);
    try {
      return { url: `http://127.0.0.1:${JSON.parse(readFileSync(ports, 'utf8')).http}`, store, stop };
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 10)); // Not there yet.
    }
  }
}

let server, url, machineKey;
before(async () => {
  server = await serve('store', ['auth.role_map=ward-nurses=nurse,case-managers=case_manager']);
  url = server.url;
  machineKey = /key = ['"](.*)['"]/.exec(readFileSync(join(server.store, 'client.toml'), 'utf8'))[1];
  openProvider(`${url}/v1/sign-in/callback`);
});
after(async () => {
  await server.stop();
  http.close();
  http.closeAllConnections();
  rmSync(folder, { recursive: true, force: true });
});

// A browser as far as this takes one: cookies by origin, redirects one by one.
class Browser {
  jars = {};
  async go(address, init = {}) {
    const origin = new URL(address).origin;
    const jar = (this.jars[origin] ??= new Map());
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(address, { redirect: 'manual', ...init, headers: { ...(cookie ? { cookie } : {}), ...init.headers } });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (value === '' || /max-age=0|expires=thu, 01 jan 1970/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    return answer;
  }
  // Signs in at the provider, and returns the address that it sends the browser back to.
  async throughProvider(login, start = `${url}/v1/sign-in/provider`) {
    let answer = await this.go(start);
    for (let step = 0; step < 12; step += 1) {
      const location = answer.headers.get('location');
      const next = new URL(location, issuer).href;
      if (next.startsWith(url)) return next;
      answer = await this.go(next);
      const form = next.includes('/interaction/') ? await answer.text() : '';
      if (!form) continue;
      const prompt = /name="prompt" value="(\w+)"/.exec(form)[1];
      const body = new URLSearchParams(prompt === 'login' ? { prompt, login, password: 'x' } : { prompt });
      answer = await this.go(next, { method: 'POST', body });
    }
    throw new Error('the provider did not send the browser back');
  }
  async me() {
    const answer = await this.go(`${url}/v1/me`);
    return { status: answer.status, ...(await answer.json()) };
  }
}

async function bearer(claims, { key = keys[0], header = {}, path = '/v1/tasks', method = 'GET', at = url } = {}) {
  const now = Math.floor(Date.now() / 1000);
  const token = await new jose.SignJWT({ iss: issuer, aud: 'baton-api', sub: 'ann', roles: ['ward-nurses'], iat: now, exp: now + 300, ...claims })
    .setProtectedHeader({ alg: key.alg, kid: key.kid, ...header }).sign(await jose.importJWK(key, key.alg));
  return ask(token, path, method, at);
}
async function ask(token, path = '/v1/tasks', method = 'GET', at = url) {
  const answer = await fetch(at + path, { method, headers: { authorization: `Bearer ${token}` } });
  return { status: answer.status, ...(await answer.json()) };
}
const encode = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const ledger = async () => (await (await fetch(`${url}/v1/audit?limit=1000`, { headers: { authorization: `Bearer ${machineKey}` } })).text());

test('a person signs in at the provider and has the roles that the configuration maps', async () => {
  const browser = new Browser();
  const begun = await browser.go(`${url}/v1/sign-in/provider`);
  const query = new URL(begun.headers.get('location')).searchParams;
  assert.equal(query.get('code_challenge_method'), 'S256');
  assert.ok(query.get('state') && query.get('nonce') && query.get('code_challenge'));
  assert.match(begun.headers.get('set-cookie'), /HttpOnly; SameSite=Lax/);
  const back = await browser.throughProvider('ann');
  const page = await browser.go(back);
  assert.equal(page.status, 200, await page.clone().text());
  assert.match(page.headers.get('set-cookie'), /baton-session=[^;]+; Path=\/; HttpOnly; SameSite=Strict/);
  const me = await browser.me();
  assert.deepEqual([me.subject, me.name, me.how, me.roles, me.units], ['ann', 'Ann Lee', 'oidc', ['nurse'], ['4-west']]);
  assert.match(await ledger(), /"authentication":"oidc"/);
  assert.equal((await browser.go(back)).status, 401, 'the same answer twice');
});

test('a person without a mapped role is somebody, and may do nothing', async () => {
  const browser = new Browser();
  await browser.go(await browser.throughProvider('max'));
  assert.deepEqual((await browser.me()).roles, []);
  assert.equal((await (await browser.go(`${url}/v1/tasks`)).json()).code, 'BT807');
});

test('an answer of the provider is good in the browser that began, and with what it began', async () => {
  const ann = new Browser();
  const back = new URL(await ann.throughProvider('ann'));
  const thief = await new Browser().go(back.href);
  assert.equal(thief.status, 401, 'another browser');
  assert.equal((await ann.go(back.href)).status, 200, 'which keeps nobody from going on in their own');
  const mixed = new Browser();
  const other = new URL(await mixed.throughProvider('max'));
  other.searchParams.set('code', back.searchParams.get('code'));
  assert.equal((await mixed.go(other.href)).status, 401, 'a code from another sign-in');
  const forged = new Browser();
  const third = new URL(await forged.throughProvider('ann'));
  third.searchParams.set('iss', 'https://evil.example');
  assert.equal((await forged.go(third.href)).status, 401, 'another issuer');
  assert.equal((await new Browser().go(`${url}/v1/sign-in/callback?state=made-up&code=x`)).status, 401);
  assert.match(await ledger(), /access\.sign_in_failed/);
});

test('a fresh sign-in asks for the password again', async () => {
  const browser = new Browser();
  await browser.go(await browser.throughProvider('ann'));
  const before = (await browser.me()).authenticated_at;
  const query = new URL((await browser.go(`${url}/v1/sign-in/provider?again=true`)).headers.get('location')).searchParams;
  assert.deepEqual([query.get('prompt'), query.get('max_age')], ['login', '0']);
  const page = await browser.go(await browser.throughProvider('ann', `${url}/v1/sign-in/provider?again=true`));
  assert.equal(page.status, 200, await page.text());
  assert.ok((await browser.me()).authenticated_at >= before);
});

test('what asks for a fresh sign-in looks at when the person proved who they are, and not at how new a token is', async () => {
  const now = Math.floor(Date.now() / 1000);
  const override = { path: '/v1/instances/nobody/override', method: 'POST' };
  assert.equal((await bearer({ roles: ['case-managers'] }, override)).code, 'BT805', 'a new token of an unknown sign-in');
  assert.equal((await bearer({ roles: ['case-managers'], auth_time: now - 3600 }, override)).code, 'BT805', 'an hour ago');
  assert.notEqual((await bearer({ roles: ['case-managers'], auth_time: now }, override)).code, 'BT805', 'just now');
  const browser = new Browser();
  await browser.go(await browser.throughProvider('ann'));
  const proved = (await browser.me()).authenticated_at;
  assert.match(proved, /\.000Z$/, 'as the provider says it, in seconds');
  await browser.go(await browser.throughProvider('ann')); // The provider knows ann and does not ask.
  assert.equal((await browser.me()).authenticated_at, proved);
});

test('the role of the machine itself is nobody\'s, whatever the provider says', async () => {
  const me = await bearer({ roles: ['local', 'ward-nurses', 'night-shift'] }, { path: '/v1/me' });
  assert.deepEqual(me.roles, ['nurse']);
  const plain = await serve('plain', []);
  try {
    const token = await bearer({ roles: ['local', 'nurse'] }, { path: '/v1/me', at: plain.url });
    assert.deepEqual(token.roles, ['nurse']);
  } finally {
    await plain.stop();
  }
  const mapped = spawn(BATON, ['serve', '--data', join(folder, 'mapped'), '--http', '127.0.0.1:0', '--mllp', 'none', '--insecure',
    '--set', `auth.issuer=${issuer}`, '--set', 'auth.client_id=baton', '--set', 'auth.role_map=everybody=local'], { stdio: 'ignore' });
  assert.notEqual(await new Promise((resolve) => mapped.once('exit', resolve)), 0);
});

test('bearer tokens of each allowed algorithm are taken', async () => {
  for (const key of keys) assert.equal((await bearer({}, { key })).status, 200, key.alg);
  assert.deepEqual((await bearer({}, { path: '/v1/me' })).roles, ['nurse']);
  assert.equal((await bearer({ roles: 'ward-nurses case-managers' })).status, 200);
});

test('tokens that are wrong are refused', async () => {
  const now = Math.floor(Date.now() / 1000);
  const stranger = await signingKey('k1', 'RS256');
  const cases = {
    'another issuer': bearer({ iss: 'https://evil.example' }),
    'another audience': bearer({ aud: 'somebody-else' }),
    'no audience': bearer({ aud: undefined }),
    expired: bearer({ exp: now - 120 }),
    'no end': bearer({ exp: undefined }),
    'not yet': bearer({ nbf: now + 600 }),
    'from the future': bearer({ iat: now + 600 }),
    'an ID token': bearer({ nonce: 'x' }),
    'no subject': bearer({ sub: undefined }),
    'the right key id, another key': bearer({}, { key: stranger }),
    'an extension that must be understood': ask((await new jose.SignJWT({}).setProtectedHeader({ alg: 'RS256', kid: 'k1', crit: ['b64'], b64: true })
      .sign(await jose.importJWK(keys[0], 'RS256')))),
  };
  for (const [what, answer] of Object.entries(cases)) assert.equal((await answer).code, 'BT804', what);
});

test('no algorithm, shared secrets and confused keys are refused', async () => {
  const now = Math.floor(Date.now() / 1000);
  const claims = encode({ iss: issuer, aud: 'baton-api', sub: 'ann', roles: ['ward-nurses'], exp: now + 300 });
  const published = await (await fetch(`${issuer}/jwks`)).json();
  const publicPem = (await jose.exportSPKI(await jose.importJWK(published.keys[0], 'RS256')));
  for (const alg of ['none', 'None', 'NONE', '']) assert.equal((await ask(`${encode({ alg, kid: 'k1' })}.${claims}.`)).code, 'BT804', alg);
  for (const secret of [publicPem, JSON.stringify(published.keys[0]), '']) {
    const text = `${encode({ alg: 'HS256', kid: 'k1' })}.${claims}`;
    const mac = createHmac('sha256', secret).update(text).digest('base64url');
    assert.equal((await ask(`${text}.${mac}`)).code, 'BT804', 'HS256');
  }
  const good = await new jose.SignJWT({ iss: issuer, aud: 'baton-api', sub: 'ann', exp: now + 300 }).setProtectedHeader({ alg: 'RS256', kid: 'k1' })
    .sign(await jose.importJWK(keys[0], 'RS256'));
  const [header, , signature] = good.split('.');
  assert.equal((await ask(`${header}.${claims}.${signature}`)).code, 'BT804', 'claims exchanged');
  assert.equal((await ask(`${encode({ alg: 'ES256', kid: 'k1' })}.${claims}.${signature}`)).code, 'BT804', 'the algorithm of another key');
  assert.equal((await ask(`${encode({ alg: 'RS256', jwk: published.keys[0] })}.${claims}.${signature}`)).code, 'BT804', 'a key in the header');
  for (const broken of ['a.b', 'a.b.c', `${header}..${signature}`, `${good}.x`, '..', `${header}.${encode('[]')}.${signature}`]) {
    assert.equal((await ask(broken)).code, 'BT804', broken);
  }
});

test('a key that the provider changes needs nothing done', async () => {
  const old = keys[0];
  keys = [await signingKey('k2', 'RS256'), ...keys.slice(1)];
  openProvider(`${url}/v1/sign-in/callback`);
  assert.equal((await bearer({}, { key: keys[0] })).status, 200, 'the new key');
  assert.equal((await bearer({}, { key: old })).code, 'BT804', 'the old key');
  const browser = new Browser();
  await browser.go(await browser.throughProvider('ann'));
  assert.equal((await browser.me()).subject, 'ann');
});

test('unknown keys do not make Baton ask the provider all the time', async () => {
  const before = fetchedKeys;
  for (let i = 0; i < 50; i += 1) assert.equal((await bearer({}, { key: { ...keys[0], kid: randomUUID() } })).code, 'BT804');
  assert.ok(fetchedKeys - before <= 3, `${fetchedKeys - before} times`);
});
