// A ward and a browser for the tests of one file, on the program given as its argument, or build/baton: begun before the first test
// and ended after the last.
import { after, before } from 'node:test';
import { requireBrowser, Screen, startBrowser } from './browser.mjs';
import { Ward } from './ward.mjs';

export const binary = process.argv[2] ?? new URL('../../build/baton', import.meta.url).pathname;

// `fill` gets the ward, and puts into it what the tests are about.
export function staged(fill) {
  requireBrowser();
  let ward;
  let browser;

  before(async () => {
    ward = await Ward.start(binary);
    await fill(ward);
    browser = await startBrowser();
  });

  after(async () => {
    await browser?.close();
    await ward?.stop();
  });

  const open = (look = {}) => Screen.open(browser, ward.url, look);
  return {
    // A screen in front of which nobody has signed in.
    open,
    // One of somebody who has, at `path` where it is given. `live: false` for those whose pages hear of nothing by themselves.
    async signedIn(user, path, { live = true, ...look } = {}) {
      const screen = await open(look);
      if (live) {
        await screen.signIn(user, ward.passwords[user]);
      } else {
        await screen.goto('/');
        await screen.giveCredentials(user, ward.passwords[user]);
        await screen.page.getByRole('navigation', { name: 'Main' }).waitFor();
      }
      if (path) await screen.goto(path);
      return screen;
    },
  };
}
