// node tests/console/screenshots.mjs PROGRAM FOLDER [PAGE]: takes a picture of every page, light and dark, on a desk and on a ward's tablet, for
// somebody who looks at them with a critical eye.
import { mkdirSync } from 'node:fs';
import { Screen, startBrowser } from './browser.mjs';
import { busyWard, everyPage } from './every_page.mjs';

const [binary, folder, only] = process.argv.slice(2);
if (!folder) throw new Error('usage: node tests/console/screenshots.mjs PROGRAM FOLDER [PAGE]');
mkdirSync(folder, { recursive: true });

const ward = await busyWard(binary, 24);
const pages = await everyPage(ward);
const SIZES = { desk: [1440, 900, 'light'], night: [1440, 900, 'dark'], tablet: [768, 1024, 'light'], wide: [1024, 768, 'dark'] };
const browser = await startBrowser();
try {
  for (const [size, [width, height, theme]] of Object.entries(SIZES)) {
    const screen = await Screen.open(browser, ward.url, { width, height, theme });
    await screen.signIn('sam.okafor', ward.passwords['sam.okafor']);
    for (const [name, path, sign] of pages) {
      if (only && !only.split(',').includes(name)) continue;
      await screen.goto(path);
      await screen.page.locator(sign).first().waitFor().catch((error) => console.log(`${name}: ${error.message.split('\n')[0]}`));
      await screen.page.waitForTimeout(250); // Until fonts and drawings stand still.
      await screen.page.screenshot({ path: `${folder}/${name}-${size}.png` });
    }
    await screen.context.close();
    for (const complaint of screen.complaints) console.log(complaint);
  }
} finally {
  await browser.close();
  await ward.stop();
}
