import type { Browser } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LocalStack } from '../../../infra/local/stack.ts';
import { startBrowser } from '../../support/browser.ts';
import { startTestStack } from '../../support/local-stack.ts';
import { Project } from './project.ts';
import { Visitor } from './visitor.ts';

let stack: LocalStack;
let close: () => Promise<void>;
let browser: Browser;
/** Signed in all the time. */
let ada: Visitor;

beforeAll(async () => {
  const [started, launched] = await Promise.all([startTestStack(), startBrowser()]);
  ({ stack, close } = started);
  browser = launched;
  ada = await Visitor.arrive(browser, stack.endpoints.api);
});
afterAll(async () => {
  await browser?.close();
  await close?.();
});

describe('signing in', () => {
  test('leads through the issuer back to the address that was asked for', async () => {
    await new Project(stack, 'first').deploy('Search');
    await ada.open('?project=first&type=minor');
    await ada.sees('Sign in to see the versions of first.');
    await ada.signIn('ada');
    await ada.sees('Search', '.version');
    expect(new URL(ada.page.url()).search).toBe('?project=first&type=minor');
    await ada.page.reload();
    await ada.sees('Search', '.version');
  });

  test('is asked for again when its time is over, and the issuer, who knows the user still, leads back', async () => {
    await ada.page.evaluate(() => {
      const session = JSON.parse(sessionStorage.getItem('session') ?? '');
      sessionStorage.setItem('session', JSON.stringify({ ...session, expiresAt: Date.now() - 1 }));
    });
    await ada.open('?project=first&checkpoints');
    await ada.sees('Search', '.version');
    expect(new URL(ada.page.url()).search).toBe('?project=first&checkpoints');
  });

  test('that has ended meanwhile loses nothing of the page', async () => {
    await ada.page.evaluate(() => {
      const session = JSON.parse(sessionStorage.getItem('session') ?? '');
      sessionStorage.setItem('session', JSON.stringify({ ...session, accessToken: 'old' }));
    });
    await ada.page.reload();
    await ada.sees('Your sign-in has ended.');
    await Promise.all([ada.page.waitForNavigation(), ada.press('Sign in again')]);
    await ada.sees('Search', '.version');
  });
});

test('axe finds no barrier, light and dark, wide and narrow', async () => {
  await ada.open('?project=first');
  await ada.sees('Search', '.version');
  for (const scheme of ['light', 'dark'] as const) {
    for (const width of [1280, 360]) {
      await ada.look({ scheme, width });
      expect(await ada.barriers(), `${scheme}, ${width}`).toEqual([]);
    }
  }
});
