// Forms, holds, comments, evidence and alerts in a real browser, on a real server: the program given as its argument, or build/baton.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { staged } from './staged.mjs';

let ward;

const { signedIn } = staged(async (begun) => {
  ward = begun;
  await ward.admit(4);
  await ward.addPerson('ann.lee', 'Ann Lee', ['nurse'], ['MED']);
  await ward.addPerson('tom.abel', 'Tom Abel', ['nurse'], ['ICU']); // Where nobody lies.
  await ward.askForRides();
});

test('the unit has its own inbox, and another unit does not see its tasks', async () => {
  const ann = await signedIn('ann.lee', '/inbox?view=unit');
  await ann.page.locator('.task-row', { hasText: 'Ride home' }).first().waitFor();
  await ann.close();
  const tom = await signedIn('tom.abel', '/inbox?view=unit');
  await tom.page.getByText('Nothing waits in your unit').waitFor();
  await tom.goto('/inbox/ride-0.1');
  await tom.page.getByText(/belongs to another unit/).waitFor();
  await tom.close();
});

test('an interruption behind a page without any is looked for further on', async () => {
  const screen = await signedIn('ann.lee');
  const found = { id: 'x.1', name: 'potassium', tier: 'interruption', status: 'open', version: 1, instance: 'ride-1', workflow: 'ride_home', raised_at: '2026-03-02T07:00:00Z', fired: 1, suppressed: 0, roles: ['nurse'], request: { why: 'Found further on' } };
  const isSecond = (route) => new URL(route.request().url()).searchParams.get('cursor');
  await screen.page.route('**/v1/alerts?*tier=interruption*', (route) => route.fulfill({ json: isSecond(route) ? { items: [found] } : { items: [], next: 'c' } }));
  await screen.goto('/alerts');
  await screen.page.locator('.interruption').getByText('Found further on').waitFor();
  await screen.close();
});

test('what must be seen at once stands in front of every page until somebody has seen to it', async () => {
  const screen = await signedIn('ann.lee', '/inbox');
  const { page } = screen;
  const banner = page.locator('.interruption');
  await banner.getByText(/Potassium is 6\.2/).waitFor();
  await banner.getByRole('button', { name: 'Seen to' }).click();
  await banner.waitFor({ state: 'hidden' });
  const { items } = await ward.get('/v1/alerts?status=acknowledged');
  assert.deepEqual(items.map((alert) => [alert.name, alert.settled_by]), [['potassium', 'ann.lee']]);
  await screen.close();
});

test('a comment and a hold are seen by whoever looks, and a hold ends by hand', async () => {
  const screen = await signedIn('ann.lee', '/inbox/ride-1.1?view=unit');
  const { page } = screen;
  await page.getByRole('textbox', { name: 'Comment' }).fill('The daughter comes at three');
  await page.getByRole('button', { name: 'Comment' }).click();
  await page.getByText('The daughter comes at three').waitFor();
  await page.getByText('More', { exact: true }).click();
  await page.getByRole('button', { name: 'Put on hold' }).click();
  await page.getByRole('dialog').getByLabel('Why').fill('waits for the potassium');
  await page.getByRole('dialog').getByRole('button', { name: 'Put on hold' }).click();
  await page.getByText('“waits for the potassium”').waitFor();
  assert.equal(await page.getByRole('form', { name: 'Decision' }).count(), 0);
  await page.getByRole('button', { name: 'Resume' }).click();
  await page.getByRole('form', { name: 'Decision' }).waitFor();
  await screen.close();
});

test('Ctrl Enter in a comment or behind a dialog decides nothing', async () => {
  const [stay] = (await ward.get('/v1/instances?workflow=discharge&limit=1')).items;
  await ward.post('/v1/instances', { workflow: 'ride_home', id: 'ride-keys', key: stay.business_key, patient: stay.patient, input: { encounter: stay.business_key, ward: 'MED', walks: 'alone', lives: 'next door' } });
  const screen = await signedIn('ann.lee', '/inbox/ride-keys.1?view=unit');
  const { page } = screen;
  await page.getByLabel('No ride needed').check();
  await page.getByLabel('Reason code').selectOption({ label: 'Own car' });
  await page.getByRole('textbox', { name: 'Comment' }).fill('I ask the daughter first');
  await page.keyboard.press('Control+Enter');
  await page.getByText('More', { exact: true }).click();
  await page.getByRole('button', { name: 'Put on hold' }).click();
  await page.getByRole('dialog').getByLabel('Why').fill('waits for the daughter');
  await page.keyboard.press('Control+Enter');
  await page.getByRole('dialog').getByRole('button', { name: 'Leave it' }).click();
  assert.equal((await ward.get('/v1/tasks/ride-keys.1')).status, 'open');
  assert.equal(await page.getByRole('textbox', { name: 'Comment' }).inputValue(), 'I ask the daughter first');
  await screen.close();
});

test('what somebody has begun is kept when they sign out, and the next person at the screen sees none of it', async () => {
  await ward.addPerson('ben.kim', 'Ben Kim', ['nurse'], ['MED']);
  await ward.addPerson('dan.dev', 'Dan Dev', ['developer']);
  const screen = await signedIn('ann.lee', '/inbox/ride-0.1?view=unit');
  const { page } = screen;
  const next = async (user, name) => {
    await page.getByRole('button', { name: 'Sign out', exact: true }).click();
    await page.getByRole('heading', { name: 'Sign in to Baton' }).waitFor();
    await screen.giveCredentials(user, ward.passwords[user]);
    await page.getByText(name, { exact: true }).waitFor();
  };
  await page.getByLabel(/^Reason \(/).fill('her own words');
  await next('ann.lee', 'Ann Lee');
  await page.waitForFunction(() => document.getElementById('reason')?.value === 'her own words');
  await next('ben.kim', 'Ben Kim');
  await page.getByRole('form', { name: 'Decision' }).waitFor();
  assert.equal(await page.getByLabel(/^Reason \(/).inputValue(), '');
  const { patient } = await ward.get('/v1/tasks/ride-0.1');
  await screen.goto(`/patients/${encodeURIComponent(patient)}`);
  await page.getByRole('heading', { name: 'Known as' }).waitFor();
  await next('dan.dev', 'Dan Dev');
  await page.getByText(`This needs the permission 'patient.read'`).first().waitFor();
  assert.equal(await page.getByRole('heading', { name: 'Known as' }).count(), 0);
  await screen.close();
});

test('a form that does not come is said, and so are alerts that do not', async () => {
  const screen = await signedIn('ann.lee');
  const { page } = screen;
  const refused = (detail) => (route) => route.fulfill({ status: 400, json: { code: 'BT400', detail, cure: 'ask again' } });
  await page.route('**/v1/tasks/*/form', refused('the form is away'));
  await page.route('**/v1/alerts?*instance=*', refused('the alerts are away'));
  await screen.goto('/inbox/ride-0.1?view=unit');
  await page.getByText('The form is away').waitFor();
  await page.getByText('The alerts are away').waitFor();
  await page.unroute('**/v1/tasks/*/form');
  await page.locator('.failed', { hasText: 'The form is away' }).getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('form', { name: 'Decision' }).waitFor();
  await screen.close();
});

test('a form asks for more when an answer makes it, says what is wrong at the field, and the decision keeps what was seen', async () => {
  const screen = await signedIn('ann.lee', '/inbox/ride-0.1?view=unit');
  const { page } = screen;
  await page.getByLabel('Book a ride').check();
  assert.equal(await page.getByLabel('Stairs at home').count(), 0);
  await page.getByLabel('The patient can').selectOption({ label: 'only lie' });
  await page.getByLabel('Stairs at home').waitFor();
  await page.getByRole('button', { name: 'Decide' }).click();
  await page.getByText('2 answers need another look').waitFor();
  assert.equal(await page.getByLabel('Stairs at home').getAttribute('aria-invalid'), 'true');
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-invalid')), 'true');
  await screen.accessible('form with errors');
  await page.getByLabel('Ready at').fill('14:30');
  await page.getByLabel('Stairs at home').fill('twelve');
  await page.getByRole('button', { name: 'Decide' }).click();
  await page.getByText('Ride home: Book a ride. Decided.').waitFor();
  await screen.goto('/inbox/ride-0.1');
  await page.getByText('The screen as it was').click();
  await page.getByText(/Form ride_home, version/).waitFor();
  const task = await ward.get('/v1/tasks/ride-0.1');
  assert.equal(task.decision.value.stairs, 'twelve');
  await screen.close();
});

test('an outcome that demands a code of its list says so, and what was begun is there at another screen', async () => {
  const first = await signedIn('ann.lee', '/inbox/ride-1.1?view=unit');
  await first.page.getByLabel('No ride needed').check();
  await first.page.getByRole('button', { name: 'Decide' }).click();
  await first.page.getByText('Say which of these it is.').waitFor();
  await first.page.getByLabel(/^Reason \(/).fill('has a car here');
  const saved = first.page.waitForResponse((answer) => answer.url().endsWith('/save'));
  await first.page.getByRole('link', { name: 'Alerts' }).click();
  await saved;
  await first.close();
  const second = await signedIn('ann.lee', '/inbox/ride-1.1?view=unit');
  await second.page.getByRole('form', { name: 'Decision' }).waitFor();
  assert.equal(await second.page.getByLabel(/^Reason \(/).inputValue(), 'has a car here');
  await second.page.getByLabel('Reason code').selectOption({ label: 'Own car' });
  await second.page.getByRole('button', { name: 'Decide' }).click();
  await second.page.getByText('Ride home: No ride needed. Decided.').waitFor();
  await second.close();
});

test('what was decided on paper is entered with its time, and marked as recorded late', async () => {
  const cases = (await ward.get('/v1/instances?workflow=discharge&limit=3')).items;
  await ward.post('/v1/instances', { workflow: 'ride_home', id: 'ride-late', key: cases[2].business_key, patient: cases[2].patient, input: { encounter: cases[2].business_key, ward: 'MED', walks: 'alone', lives: 'next door' } });
  await ward.advance('2h');
  const screen = await signedIn('ann.lee', '/inbox/ride-late.1?view=unit');
  const { page } = screen;
  await page.getByLabel('No ride needed').check();
  await page.getByLabel('Reason code').selectOption({ label: 'The family comes' });
  await page.getByText('It was decided earlier').click();
  await page.getByLabel('When', { exact: true }).fill('2026-03-02T06:00');
  await page.getByRole('button', { name: 'Decide' }).click();
  await page.locator('.decision .failed').waitFor(); // Before the task was there.
  await page.getByLabel('When', { exact: true }).fill('2026-03-02T07:30');
  await page.reload(); // Or another task in between.
  await page.getByRole('form', { name: 'Decision' }).waitFor();
  assert.equal(await page.getByLabel('When', { exact: true }).inputValue(), '2026-03-02T07:30');
  await screen.accessible('a decision that is entered late');
  await page.getByRole('button', { name: 'Decide' }).click();
  await page.getByText('Ride home: No ride needed. Decided.').waitFor();
  await screen.goto('/inbox/ride-late.1');
  await page.getByText(/07:30; recorded late/).waitFor();
  await screen.goto('/cases/ride-late?tab=history');
  await page.getByText(/^What follows was done .*07:30, and could only be entered now/).waitFor();
  await screen.close();
});

test('what becomes late comes onto the list of what is late by itself', async () => {
  const script = `return require "workflow".define { name = "look", run = function(ctx) return ctx:task("look", { why = "Look", candidates = { role = "nurse" }, outcomes = { "ok" }, due = "1h" }).outcome end }`;
  await ward.post('/v1/bundles', { name: 'look', files: { 'workflows/look.lua': script } });
  await ward.post('/v1/instances', { workflow: 'look', id: 'look-1', input: {} });
  const screen = await signedIn('ann.lee');
  await screen.page.route('**/v1/live?*', () => {}); // Nobody tells.
  await screen.goto('/inbox?view=overdue');
  await screen.page.locator('.inbox-list').waitFor();
  await ward.advance('61m');
  await screen.page.locator('.task-row', { hasText: 'Look' }).waitFor(); // It asks every quarter of a minute.
  await screen.page.unrouteAll({ behavior: 'ignoreErrors' });
  await screen.close();
});
