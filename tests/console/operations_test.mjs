// Standing pauses, kept views and broken glass in a real browser, on a real server: the program given as its argument, or build/baton.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { staged } from './staged.mjs';

let ward;

const { signedIn } = staged(async (begun) => {
  ward = begun;
  await ward.admit(8);
  await ward.addPerson('otto.brun', 'Otto Brun', ['operator']);
  await ward.addPerson('rita.salas', 'Rita Salas', ['records_officer']);
  await ward.addPerson('eva.novak', 'Eva Novak', ['auditor']);
});

const at = (user, path) => signedIn(user, path, { live: false });

test('a unit is held back until further notice, comes to rest, and goes on again', async () => {
  const screen = await at('otto.brun', '/board');
  const { page } = screen;
  await page.getByText('Nothing is held back').waitFor();
  await page.getByRole('button', { name: 'Hold back' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Reason').fill('the ward’s system is down');
  await dialog.getByRole('button', { name: 'Hold back' }).click();
  await dialog.getByText('Say of what: a workflow, a unit, or a version.').waitFor();
  await dialog.getByLabel('Unit').selectOption('SURG');
  await dialog.getByText(/^\d+ cases?$/).waitFor();
  await screen.accessible('the dialog that holds back');
  await dialog.getByRole('button', { name: 'Hold back' }).click();
  const section = page.getByRole('region', { name: 'Held back until further notice' });
  await section.getByText('Unit SURG', { exact: true }).waitFor();
  await section.getByText('Quiet', { exact: true }).waitFor();
  await section.getByText('“the ward’s system is down”').waitFor();
  await screen.accessible('a pause that stands');
  const held = await ward.get('/v1/instances?paused=true');
  assert.ok(held.items.length > 0 && held.items.every((one) => one.attributes.ward === 'SURG'));
  await section.getByRole('button', { name: /^Let go on.*Unit SURG$/ }).click();
  await page.getByRole('dialog').getByLabel('Reason').fill('it is back');
  await page.getByRole('dialog').getByRole('button', { name: 'Let go on' }).click();
  await section.getByText('One that has ended').waitFor();
  assert.equal((await ward.get('/v1/instances?paused=true')).items.length, 0);
  await screen.close();
});

test('a filter that is kept under a name is there at another screen, for nobody else, and can be dropped', async () => {
  const first = await at('otto.brun', '/board?unit=SURG&days=1');
  await first.page.locator('summary', { hasText: 'Views' }).click();
  await first.page.getByText('Keep a filter that you need often.').waitFor();
  await first.page.getByLabel('Keep this filter as').fill('Surgery, long');
  await first.page.getByRole('button', { name: 'Keep', exact: true }).click();
  await first.page.getByRole('button', { name: 'Surgery, long', exact: true }).waitFor();
  await first.accessible('the views');
  await first.close();
  const second = await at('otto.brun', '/board');
  await second.page.locator('summary', { hasText: 'Views' }).click();
  await second.page.getByRole('button', { name: 'Surgery, long', exact: true }).click();
  const address = new URL(second.page.url()).searchParams;
  assert.deepEqual([address.get('unit'), address.get('days')], ['SURG', '1']);
  await second.page.locator('summary', { hasText: 'Views' }).click();
  await second.page.getByRole('button', { name: 'Forget Surgery, long' }).click();
  await second.page.getByText('Keep a filter that you need often.').waitFor();
  await second.close();
});

test('who may not see whom a case is about breaks the glass with a reason, and it waits for a review', async () => {
  const one = (await ward.get('/v1/instances?workflow=discharge')).items[0];
  const screen = await at('otto.brun', `/cases/${encodeURIComponent(one.id)}`);
  const { page } = screen;
  await page.getByText('Whom it is about is hidden').waitFor();
  await page.getByRole('button', { name: 'Break the glass' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Show me the data' }).click();
  await page.getByText('Say why. It goes into the record.').waitFor();
  await screen.accessible('the dialog that breaks the glass');
  await page.getByRole('dialog').getByLabel('Reason').fill('unconscious in the emergency room');
  await page.getByRole('dialog').getByRole('button', { name: 'Show me the data' }).click();
  await page.getByText('Glass broken: what you see is recorded').waitFor();
  await page.locator('.case-head').getByRole('link').click();
  await page.getByRole('heading', { name: 'Known as' }).waitFor();
  await screen.close();

  const other = (await ward.get('/v1/patients')).items.find((patient) => patient.id !== one.patient);
  const refused = await at('otto.brun', `/patients/${encodeURIComponent(other.id)}`);
  await refused.page.getByRole('button', { name: 'Break the glass' }).waitFor();
  await refused.accessible('a patient behind glass');
  await refused.close();

  const auditor = await at('eva.novak', '/audit');
  await auditor.page.getByRole('tab', { name: 'Break-glass 1' }).click();
  await auditor.page.getByText('“unconscious in the emergency room”').waitFor();
  await auditor.close();
});

test('a legal hold is placed, seen by who reads the ledger, and lifted', async () => {
  const one = (await ward.get('/v1/instances?workflow=discharge')).items[0];
  const screen = await at('rita.salas', '/audit?tab=keeping');
  const { page } = screen;
  await page.getByText('No hold is in force').waitFor();
  await page.getByRole('button', { name: 'Place a hold' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('combobox').selectOption('instance');
  await dialog.getByLabel(/^Case/).fill(one.id);
  await dialog.getByLabel(/^Matter/).fill('17 O 33/26');
  await dialog.getByLabel('Reason').fill('the court asked');
  await screen.accessible('the dialog of a hold');
  await dialog.getByRole('button', { name: 'Place the hold' }).click();
  await page.getByText('17 O 33/26').waitFor();
  await screen.accessible('holds');
  const auditor = await at('eva.novak', '/audit?tab=keeping');
  await auditor.page.getByText('“the court asked”').waitFor();
  assert.equal(await auditor.page.getByRole('button', { name: /^Lift/ }).count(), 0);
  await auditor.close();
  await page.getByRole('button', { name: /^Lift/ }).click();
  await page.getByRole('dialog').getByLabel('Reason').fill('the matter is settled');
  await page.getByRole('dialog').getByRole('button', { name: 'Lift' }).click();
  await page.getByText('No hold is in force').waitFor();
  await page.getByLabel('Also those that were lifted').check();
  await page.getByText(/the matter is settled/).waitFor();
  await page.getByLabel('Records before').fill('2026-03-02T08:00');
  await page.getByRole('button', { name: 'Look' }).click();
  await page.locator('#prune').locator('..').getByRole('status').waitFor();
  await screen.close();
});
