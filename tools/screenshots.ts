import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { anEvent } from '../tests/end-to-end/campaign-pages/every-page.ts';
import { answerClosed, openStage, type Stage } from '../tests/end-to-end/campaign-pages/stage.ts';

/**
 * Takes the pictures of docs/guide/campaign-pages.md from the real campaign: `node
 * tools/screenshots.ts`. They are WebP, which the browser itself makes, and small enough to keep.
 */
const folder = 'docs/guide/screenshots';
const MOST_BYTES = 150_000;
const QUALITY = 0.82;
const waitMs = 30_000;

interface Shot {
  readonly name: string;
  readonly path: string;
  /** What stands there once the page is whole. */
  readonly whole: string;
  readonly prepare?: (page: Page) => Promise<void>;
}

const desk: BrowserContextOptions = { viewport: { width: 1280, height: 800 } };
const tall: BrowserContextOptions = { viewport: { width: 1280, height: 960 } };
const phone: BrowserContextOptions = { viewport: { width: 390, height: 844 } };

const stage = await openStage();
try {
  await mkdir(folder, { recursive: true });
  const shots = pages(await anEvent(stage));
  for (const shot of shots) {
    await take(stage, shot, 'desk-light', { ...desk, colorScheme: 'light' });
    await take(stage, shot, 'phone-dark', { ...phone, colorScheme: 'dark' });
  }
  for (const shot of shots.slice(0, 3)) {
    await take(stage, shot, 'desk-dark', { ...desk, colorScheme: 'dark' });
    await take(stage, shot, 'phone-light', { ...phone, colorScheme: 'light' });
  }
  for (const shot of rareStates(stage)) {
    await take(stage, shot, 'desk-light', { ...tall, colorScheme: 'light' });
  }
} finally {
  await stage.close();
}

function pages(event: string): readonly Shot[] {
  return [
    { name: 'home', path: '/', whole: '[data-events] h3 a' },
    { name: 'calls', path: '/calls/', whole: '[data-recent] .number' },
    { name: 'events', path: '/events/', whole: '.event a' },
    { name: 'donate', path: '/donate/', whole: 'form' },
    { name: 'event', path: `/events/${event}`, whole: '[data-whole] h1' },
    { name: 'vote', path: '/vote/?zip=57801', whole: '.place h3' },
    { name: 'sign-in', path: '/sign-in/', whole: 'form' },
    { name: 'volunteer', path: '/volunteer/', whole: '[data-leaders] b' },
  ];
}

function rareStates({ internal }: Stage): readonly Shot[] {
  return [
    {
      name: 'donate-closed',
      path: '/donate/',
      whole: '.notice',
      prepare: async (page) => {
        await page.route('**/api/donations', answerClosed);
        await page.getByLabel('Your name').fill('Ada Abara');
        await page.getByLabel('Your email').fill('ada@example.org');
        await page.getByRole('button', { name: 'Give $25' }).click();
      },
    },
    { name: 'admin', path: `${internal}/internal/admin`, whole: 'td' },
  ];
}

async function take(
  { withVolunteer }: Stage,
  { name, path, whole, prepare }: Shot,
  kind: string,
  options: BrowserContextOptions,
): Promise<void> {
  await withVolunteer({ ...options, expected: [503] }, async (page) => {
    page.setDefaultTimeout(waitMs);
    await page.goto(path);
    await prepare?.(page);
    await page.locator(whole).first().waitFor();
    await page.evaluate('document.fonts.ready.then(() => undefined)');
    const webp = await toWebp(page, await page.screenshot({ animations: 'disabled' }));
    if (webp.length > MOST_BYTES) throw new Error(`${name} takes ${webp.length} bytes.`);
    await writeFile(join(folder, `${name}-${kind}.webp`), webp);
    process.stdout.write(`${name}-${kind}.webp ${Math.ceil(webp.length / 1_000)} kB\n`);
  });
}

/** The same picture as WebP; an empty page draws it. */
async function toWebp(page: Page, png: Buffer): Promise<Buffer> {
  await page.goto('about:blank');
  const dataUrl = await page.evaluate<string>(`(async () => {
    const picture = new Image();
    picture.src = 'data:image/png;base64,${png.toString('base64')}';
    await picture.decode();
    const canvas = document.createElement('canvas');
    canvas.width = picture.width;
    canvas.height = picture.height;
    canvas.getContext('2d').drawImage(picture, 0, 0);
    return canvas.toDataURL('image/webp', ${QUALITY});
  })()`);
  return Buffer.from(dataUrl.slice(dataUrl.indexOf(',') + 1), 'base64');
}
