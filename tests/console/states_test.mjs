// What pages show when there is nothing to show, or when somebody may not see it, in a real browser, on a real server that has no case
// yet: the program given as its argument, or build/baton.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { staged } from './staged.mjs';

let ward;

const { open, signedIn } = staged(async (begun) => {
  ward = begun;
  await ward.addPerson('sam.okafor', 'Sam Okafor', ['operator', 'physician', 'charge_nurse', 'nurse', 'auditor', 'records_officer'], ['MED']);
  await ward.addPerson('nina.holt', 'Nina Holt', ['nurse']);
});

const EMPTY = {
  '/inbox': 'Nothing waits for your roles',
  '/alerts': 'No alert is open',
  '/board': 'No case is open',
  '/duty': 'No task is open',
  '/duty?tab=rota': 'No unit has a rota yet',
  '/duty?tab=covers': 'Nobody stands in for anybody',
  '/patients': 'Nobody is known yet',
  '/incidents': 'No incident is open',
  '/messages': 'Every message was understood',
  '/charts': 'Nothing has happened in this time',
  '/audit?q=ready:overrides': 'None.',
  '/audit?tab=break-glass': 'Every use was reviewed',
  '/audit?tab=keeping': 'No hold is in force',
  '/cases/nobody': 'There is no such case',
  '/inbox/nobody.1': 'There is no such task',
  '/patients/nobody': 'There is no such patient',
};

test('a page that has nothing to show says so, and keeps to WCAG 2.2 AA', async () => {
  const screen = await signedIn('sam.okafor');
  for (const [path, says] of Object.entries(EMPTY)) {
    await screen.goto(path);
    await screen.page.getByText(says, { exact: true }).first().waitFor();
    await screen.accessible(`${path}, empty`);
  }
  await screen.close();
});

test('a page that somebody may not see is not offered, and says which right it takes and what theirs are', async () => {
  const screen = await signedIn('nina.holt');
  for (const [name, path, right] of [['Charts', '/charts', 'metrics.read'], ['Audit', '/audit', 'audit.read'], ['Messages', '/messages', 'message.read']]) {
    assert.equal(await screen.page.getByRole('link', { name, exact: true }).count(), 0);
    await screen.goto(path);
    await screen.page.getByText(`This needs the permission '${right}'`).first().waitFor();
    await screen.page.getByText('Ask somebody whose role has it. Yours: nurse.').first().waitFor();
    assert.equal(await screen.page.getByRole('button', { name: 'Try again' }).count(), 0);
    await screen.accessible(`${path}, refused`);
  }
  await screen.close();
});

test('a page that cannot be loaded, or breaks, says so in its place, and the others go on', async () => {
  const screen = await open();
  const { page } = screen;
  await screen.signIn('sam.okafor', ward.passwords['sam.okafor']);
  await page.route('**/assets/duty-*.js', (route) => route.abort());
  await page.getByRole('link', { name: 'Duty' }).click();
  await page.getByText('This page cannot be loaded. The server may have a newer console.').waitFor();
  await screen.accessible('a page that cannot be loaded');
  await page.unroute('**/assets/duty-*.js');
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('heading', { name: 'Duty' }).waitFor();

  await page.route('**/v1/board', (route) => route.fulfill({ json: { now: '2026-03-02T07:00:00Z' } }));
  await page.getByRole('link', { name: 'Board' }).click();
  await page.getByText('This page broke.').waitFor();
  await page.getByRole('link', { name: 'Alerts' }).click();
  await page.getByText('No alert is open').waitFor();
  assert.ok(screen.complaints.length > 0);
  screen.complaints.length = 0; // They were made on purpose.
  await screen.close();
});

test('somebody sees who they are here, takes another password, and signs out at every screen at once', async () => {
  const [here, there] = [await open(), await open()];
  for (const screen of [here, there]) await screen.signIn('nina.holt', ward.passwords['nina.holt']);
  const { page } = here;
  await page.getByRole('button', { name: /^Nina Holt/ }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('with a password', { exact: true }).waitFor();
  await dialog.getByText('Another password').click();
  await dialog.getByLabel('Password now').fill('something else');
  await dialog.getByLabel('New password', { exact: true }).fill('seven red herons');
  await dialog.getByLabel('New password, once more').fill('seven red heron');
  await dialog.getByRole('button', { name: 'Change it' }).click();
  await dialog.getByText('The two are not the same.').waitFor();
  await dialog.getByLabel('New password, once more').fill('seven red herons');
  await dialog.getByRole('button', { name: 'Change it' }).click();
  await dialog.getByRole('alert').waitFor(); // The password now is another one.
  await here.accessible('another password');
  await dialog.getByLabel('Password now').fill(ward.passwords['nina.holt']);
  await dialog.getByRole('button', { name: 'Change it' }).click();
  await dialog.getByText(/^Changed\./).waitFor();
  await there.goto('/board');
  await there.page.getByRole('heading', { name: 'Sign in to Baton' }).waitFor();
  await there.signIn('nina.holt', 'seven red herons');
  await dialog.getByRole('button', { name: 'Sign out everywhere' }).click();
  await page.getByRole('heading', { name: 'Sign in to Baton' }).waitFor();
  await there.goto('/board');
  await there.page.getByRole('heading', { name: 'Sign in to Baton' }).waitFor();
  await here.close();
  await there.close();
});
