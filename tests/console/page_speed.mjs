// node tests/console/page_speed.mjs PROGRAM FOLDER [ROUNDS]: how long each page takes until it shows what it is for, on a store with many cases:
// one that `baton bench board --n 1000000 --data FOLDER` has left. Adds somebody to it who may see everything. Prints the median and the most of each page,
// and fails beyond a second.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { requireBrowser, Screen, startBrowser } from './browser.mjs';

requireBrowser();
const [binary, folder, rounds = '5'] = process.argv.slice(2);
if (!folder) throw new Error('usage: node tests/console/page_speed.mjs PROGRAM FOLDER [ROUNDS]');
const MOST_MS = 1000;

async function serve() {
  const file = join(folder, 'ports.json');
  rmSync(file, { force: true });
  const server = spawn(binary, ['serve', '--data', folder, '--http', '127.0.0.1:0', '--mllp', '127.0.0.1:0', '--insecure', '--port-file', file], { stdio: 'ignore' });
  for (;;) {
    if (server.exitCode !== null) throw new Error('the server ended');
    try {
      return { server, url: `http://127.0.0.1:${JSON.parse(readFileSync(file, 'utf8')).http}` };
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50)); // It reads what was under way.
    }
  }
}

// When an element that is like `sign` is on the screen, since the page was asked for.
function shown(page, sign) {
  return page.evaluate(
    (wanted) =>
      new Promise((resolve) => {
        const look = () => {
          if (!document.querySelector(wanted)?.getClientRects().length) return false;
          resolve(performance.now());
          return true;
        };
        if (look()) return;
        const watcher = new MutationObserver(() => look() && watcher.disconnect());
        watcher.observe(document, { subtree: true, childList: true, attributes: true });
      }),
    sign,
  );
}

function pagesOf(instance, task) {
  return [
    ['inbox', '/inbox', '.task-row'],
    ['inbox, overdue', '/inbox?view=overdue', '.task-row'],
    ['inbox, all', '/inbox?view=all', '.task-row'],
    ['task', `/inbox/${encodeURIComponent(task.id)}`, '#context-case'],
    ['board', '/board', '.table tbody a'],
    ['board, a ward in a stage', '/board?unit=W1&stage=stage-1', '.table tbody a'],
    ['duty', '/duty', '.grouped tbody'],
    ['case', `/cases/${encodeURIComponent(instance.id)}`, '.waits'],
    ['patients', '/patients', '.table tbody a'],
    ['patient', `/patients/${encodeURIComponent(instance.patient)}`, '#story'],
    ['incidents', '/incidents', '.empty'],
    ['messages', '/messages?state=accepted', '.table tbody a'],
    ['charts', '/charts', '.recharts-bar-rectangle'],
    ['audit', '/audit', '.table tbody a'],
    ['holds', '/audit?tab=keeping', '#holds'],
    ['overrides', '/audit?q=ready:overrides', '.ready h3'],
  ];
}

const { server, url } = await serve();
const browser = await startBrowser();
try {
  const key = /key\s*=\s*"([^"]+)"/.exec(readFileSync(join(folder, 'client.toml'), 'utf8'))[1];
  const call = async (method, path, body) => (await fetch(url + path, { method, headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' }, body: body && JSON.stringify(body) })).json();
  const user = `speed.${Date.now()}`;
  const { password } = await call('POST', '/v1/users', { user, name: 'Speed', roles: ['operator', 'charge_nurse', 'nurse', 'auditor', 'records_officer'], units: ['W1'], expires_in: '1h' });
  const [instance] = (await call('GET', '/v1/instances?limit=1&status=running')).items;
  const [task] = (await call('GET', '/v1/tasks?limit=1&role=nurse')).items;
  const screen = await Screen.open(browser, url, {});
  await screen.signIn(user, password);
  let slowest = 0;
  for (const [name, path, sign] of pagesOf(instance, task)) {
    const took = [];
    for (let round = 0; round < Number(rounds); round += 1) {
      await screen.page.goto(url + path, { waitUntil: 'commit' });
      took.push(await shown(screen.page, sign));
    }
    took.sort((a, b) => a - b);
    slowest = Math.max(slowest, took.at(-1));
    console.log(`${name}: ${took[Math.floor(took.length / 2)].toFixed(0)} ms, at most ${took.at(-1).toFixed(0)} ms`);
  }
  assert.ok(slowest <= MOST_MS, `a page took longer than ${MOST_MS} ms`);
} finally {
  await browser.close();
  server.kill('SIGTERM');
}
