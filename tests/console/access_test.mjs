// People, keys and roles in a real browser, on a real server: the program given as its argument, or build/baton.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { staged } from './staged.mjs';

let ward;

const { open, signedIn } = staged(async (begun) => {
  ward = begun;
  await ward.admit(2);
  await ward.addPerson('ada.minh', 'Ada Minh', ['admin']);
  await ward.addPerson('tom.abel', 'Tom Abel', ['nurse'], ['ICU']);
});

const administrator = (path) => signedIn('ada.minh', path, { live: false });
const accepts = async (key) => (await fetch(`${ward.url}/v1/metrics`, { headers: { authorization: `Bearer ${key}` } })).status;

test('a person is added with a password that was made for them, and signs in with it', async () => {
  const admin = await administrator('/');
  const { page } = admin;
  await page.getByRole('heading', { name: 'Access' }).waitFor(); // Where an administrator begins.
  await page.getByRole('button', { name: 'Add a person' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await dialog.getByText('Say under which name they sign in.').waitFor();
  await dialog.getByText('Choose at least one: who has none may do nothing.').waitFor();
  await admin.accessible('the dialog that adds a person');
  await dialog.getByLabel('Sign-in name').fill('mia.sato');
  await dialog.getByLabel('Name', { exact: true }).fill('Mia Sato');
  await dialog.getByLabel('Nurse', { exact: true }).check();
  await dialog.getByLabel('Units').fill('MED, SURG');
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByRole('dialog', { name: 'Mia Sato may sign in' }).waitFor();
  const password = await page.locator('.secret code').innerText();
  await admin.accessible('a secret that is told once');
  await page.getByRole('button', { name: 'Done' }).click();
  const row = page.getByRole('listitem').filter({ hasText: 'mia.sato' });
  await row.getByText('Nurse; of MED, SURG').waitFor();
  const mia = await open();
  await mia.signIn('mia.sato', password);
  await mia.close();
  await admin.close();
});

test('who may sign in no more is signed out at once', async () => {
  const tom = await signedIn('tom.abel', '/inbox');
  const admin = await administrator('/access');
  const { page } = admin;
  await page.getByLabel('Find by name, role or unit').fill('icu');
  const row = page.getByRole('listitem').filter({ hasText: 'tom.abel' });
  await row.getByText('Signed in').waitFor();
  assert.equal(await page.getByRole('listitem').filter({ hasText: 'ada.minh' }).count(), 0);
  await row.getByRole('button', { name: 'Change Tom Abel' }).click();
  await page.getByRole('button', { name: 'Let them sign in no more' }).click();
  await row.getByText('Disabled').waitFor();
  await tom.goto('/inbox');
  await tom.page.getByLabel('Sign-in name').waitFor();
  await tom.giveCredentials('tom.abel', ward.passwords['tom.abel']);
  await tom.page.getByRole('alert').filter({ hasText: /./ }).first().waitFor();
  await tom.close();
  await admin.close();
});

test('another password is made for somebody, and the old one is refused', async () => {
  const admin = await administrator('/access');
  const { page } = admin;
  await page.getByRole('button', { name: 'Change Mia Sato' }).click();
  await page.getByRole('button', { name: 'Make another password' }).click();
  await page.getByRole('dialog', { name: 'Another password for Mia Sato' }).waitFor();
  const password = await page.locator('.secret code').innerText();
  const mia = await open();
  await mia.signIn('mia.sato', password);
  await mia.close();
  await admin.close();
});

test('a key is made for a service, works, and is refused once it is revoked', async () => {
  const admin = await administrator('/access?tab=keys');
  const { page } = admin;
  await page.getByRole('button', { name: 'Make a key' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Service', { exact: true }).first().fill('metrics-collector');
  await dialog.getByLabel('Monitor').check();
  await admin.accessible('the dialog that makes a key');
  await dialog.getByRole('button', { name: 'Make it' }).click();
  await page.getByRole('dialog', { name: 'The key of metrics-collector' }).waitFor();
  const key = await page.locator('.secret code').innerText();
  await page.getByRole('button', { name: 'Done' }).click();
  assert.notEqual(await accepts(key), 401);
  const row = page.getByRole('listitem').filter({ hasText: 'metrics-collector' });
  await row.getByText(/Monitor; made .*, good until/).waitFor();
  await row.getByRole('button', { name: 'Revoke the key of metrics-collector' }).click();
  await page.getByRole('button', { name: 'Revoke it' }).click();
  await row.getByText('Revoked').waitFor();
  assert.equal(await accepts(key), 401);
  await admin.close();
});

test('roles are told in words, and nobody without the right is offered the page', async () => {
  const admin = await administrator('/access?tab=roles');
  const role = admin.page.locator('details', { hasText: 'charge_nurse' });
  await role.getByText('Charge nurse', { exact: true }).click();
  await role.getByText('say who is on duty and who stands in for whom').waitFor();
  await admin.close();
  const mia = await ward.addPerson('leo.ruiz', 'Leo Ruiz', ['nurse'], ['MED']).then(() => signedIn('leo.ruiz', '/access'));
  await mia.page.getByText(/needs the permission|people\.manage/).first().waitFor();
  assert.equal(await mia.page.getByRole('link', { name: 'Access' }).count(), 0);
  await mia.close();
});
