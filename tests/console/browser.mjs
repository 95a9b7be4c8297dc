// A real Chromium, and what every page must keep to: nothing from elsewhere, nothing that the Content-Security-Policy refuses, no
// error on its console, and WCAG 2.2 AA as far as axe can tell, light and dark.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const packages = createRequire(new URL('../../console/package.json', import.meta.url));
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const PATIENCE_MS = 60_000; // For anything that a page has to come to, on any machine and beside anything.

// Exit code 77 is "skipped" to ctest.
export function requireBrowser() {
  if (existsSync(CHROMIUM)) return;
  console.log(`skipped: there is no ${CHROMIUM}`);
  process.exit(77);
}

export async function startBrowser() {
  const { chromium } = packages('playwright-core');
  return chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-dev-shm-usage'], timeout: PATIENCE_MS });
}

const axe = readFileSync(packages.resolve('axe-core/axe.min.js'), 'utf8');

// A person at a screen.
export class Screen {
  static async open(browser, url, { width = 1440, height = 900, theme = 'light' } = {}) {
    const screen = new Screen();
    screen.url = url;
    screen.complaints = [];
    screen.context = await browser.newContext({ viewport: { width, height }, colorScheme: theme, locale: 'en-GB', timezoneId: 'UTC' });
    screen.page = await screen.context.newPage();
    screen.page.setDefaultTimeout(PATIENCE_MS);
    screen.page.on('pageerror', (error) => screen.complaints.push(`error: ${error.message}`));
    screen.page.on('console', (message) => {
      // Chromium itself writes a line for each refusal of the server; those are the page's to show.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) screen.complaints.push(`console: ${message.text()}`);
    });
    screen.page.on('request', (request) => {
      if (new URL(request.url()).origin !== url && !request.url().startsWith('data:')) screen.complaints.push(`asks elsewhere: ${request.url()}`);
    });
    return screen;
  }

  async goto(path) {
    await this.page.goto(this.url + path);
  }

  async signIn(user, password) {
    await this.goto('/');
    await this.giveCredentials(user, password);
    await this.page.getByText('Live', { exact: true }).waitFor();
  }

  async giveCredentials(user, password) {
    if (user) await this.page.getByLabel('Sign-in name').fill(user);
    await this.page.getByLabel('Password').fill(password);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
  }

  // axe as the browser's own tool, not as a script of the page: the policy would refuse that, rightly.
  async accessible(name) {
    await this.page.evaluate(axe);
    const found = await this.page.evaluate(() =>
      window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }),
    );
    const lines = found.violations.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help}: ${node.html}: ${node.failureSummary}`));
    assert.deepEqual(lines, [], `${name} is not accessible`);
  }

  async close() {
    await this.context.close();
    assert.deepEqual(this.complaints, []);
  }
}
