// Board, case, patient, incidents, messages and charts in a real browser, on a real server: the program given as its argument,
// or build/baton.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { staged } from './staged.mjs';

let ward;

const { signedIn } = staged(async (begun) => {
  ward = begun;
  await ward.admit(12);
  await ward.post('/v1/instances', { workflow: 'broken', id: 'broken-1', input: { missing: 'end date' } });
  await ward.send(['MSH|^~\\&|SYNADT|GENHOSP|RUNTIME|HUB|20260302070000||ADT^A01^ADT_A01|BAD1|P|2.5.1\rEVN|A01|20260302070000\r']);
  await ward.addPerson('sam.okafor', 'Sam Okafor', ['operator', 'physician']);
  await ward.advance('11h'); // Past the time at which the first tasks are due.
});

const operator = (path, look) => signedIn('sam.okafor', path, look);

test('the board says where all cases stand, and a cell leads to its cases', async () => {
  const screen = await operator('/board');
  const { page } = screen;
  await page.getByText('tasks are late').waitFor();
  const matrix = page.getByRole('region', { name: 'Cases by unit and stage' });
  await page.getByLabel('Workflow').first().selectOption('discharge');
  const row = matrix.getByRole('row', { name: /^MED/ });
  await row.getByRole('button').first().click();
  await page.getByText('1 in all').waitFor();
  assert.equal(new URL(page.url()).searchParams.get('unit'), 'MED');
  const board = await ward.get('/v1/board');
  const place = board.cases.find((one) => one.unit === 'MED' && one.workflow === 'discharge');
  assert.equal(await row.getByRole('button').first().locator('strong').innerText(), String(place.open));
  await screen.close();
});

test('many cases are put on hold at once, with a reason that goes into the record', async () => {
  const screen = await operator('/board?workflow=discharge&unit=SURG');
  const { page } = screen;
  await page.getByLabel('Select all that are loaded').check();
  await page.getByRole('button', { name: 'Put on hold' }).click();
  await page.getByRole('dialog').getByText(/^\d+ cases?: \d+ discharge/).waitFor(); // Counted before.
  await page.getByRole('dialog').getByRole('button', { name: 'Put on hold' }).click();
  await page.getByText('Say why.').waitFor();
  await page.getByLabel('Reason').fill('the ward moves');
  await page.getByRole('dialog').getByRole('button', { name: 'Put on hold' }).click();
  await page.getByRole('heading', { name: 'Done to many at once' }).waitFor();
  await page.getByText('“the ward moves”').waitFor();
  await page.locator('.chip', { hasText: 'On hold' }).first().waitFor();
  const held = await ward.get('/v1/instances?paused=true');
  assert.ok(held.items.length > 0 && held.items.every((one) => one.attributes.ward === 'SURG'));
  await screen.close();
});

test('a case shows what it waits for, its path, its script at the line where it waits, and its messages', async () => {
  const followed = (await ward.get('/v1/instances?attribute.stage=follow_up')).items[0];
  const screen = await operator(`/cases/${encodeURIComponent(followed.id)}`);
  const { page } = screen;
  await page.getByText(/follow.up call/i).first().waitFor();
  await page.getByRole('link', { name: 'Open the task' }).first().waitFor();
  await page.getByRole('tab', { name: 'What happened' }).click();
  await page.getByText('Decided, disposition: Home, as the discharge message says').first().waitFor();
  await page.getByRole('tab', { name: 'Path' }).click();
  await page.getByRole('img', { name: /The path of the case/ }).waitFor();
  await page.getByText('Person · Waits').first().waitFor();
  await page.getByRole('tab', { name: 'Script' }).click();
  await page.locator('.source-line.waits').first().waitFor();
  assert.match(await page.locator('.source-line.waits').first().innerText(), /wait_(event|signal)/);
  await page.getByRole('tab', { name: 'Messages' }).click();
  await page.getByRole('link', { name: /^CON\d+B$/ }).waitFor();
  await screen.close();
});

test('from one patient to another nothing of the first stays, however long the second takes, and what does not come is said', async () => {
  const [one, other] = (await ward.get('/v1/instances?workflow=discharge')).items;
  const screen = await operator(`/patients/${encodeURIComponent(one.patient)}`);
  const { page } = screen;
  const tasks = page.locator('.waits a');
  await tasks.first().waitFor();
  const before = await tasks.evaluateAll((links) => links.map((link) => link.getAttribute('href')));
  await page.route('**/v1/tasks?*', () => {}); // It takes long.
  await page.route('**/timeline?*', (route) => route.fulfill({ status: 400, json: { code: 'BT400', detail: 'the timeline is away', cure: 'ask again' } }));
  await page.evaluate((path) => { window.history.pushState({}, '', path); window.dispatchEvent(new PopStateEvent('popstate')); }, `/patients/${encodeURIComponent(other.patient)}`);
  await page.getByText('The timeline is away').waitFor();
  assert.equal(await page.getByText('Nothing is known yet.').count(), 0);
  const after = await tasks.evaluateAll((links) => links.map((link) => link.getAttribute('href')));
  assert.deepEqual(after.filter((link) => before.includes(link)), []);
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  await screen.close();
});

test('what was selected under another filter is not acted on', async () => {
  const screen = await operator('/board?workflow=discharge');
  const { page } = screen;
  await page.getByLabel('Select all that are loaded').check();
  await page.getByText(/^\d+ selected$/).waitFor();
  await page.getByRole('search', { name: 'Cases' }).getByLabel('Unit').selectOption('CARD');
  await page.getByText('All that the filter finds').waitFor();
  await screen.close();
});

test('a number without the house that gave it finds nobody', async () => {
  const screen = await operator('/patients');
  const { page } = screen;
  await page.getByRole('region', { name: 'Table: Patients' }).waitFor();
  await page.getByLabel('Number', { exact: true }).fill('0815');
  await page.getByText('Say who gave the number').waitFor();
  assert.equal(await page.getByRole('region', { name: 'Table: Patients' }).count(), 0);
  await screen.close();
});

test('the story of a long case goes to its end', async () => {
  const { id } = (await ward.get('/v1/instances?workflow=discharge')).items[0];
  const screen = await operator('/board');
  const entry = (index, note) => ({ index, at: '2026-03-02T07:00:00Z', type: 'Noted', note });
  const isSecond = (route) => new URL(route.request().url()).searchParams.get('cursor');
  await screen.page.route('**/history?*', (route) => route.fulfill({ json: isSecond(route) ? { items: [entry(1, 'the last')] } : { items: [entry(0, 'the first')], next: 'c' } }));
  await screen.goto(`/cases/${encodeURIComponent(id)}?tab=history`);
  await screen.page.getByText('the last').waitFor();
  await screen.close();
});

test('a story of which a part does not come says so, and asks for it once', async () => {
  const { id } = (await ward.get('/v1/instances?workflow=discharge')).items[0];
  const screen = await operator('/board');
  const { page } = screen;
  const first = { index: 0, at: '2026-03-02T07:00:00Z', type: 'Noted', note: 'the first' };
  let asked = 0;
  await page.route('**/history?*', (route) => {
    if (!new URL(route.request().url()).searchParams.get('cursor')) return route.fulfill({ json: { items: [first], next: 'c' } });
    asked += 1;
    return route.fulfill({ status: 400, json: { code: 'BT400', detail: 'the rest is away', cure: 'ask again' } });
  });
  await screen.goto(`/cases/${encodeURIComponent(id)}?tab=history`);
  await page.getByText('The rest is away').waitFor();
  await page.getByText('the first').waitFor();
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 500))); // In which nobody asks again.
  assert.equal(asked, 1);
  await screen.close();
});

test('an override needs a reason and stands in the history', async () => {
  const followed = (await ward.get('/v1/instances?attribute.stage=follow_up')).items[0];
  const screen = await operator(`/cases/${encodeURIComponent(followed.id)}`);
  const { page } = screen;
  await page.getByRole('button', { name: 'Override a decision' }).click();
  await page.getByRole('combobox', { name: 'Decision' }).selectOption({ label: 'Disposition: Home' });
  await page.getByLabel('What holds instead').fill('home_health');
  await page.getByLabel('Reason code').fill('family');
  await page.getByLabel('Reason', { exact: true }).fill('the daughter cannot help');
  await page.getByRole('dialog').getByRole('button', { name: 'Override' }).click();
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  await page.getByRole('tab', { name: 'What happened' }).click();
  await page.getByText('Overridden, disposition: the daughter cannot help').first().waitFor();
  await screen.close();
});

test('what a person decided is replaced by one of the outcomes that the task had', async () => {
  const followed = (await ward.get('/v1/instances?attribute.stage=follow_up')).items[1];
  const task = (await ward.get(`/v1/tasks?instance=${encodeURIComponent(followed.id)}`)).items.find((one) => one.name === 'list_pending_results');
  await ward.post(`/v1/tasks/${encodeURIComponent(task.id)}/decide`, { outcome: 'none', reason: 'asked the laboratory' }, { subject: 'ann.lee', role: 'nurse', unit: task.units[0] });
  await ward.settle();
  const screen = await operator(`/cases/${encodeURIComponent(followed.id)}?tab=decisions`);
  const { page } = screen;
  const card = page.locator('.decided-one', { hasText: 'List pending results' });
  await card.getByRole('button', { name: /^Override/ }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Reason', { exact: true }).fill('a culture is still out');
  await dialog.getByRole('button', { name: 'Override' }).click();
  await dialog.getByText('Say what holds instead.').waitFor();
  await dialog.getByLabel('What holds instead').selectOption('listed');
  await screen.accessible('the dialog that overrides');
  await dialog.getByRole('button', { name: 'Override' }).click();
  await card.getByText('“a culture is still out”').waitFor();
  await screen.close();
});

test('an incident says its cause and its line, and trying again is one step', async () => {
  const screen = await operator('/incidents');
  const { page } = screen;
  await page.getByRole('heading', { name: /the plan has no end date/ }).waitFor();
  await page.getByRole('button', { name: 'Try again', exact: true }).click();
  await page.getByLabel('Reason').fill('looked at it');
  await page.getByRole('dialog').getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  const all = await ward.get('/v1/instances/broken-1/incidents');
  assert.equal(all.items[0].resolution, 'retry');
  await screen.close();
});

test('a message that was not understood says why, and can be given up with a reason', async () => {
  const screen = await operator('/messages');
  const { page } = screen;
  await page.getByRole('link', { name: 'BAD1' }).click();
  await page.getByRole('heading', { name: 'Message BAD1' }).waitFor();
  await page.getByRole('button', { name: 'Give up' }).click();
  await page.getByLabel('Reason').fill('sent without a patient');
  await page.getByRole('dialog').getByRole('button', { name: 'Give up' }).click();
  await page.getByText('Every message was understood').waitFor();
  await screen.close();
});

test('a patient shows messages, cases and what is open as one story', async () => {
  const { items } = await ward.get('/v1/instances?attribute.stage=follow_up');
  const screen = await operator(`/patients/${encodeURIComponent(items[0].patient)}`);
  await screen.page.getByText('Encounter discharged').first().waitFor();
  await screen.page.getByRole('link', { name: /^Discharge V\d+ began$/ }).waitFor();
  await screen.close();
});

test('the charts show what happened, and each has its figures', async () => {
  const screen = await operator('/charts');
  const { page } = screen;
  for (const title of ['Turnaround', 'Turnaround over time', 'Handoff', 'How long people take', 'Tasks decided', 'Backlog', 'Overrides', 'Exceptions', 'Cases']) {
    await page.getByRole('heading', { name: title, exact: true }).waitFor();
  }
  await page.locator('.recharts-bar-rectangle').first().waitFor();
  const figures = (title) => page.getByRole('region', { name: title, exact: true });
  await figures('Cases').locator('summary').click();
  await figures('Cases').getByRole('rowheader', { name: '2026-03-02' }).waitFor();
  await figures('Overrides').locator('summary').click();
  await figures('Overrides').getByRole('row', { name: /^Discharge · Disposition 1 \d+ \d+ % 0$/ }).waitFor();
  await page.getByLabel('Workflow').selectOption('broken');
  await figures('Overrides').getByText('Nobody replaced an outcome in this time.').waitFor();
  assert.equal(new URL(page.url()).searchParams.get('workflow'), 'broken');
  await page.getByLabel('The last').selectOption('365');
  await page.getByText('Begun and ended in each week.').waitFor();
  await screen.close();
});

test('an address that leads nowhere says so', async () => {
  const screen = await operator('/cases/nobody');
  await screen.page.getByText('There is no such case').waitFor();
  await screen.close();
});

test('what was decided is replaced after the case has ended as well', async () => {
  const followed = (await ward.get('/v1/instances?attribute.stage=follow_up')).items[2];
  await ward.post(`/v1/instances/${encodeURIComponent(followed.id)}/cancel`, { reason: 'moved abroad' });
  await ward.settle();
  const screen = await operator(`/cases/${encodeURIComponent(followed.id)}?tab=decisions`);
  const { page } = screen;
  const card = page.locator('.decided-one', { hasText: 'Disposition' });
  await card.getByRole('button', { name: /^Override/ }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('This case has ended.').waitFor();
  await dialog.getByLabel('What holds instead').fill('facility');
  await dialog.getByLabel('Reason', { exact: true }).fill('it was a nursing home');
  await dialog.getByRole('button', { name: 'Override' }).click();
  await card.getByText('“it was a nursing home”').waitFor();
  await screen.close();
});
