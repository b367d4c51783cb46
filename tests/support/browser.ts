import { accessSync, constants } from 'node:fs';
import axe from 'axe-core';
import { chromium, type Browser, type Page } from 'playwright-core';

/** No network of its own, no sandbox (which needs rights that containers lack). */
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * A real Chromium: the one in CHROMIUM, else /usr/bin/chromium. Throws with the remedy when it is
 * not there.
 */
export async function launchBrowser(): Promise<Browser> {
  const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
  try {
    accessSync(executablePath, constants.X_OK);
  } catch {
    throw new Error(
      `Browser tests need Chromium, and ${executablePath} is not a program. ` +
        'Remedy: install it (Debian: apt-get install chromium) or name one in CHROMIUM.',
    );
  }
  return chromium.launch({ executablePath, args: flags });
}

/**
 * What axe finds wrong with the page as it stands, one line a rule and element; empty when nothing
 * is.
 */
export async function accessibilityFaults(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const { violations } = (await page.evaluate('axe.run()')) as axe.AxeResults;
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => `${id}: ${help} at ${node.target.join(' ')}`),
  );
}
