import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** A browser that is installed already: nothing is downloaded. */
const EXECUTABLE = process.env.SKIPSTONE_CHROMIUM ?? '/usr/bin/chromium';

/** Where `SKIPSTONE_BROWSER=1` (as in `.ci/run`) a missing browser is a failure, elsewhere its tests are skipped. */
export const BROWSER_MISSING = !existsSync(EXECUTABLE) && process.env.SKIPSTONE_BROWSER !== '1';

/** Starts Chromium without a sandbox, which root has not, and without anything that talks to the network. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: EXECUTABLE,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--autoplay-policy=no-user-gesture-required',
    ],
  });
}
