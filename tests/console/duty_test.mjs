// Queues, rotas, covers, and many tasks handed over at once, in a real browser, on a real server: the program given as its argument, or build/baton.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { staged } from './staged.mjs';

let ward;

const { signedIn } = staged(async (begun) => {
  ward = begun;
  await ward.admit(4);
  await ward.askForRides();
  await ward.addPerson('cara.voss', 'Cara Voss', ['charge_nurse', 'nurse'], ['MED']);
  await ward.addPerson('ann.lee', 'Ann Lee', ['nurse'], ['MED']);
  await ward.addPerson('ben.kim', 'Ben Kim', ['nurse'], ['MED']);
});

test('a rota is planned as a draft, put as a version, and says in the queues who is on duty', async () => {
  const screen = await signedIn('cara.voss', '/duty');
  const { page } = screen;
  await page.getByText('No unit has a rota yet, so nobody is on duty.').waitFor();
  await page.getByRole('tab', { name: 'Rota' }).click();
  await page.getByText('With one, queues say who is on duty').waitFor();
  await page.getByLabel('Unit', { exact: true }).fill('MED');
  await page.getByRole('button', { name: 'Plan it' }).click();
  await page.getByRole('button', { name: 'Change', exact: true }).click();
  const form = page.getByRole('form', { name: 'Add a shift' });
  await form.getByRole('button', { name: 'Add' }).click();
  await form.getByText('Say who.').waitFor();
  for (const person of ['ann.lee', 'ben.kim']) {
    await form.getByLabel('Who').fill(person);
    await form.getByLabel('In role').fill('nurse');
    await form.getByLabel('Shift').fill('day');
    await form.getByLabel('From').fill('2026-03-02T06:00');
    await form.getByLabel('Until').fill('2026-03-02T20:00');
    await form.getByLabel('Days in a row').fill('2');
    await form.getByRole('button', { name: 'Add' }).click();
  }
  await screen.accessible('a draft of a rota');
  await page.getByRole('button', { name: 'Copy to the next week' }).click();
  await page.getByRole('button', { name: 'Save the rota' }).click();
  await page.getByText('Version 1, put by cara.voss.').waitFor();
  const rota = await ward.get('/v1/rotas/MED');
  assert.deepEqual(rota.shifts.map((shift) => shift.person).sort(), [...Array(4).fill('ann.lee'), ...Array(4).fill('ben.kim')]);
  await page.getByRole('tab', { name: 'Queues' }).click();
  await page.getByRole('row', { name: /Nurse.*MED/ }).getByText('ann.lee, ben.kim').waitFor();
  await screen.close();
});

test('a rota that somebody else has put meanwhile is not overwritten', async () => {
  const screen = await signedIn('cara.voss', '/duty?tab=rota');
  const { page } = screen;
  await page.getByRole('button', { name: 'Change', exact: true }).click();
  await page.getByRole('button', { name: /^Remove ben\.kim/ }).first().click();
  const { shifts } = await ward.get('/v1/rotas/MED');
  await ward.request('PUT', '/v1/rotas/MED', { shifts });
  await page.getByRole('button', { name: 'Save the rota' }).click();
  await page.getByText(/The rota is at version 2/).waitFor();
  await page.getByRole('button', { name: 'Leave it' }).click();
  assert.equal((await ward.get('/v1/rotas/MED')).shifts.length, 8);
  await screen.close();
});

test('many tasks are counted, then handed each to the least busy on shift, with a reason', async () => {
  const screen = await signedIn('cara.voss', '/duty');
  const { page } = screen;
  const { matches } = await ward.post('/v1/tasks/reassign', { filter: { role: 'nurse', unit: 'MED' }, preview: true });
  assert.ok(matches > 1);
  const row = page.getByRole('row', { name: /Nurse.*MED/ });
  await row.getByRole('button', { name: /^Hand over/ }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText(`${matches} tasks`, { exact: true }).waitFor();
  await screen.accessible('the dialog that hands over');
  await dialog.getByRole('button', { name: 'Hand over' }).click();
  await dialog.getByText('Say why. It stands in every task’s history.').waitFor();
  await dialog.getByLabel('Reason').fill('the day begins');
  await dialog.getByRole('button', { name: 'Hand over' }).click();
  await dialog.getByText(`${matches} of ${matches} handed over.`).waitFor();
  await dialog.getByRole('button', { name: 'Good' }).click();
  const { items } = await ward.get('/v1/tasks?role=nurse&unit=MED');
  const loads = ['ann.lee', 'ben.kim'].map((person) => items.filter((task) => task.claimed_by === person).length);
  assert.equal(loads[0] + loads[1], matches);
  assert.ok(Math.abs(loads[0] - loads[1]) <= 1, String(loads));
  await screen.close();
});

test('all that one person has goes to another, unless it has changed since it was counted', async () => {
  const screen = await signedIn('cara.voss', '/duty');
  const { page } = screen;
  await page.getByRole('button', { name: 'Hand over many' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Say which: of a role, a unit or a person.').waitFor();
  const mine = (await ward.get('/v1/tasks?subject=ann.lee')).items;
  const said = (count) => (count === 1 ? '1 task' : `${count} tasks`);
  await dialog.getByLabel('Only what this person has (if not all)').fill('ann.lee');
  await dialog.getByText(said(mine.length), { exact: true }).waitFor();
  await dialog.getByLabel('All to one person').check();
  await dialog.getByLabel('Sign-in name').fill('ben.kim');
  await dialog.getByText(said(mine.length), { exact: true }).waitFor();
  await dialog.getByLabel('Reason').fill('goes home');
  const path = `/v1/tasks/${encodeURIComponent(mine[0].id)}/reassign`;
  await ward.post(path, { to: 'cara.voss', reason: 'meanwhile' });
  await dialog.getByRole('button', { name: 'Hand over' }).click();
  await dialog.getByText(`${mine.length - 1} tasks match now, not ${mine.length}`).waitFor();
  await ward.post(path, { to: 'ann.lee', reason: 'back again' });
  await dialog.getByLabel('Each to the least busy on shift who may decide it').check();
  await dialog.getByLabel('All to one person').check();
  await dialog.getByText(said(mine.length), { exact: true }).waitFor();
  await dialog.getByRole('button', { name: 'Hand over' }).click();
  await dialog.getByText(`${mine.length} of ${mine.length} handed over.`).waitFor();
  await screen.close();
});

test('a cover is entered, stands, and can be ended', async () => {
  const screen = await signedIn('cara.voss', '/duty?tab=covers');
  const { page } = screen;
  await page.getByText('Nobody stands in for anybody').waitFor();
  await page.getByRole('button', { name: 'Enter a cover' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Enter' }).click();
  await dialog.getByText('Say who is away.').waitFor();
  await dialog.getByLabel('Who is away').fill('ann.lee');
  await dialog.getByLabel('Who stands in').fill('ben.kim');
  await dialog.getByLabel('From').fill('2026-03-02T06:00');
  await dialog.getByLabel('Until').fill('2026-03-04T06:00');
  await screen.accessible('the dialog of a cover');
  await dialog.getByRole('button', { name: 'Enter' }).click();
  await page.getByText('ben.kim for ann.lee').waitFor();
  await page.getByRole('button', { name: 'End the cover of ann.lee' }).click();
  await page.getByText('Nobody stands in for anybody').waitFor();
  await screen.close();
});

test('who may not plan or hand over sees it and is offered nothing', async () => {
  const screen = await signedIn('ann.lee', '/duty');
  const { page } = screen;
  await page.getByRole('row', { name: /Nurse.*MED/ }).waitFor();
  assert.equal(await page.getByRole('button', { name: /^Hand over/ }).count(), 0);
  await page.getByRole('tab', { name: 'Rota' }).click();
  await page.getByRole('rowheader', { name: 'ben.kim' }).waitFor();
  assert.equal(await page.getByRole('button', { name: 'Change', exact: true }).count(), 0);
  await screen.close();
});
