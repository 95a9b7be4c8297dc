// The auditor's page in a real browser, on a real server: the program given as its argument, or build/baton.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { binary, staged } from './staged.mjs';

const { unzipSync } = createRequire(new URL('../../console/package.json', import.meta.url))('fflate');
let ward;
let followed;

const { signedIn } = staged(async (begun) => {
  ward = begun;
  await ward.admit(3);
  await ward.addPerson('eva.novak', 'Eva Novak', ['auditor']);
  followed = (await ward.get('/v1/instances?attribute.stage=follow_up')).items[0];
});

const auditor = (path) => signedIn('eva.novak', path, { live: false });

test('a ready question is answered with records, and each has its proof', async () => {
  const screen = await auditor('/audit');
  const { page } = screen;
  await page.getByRole('combobox', { name: 'Question' }).selectOption('Why was this case decided so?');
  await page.getByLabel('Case id').fill(followed.id);
  await page.getByRole('button', { name: 'Ask' }).click();
  await page.getByText('Disposition').first().waitFor();
  await page.getByRole('link', { name: /^Record \d+$/ }).first().click();
  await page.getByRole('heading', { name: 'Its proof' }).waitFor();
  await page.getByText(/of a ledger of \d+ records, signed by/).waitFor();
  await page.getByRole('combobox', { name: 'Question' }).selectOption('Would it be decided the same again?');
  await page.getByText(/^Yes\. \d+ decisions/).waitFor();
  await screen.close();
});

test('a question with figures is answered in tables, each with the SQL that gave it', async () => {
  const screen = await auditor('/audit');
  const { page } = screen;
  await page.getByRole('combobox', { name: 'Question' }).selectOption({ label: 'What did the reviewer see?' });
  await page.getByLabel('Case', { exact: true }).fill(followed.id);
  await page.getByRole('button', { name: 'Ask' }).click();
  await page.getByRole('heading', { name: 'Looked at before' }).waitFor();
  await page.getByText('The SQL that gave it').first().click();
  await page.getByText(/SELECT idx, at, subject/).first().waitFor();
  await screen.accessible('an answer with figures');
  await page.getByRole('combobox', { name: 'Question' }).selectOption({ label: 'Who saw or changed anything of this patient?' });
  await screen.close();
});

test('the evidence that is saved can be checked offline', async () => {
  const screen = await auditor(`/audit?q=case&instance=${encodeURIComponent(followed.id)}`);
  const { page } = screen;
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save the evidence about this case' }).click();
  const files = unzipSync(readFileSync(await (await saved).path()));
  const folder = join(ward.folder, 'evidence');
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  const proofs = Object.keys(files).filter((path) => path.startsWith('proofs/'));
  assert.equal(readFileSync(join(folder, 'records.ndjson'), 'utf8').trim().split('\n').length, proofs.length);
  const key = readFileSync(join(folder, 'ledger.vkey'), 'utf8').trim();
  execFileSync(binary, ['audit', 'verify', join(folder, proofs[0]), '--key', key]);
  writeFileSync(join(folder, proofs[0]), readFileSync(join(folder, proofs[0]), 'utf8').replace(/^extra ./m, 'extra A'));
  assert.throws(() => execFileSync(binary, ['audit', 'verify', join(folder, proofs[0]), '--key', key], { stdio: 'pipe' }));
  assert.ok(files['explanation.json'] && files['reproduction.json'] && files['VERIFY.md'] && files['index.html']);
  await screen.close();
});

test('a use of break-glass waits until somebody has looked at it', async () => {
  await fetch(`${ward.url}/v1/patients/${encodeURIComponent(followed.patient)}`, { headers: { authorization: `Bearer ${ward.key}`, 'x-baton-purpose': 'BTG' } });
  const screen = await auditor('/audit?tab=break-glass');
  const { page } = screen;
  await page.getByRole('button', { name: /^Review/ }).click();
  await page.getByLabel('Reason').fill('on call, patient in the resuscitation room');
  await page.getByRole('button', { name: 'Record the review' }).click();
  await page.getByText('Every use was reviewed').waitFor();
  await screen.close();
});

test('any other question is asked as SQL, and a wrong one says what is wrong', async () => {
  const screen = await auditor('/audit?tab=sql');
  const { page } = screen;
  await page.getByRole('textbox', { name: 'Query' }).fill('SELECT action, count(*) AS how_many FROM records GROUP BY 1');
  await page.getByRole('button', { name: 'Ask' }).click();
  await page.getByRole('cell', { name: 'task.created' }).waitFor();
  await page.getByRole('textbox', { name: 'Query' }).fill('SELECT anything FROM nowhere');
  await page.getByRole('button', { name: 'Ask' }).click();
  await page.getByText(/no such table/i).waitFor();
  await screen.close();
});
