import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { decode } from 'fast-png';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BROWSER_MISSING, startBrowser } from '../test-kit/browser.js';
import { EVERY_NTH } from '../test-kit/every-nth.js';
import { PROMPT, skipstone } from '../test-kit/skipstone.js';

const title = BROWSER_MISSING
  ? 'the page in a browser (skipped: no Chromium here; SKIPSTONE_CHROMIUM=PATH names one)'
  : 'the page in a browser';

describe.skipIf(BROWSER_MISSING)(title, { timeout: 120_000 }, () => {
  let folder = '';
  let browser: Browser | undefined;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'skipstone-page-'));
    await writeFile(join(folder, 'every-nth.mjs'), EVERY_NTH);
    const plugin = ['--plugin', './every-nth.mjs:3', '--reference', '--report', 'run.html'];
    const { code, stderr } = await skipstone(
      folder,
      'generate',
      PROMPT,
      '--steps',
      '6',
      '--quiet',
      ...plugin,
    );
    if (code !== 0) throw new Error(stderr);
    browser = await startBrowser();
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Opens the page; `complaints`: what the console said, and what was asked of anybody but the page itself. */
  async function open(colorScheme: 'light' | 'dark', reducedMotion: 'reduce' | 'no-preference') {
    if (!browser) throw new Error('no browser');
    const page = await browser.newPage({
      colorScheme,
      reducedMotion,
      viewport: { width: 1100, height: 900 },
    });
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    const url = pathToFileURL(join(folder, 'run.html')).href;
    page.on('request', (request) => {
      if (request.url() !== url && !request.url().startsWith('data:')) complaints.push(request.url());
    });
    await page.goto(url);
    await expect.poll(() => ofVideos(page, 'readyState'), WAIT).toEqual([ENOUGH, ENOUGH, ENOUGH]);
    return { page, complaints };
  }

  test('loads without a complaint and without asking the network', async () => {
    const { page, complaints } = await open('light', 'no-preference');
    await page.waitForTimeout(500);
    expect(complaints).toEqual([]);
    expect(await page.title()).toBe(PROMPT);
    await page.close();
  });

  test('its plots have marks, one cell a step and branch', async () => {
    const { page } = await open('light', 'reduce');
    const marks = (of: string) =>
      page.locator(`svg[aria-label="${of}"] :is(circle, g[aria-label="cell"] rect)`);
    expect(await marks('Decisions by step and branch').count()).toBe(2 * 6);
    expect(await marks('Time of each step').count()).toBe(2 * 6);
    expect(await marks('Work of each step').count()).toBe(6);
    const box = await page.locator('svg[aria-label="Work of each step"]').boundingBox();
    expect(box?.height).toBeGreaterThan(100);
    await page.close();
  });

  test('plays its three videos as one', async () => {
    const { page, complaints } = await open('light', 'no-preference');
    await expect.poll(async () => (await ofVideos(page, 'currentTime'))[0], WAIT).toBeGreaterThan(0.2);
    // Whoever falls behind is brought back, long before the end begins it all anew.
    await page.evaluate('document.querySelectorAll("video")[2].playbackRate = 0.25');
    const apart = await page.evaluate<number>(`new Promise((done) => {
      const videos = [...document.querySelectorAll('video')];
      let most = 0;
      const look = () => { most = Math.max(most, ...videos.map((v) => Math.abs(v.currentTime - videos[0].currentTime))); };
      const timer = setInterval(look, 20);
      setTimeout(() => { clearInterval(timer); done(most); }, 900);
    })`);
    expect(apart).toBeLessThan(0.3);
    await page.getByRole('button').click();
    expect(await page.getByRole('button').textContent()).toBe('Play');
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('stands still where motion is not wanted, and shows the moment that is asked for', async () => {
    const { page } = await open('dark', 'reduce');
    expect(await ofVideos(page, 'currentTime')).toEqual([0, 0, 0]);
    await page.getByRole('slider').fill('0.5');
    const half = ((await ofVideos(page, 'duration'))[0] ?? 0) / 2;
    expect(half).toBeGreaterThan(0.5);
    await expect
      .poll(() => ofVideos(page, 'currentTime'), WAIT)
      .toEqual(Array(3).fill(expect.closeTo(half, 2)));
    await page.close();
  });

  test.each(['light', 'dark'] as const)('is not blank in %s', async (scheme) => {
    const { page } = await open(scheme, 'reduce');
    const { data, channels } = decode(await page.screenshot({ fullPage: true }));
    const counts = new Map<string, number>();
    for (let at = 0; at < data.length; at += channels) {
      const pixel = data.slice(at, at + 3).join();
      counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
    }
    const [commonest = ['', 0]] = [...counts].sort((a, b) => b[1] - a[1]);
    expect(counts.size).toBeGreaterThan(500);
    expect(commonest[1] / (data.length / channels)).toBeLessThan(0.9);
    const brightness = commonest[0].split(',').reduce((sum, value) => sum + Number(value), 0) / 3;
    expect(brightness > 128).toBe(scheme === 'light');
    await page.close();
  });

  test('is one file that names no other', async () => {
    const text = await readFile(join(folder, 'run.html'), 'utf8');
    expect(text.replace(/http:\/\/www\.w3\.org\/2000\/svg/g, '')).not.toMatch(/(?:https?:)?\/\/\w+\.\w+/);
  });
});

/** `HAVE_ENOUGH_DATA`: what lies in the page is there at once and whole. */
const ENOUGH = 4;
const WAIT = { timeout: 20_000, interval: 50 };

/** Asked for by evaluating, not by waiting in the page: its policy lets nobody compile texts. */
const ofVideos = (page: Page, name: 'readyState' | 'currentTime' | 'duration'): Promise<readonly number[]> =>
  page.evaluate(`[...document.querySelectorAll('video')].map((video) => video.${name})`);
