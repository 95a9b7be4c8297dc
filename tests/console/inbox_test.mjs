// The inbox in a real browser, on a real server: the program given as its argument, or build/baton.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { staged } from './staged.mjs';
import { WARDS } from './ward.mjs';

let ward;

const { open, signedIn } = staged(async (begun) => {
  ward = begun;
  await ward.admit(12);
  await ward.addPerson('ines.kramer', 'Ines Kramer', ['nurse'], WARDS);
  await ward.addPerson('omar.reyes', 'Omar Reyes', ['nurse'], WARDS);
});

async function nurse(options) {
  const screen = await signedIn('ines.kramer', undefined, options);
  await screen.page.locator('.task-row').first().waitFor();
  return screen;
}

function shownNow(page) {
  return decodeURIComponent(new URL(page.url()).pathname.split('/')[2] ?? '');
}

async function pathOfSelected(page) {
  await page.getByRole('form', { name: 'Decision' }).waitFor();
  return shownNow(page);
}

test('a nurse claims and decides a task by keyboard alone, and is shown the next', async () => {
  const screen = await nurse();
  const { page } = screen;
  await page.getByRole('listbox', { name: 'Tasks' }).focus();
  await page.keyboard.press('ArrowDown');
  const id = await pathOfSelected(page);
  await page.keyboard.press('c');
  await page.getByText('With you', { exact: true }).waitFor();
  await page.keyboard.press('2');
  await page.keyboard.press('Control+Enter');
  await page.getByText('Readiness checklist: Needs services. Decided.').waitFor();
  const task = await ward.get(`/v1/tasks/${encodeURIComponent(id)}`);
  assert.equal(task.status, 'decided');
  assert.equal(task.decision.outcome, 'needs_services');
  assert.deepEqual(task.decision.by, { role: 'nurse', subject: 'ines.kramer' });
  assert.notEqual(await pathOfSelected(page), id);
  await screen.close();
});

test('what others do is seen at once, without asking', async () => {
  const screen = await nurse();
  const { page } = screen;
  await page.locator('.task-row').first().click();
  const id = await pathOfSelected(page);
  await ward.post(`/v1/tasks/${encodeURIComponent(id)}/claim`, {}, { subject: 'omar.reyes', role: 'nurse' });
  const committed = performance.now();
  await page.getByText('omar.reyes has this task').waitFor();
  const seen = performance.now() - committed;
  console.log(`# seen ${seen.toFixed(0)} ms after the commit`); // docs/CONSOLE.md has what a quiet machine needs.
  await ward.post(`/v1/tasks/${encodeURIComponent(id)}/decide`, { outcome: 'ready', reason: 'all is done' }, { subject: 'omar.reyes', role: 'nurse' });
  await page.getByText(/decided by omar\.reyes as nurse/).waitFor();
  await screen.close();
});

test('two people decide at once: one wins, the other is told who and when', async () => {
  const screen = await nurse();
  const { page } = screen;
  await page.locator('.task-row').first().click();
  const id = await pathOfSelected(page);
  await page.getByRole('radio', { name: 'Ready' }).check();
  // The other one is faster, and the news of it has not arrived yet.
  await page.route('**/v1/tasks/*/decide', async (route) => {
    await ward.post(`/v1/tasks/${encodeURIComponent(id)}/decide`, { outcome: 'needs_services' }, { subject: 'omar.reyes', role: 'nurse' });
    await route.continue();
  });
  await page.getByRole('button', { name: 'Decide' }).click();
  await page.getByText(/decided by omar\.reyes as nurse, Mon/).waitFor();
  assert.equal((await ward.get(`/v1/tasks/${encodeURIComponent(id)}`)).decision.by.subject, 'omar.reyes');
  await screen.close();
});

test('what was written stays when the session ends', async () => {
  const screen = await nurse();
  const { page } = screen;
  await page.locator('.task-row').first().click();
  await pathOfSelected(page);
  await page.getByLabel('Reason').fill('The daughter brings the walking frame');
  await screen.context.clearCookies();
  await page.getByRole('button', { name: 'Claim' }).click();
  await page.getByText('Your session has ended').waitFor();
  await screen.giveCredentials('', ward.passwords['ines.kramer']);
  await page.getByText('Your session has ended').waitFor({ state: 'hidden' });
  assert.equal(await page.getByLabel('Reason').inputValue(), 'The daughter brings the walking frame');
  await screen.close();
});

test('who signs in again after their session has ended hears again what others do', async () => {
  const screen = await nurse();
  const { page } = screen;
  await page.locator('.task-row').first().click();
  const id = await pathOfSelected(page);
  const omar = { subject: 'omar.reyes', role: 'nurse' };
  await ward.post('/v1/users/ines.kramer/sign-out');
  await ward.post(`/v1/tasks/${encodeURIComponent(id)}/comment`, { value: 'I look at it' }, omar); // With the next news the stream ends.
  await page.getByText('Your session has ended').waitFor(); // Though she has touched nothing.
  for (let time = 0; time < 3; time += 1) await page.keyboard.press('Escape');
  await page.getByText('Your session has ended').waitFor();
  await screen.giveCredentials('', ward.passwords['ines.kramer']);
  await page.getByText('Live', { exact: true }).waitFor();
  await ward.post(`/v1/tasks/${encodeURIComponent(id)}/claim`, {}, omar);
  await page.getByText('omar.reyes has this task').waitFor();
  await ward.post(`/v1/tasks/${encodeURIComponent(id)}/release`, {}, omar);
  await screen.close();
});

test('a tab that takes over the stream has missed nothing meanwhile', async () => {
  const screen = await nurse();
  const second = await screen.context.newPage();
  const id = (await ward.get('/v1/tasks?role=nurse')).items[0].id;
  const omar = { subject: 'omar.reyes', role: 'nurse' };
  await second.goto(`${ward.url}/inbox/${encodeURIComponent(id)}`);
  await second.getByRole('form', { name: 'Decision' }).waitFor();
  await second.getByText('Live', { exact: true }).waitFor();
  await second.route('**/v1/live?*', async (route) => {
    await ward.post(`/v1/tasks/${encodeURIComponent(id)}/claim`, {}, omar);
    await route.continue();
  });
  await screen.page.close();
  await second.getByText('omar.reyes has this task').waitFor();
  await ward.post(`/v1/tasks/${encodeURIComponent(id)}/release`, {}, omar);
  await screen.close();
});

test('a held Ctrl Enter decides one task and not the next', async () => {
  const screen = await nurse();
  const { page } = screen;
  const rows = page.locator('.task-row', { hasText: 'Readiness checklist' });
  const ids = [];
  for (const at of [1, 0]) {
    await rows.nth(at).click();
    await page.locator('.task-row[aria-selected="true"]').waitFor();
    await page.getByRole('radio', { name: 'Ready' }).check();
    ids.unshift(await pathOfSelected(page));
  }
  await page.keyboard.down('Control');
  for (let time = 0, shown = 0; shown < 20 && time < 2_000; time += 1, shown += shownNow(page) === ids[0] ? 0 : 1) {
    await page.keyboard.down('Enter'); // All but the first are repetitions; twenty of them come when the next task is there.
    await page.waitForTimeout(30);
  }
  await page.keyboard.up('Enter');
  await page.keyboard.up('Control');
  const states = await Promise.all(ids.map((id) => ward.get(`/v1/tasks/${encodeURIComponent(id)}`)));
  assert.deepEqual(states.map((task) => task.status), ['decided', 'open']);
  await screen.close();
});

test('two tabs share one stream, and the other goes on when the first is closed', async () => {
  const screen = await nurse();
  const streams = [];
  screen.context.on('request', (request) => request.url().includes('/v1/live') && streams.push(request));
  const second = await screen.context.newPage();
  await second.goto(`${ward.url}/inbox?view=all`);
  await second.getByText('Live', { exact: true }).waitFor();
  assert.equal(streams.length, 0);
  await screen.page.close();
  const { items } = await ward.get('/v1/tasks?role=unit_clerk');
  await second.locator('.task-row').first().waitFor();
  await second.goto(`${ward.url}/inbox/${encodeURIComponent(items[0].id)}`);
  await second.getByRole('form', { name: 'Decision' }).waitFor();
  await second.getByText('Live', { exact: true }).waitFor();
  await ward.post(`/v1/tasks/${encodeURIComponent(items[0].id)}/claim`, {}, { subject: 'tom.abel', role: 'unit_clerk', unit: items[0].units[0] });
  await second.getByText('tom.abel has this task').waitFor();
  await screen.close();
});

test('a server that cannot be reached is said, not hidden', async () => {
  const screen = await nurse();
  const { page } = screen;
  await page.route('**/v1/tasks?*', (route) => route.abort());
  await page.getByRole('button', { name: 'All' }).click();
  await page.getByText('The server cannot be reached').waitFor();
  await page.unroute('**/v1/tasks?*');
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.locator('.task-row').first().waitFor();
  await screen.close();
});

for (const theme of ['light', 'dark']) {
  test(`sign-in and inbox keep to WCAG 2.2 AA, ${theme}`, async () => {
    for (const [width, height] of [[1440, 900], [1024, 768], [768, 1024]]) {
      const screen = await open({ theme, width, height });
      await screen.goto('/');
      await screen.page.getByLabel('Sign-in name').waitFor();
      await screen.accessible(`sign-in ${width}`);
      await screen.signIn('ines.kramer', ward.passwords['ines.kramer']);
      await screen.page.locator('.task-row').first().waitFor();
      await screen.accessible(`inbox ${width}`);
      await screen.page.locator('.task-row').first().click();
      await screen.page.locator('#context-case').waitFor();
      await screen.accessible(`task ${width}`);
      await screen.page.getByRole('button', { name: 'Decide' }).click(); // With nothing chosen: errors are shown.
      await screen.accessible(`task with errors ${width}`);
      await screen.close();
    }
  });
}
