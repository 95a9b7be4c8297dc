// Every page against WCAG 2.2 AA, in one theme and the given sizes. One file a theme, so that each stays quick.
import { after, before, test } from 'node:test';
import { requireBrowser, Screen, startBrowser } from './browser.mjs';
import { busyWard, everyPage } from './every_page.mjs';

export function keepsToWcag(theme, sizes) {
  requireBrowser();
  const binary = process.argv[2] ?? new URL('../../build/baton', import.meta.url).pathname;
  let ward;
  let browser;
  before(async () => {
    ward = await busyWard(binary);
    browser = await startBrowser();
  });
  after(async () => {
    await browser?.close();
    await ward?.stop();
  });
  for (const [width, height] of sizes) {
    test(`every page keeps to WCAG 2.2 AA, ${theme}, ${width} wide`, async () => {
      const screen = await Screen.open(browser, ward.url, { theme, width, height });
      await screen.signIn('sam.okafor', ward.passwords['sam.okafor']);
      for (const [name, path, sign] of await everyPage(ward)) {
        await screen.goto(path);
        await screen.page.locator(sign).first().waitFor();
        await screen.accessible(`${name}, ${path}, ${width}`);
      }
      await screen.close();
    });
  }
}
