import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { sampleReleases, versionId } from '../../../infra/local/sample/releases.ts';
import { replay } from '../../../infra/local/sample/replay.ts';
import type { LocalStack } from '../../../infra/local/stack.ts';
import { HAS_BROWSER, startBrowser } from '../../support/browser.ts';
import { startTestStack } from '../../support/local-stack.ts';
import { Project } from './project.ts';
import { type Screen, Visitor } from './visitor.ts';

const folder = join(import.meta.dirname, 'screenshots');

/** `SCREENSHOTS=1 npx vitest run test/integration/page/screenshots.test.ts`: what README.md shows, of a project that is at work. */
describe.skipIf(process.env.SCREENSHOTS !== '1' || !HAS_BROWSER)('the page as README.md shows it', () => {
  let stack: LocalStack;
  let close: () => Promise<void>;
  let browser: Browser;
  let visitor: Visitor;
  const project = () => new Project(stack, 'middyjs-middy', 'ada');

  beforeAll(async () => {
    const [started, launched] = await Promise.all([startTestStack(), startBrowser()]);
    ({ stack, close } = started);
    browser = launched;
    mkdirSync(folder, { recursive: true });
    const releases = sampleReleases()[0] ?? [];
    const { api } = stack.endpoints;
    await replay({ api, token: await stack.mintToken({ subject: 'ada' }), userId: 'ada' }, releases, () => {});
    const shown = releases.find(({ version }) => version === '0.10.1');
    if (!shown) throw new Error('the sample has no 0.10.1');
    await project().publish(versionId(shown), 'The docs follow tomorrow');
    await project().fail(await project().start('Try the new bundler'));
    await project().start('Limit requests by key');
    visitor = await Visitor.arrive(browser, api);
    await visitor.open('?project=middyjs-middy&checkpoints');
    await visitor.signIn('ada');
  });
  afterAll(async () => {
    await browser?.close();
    await close?.();
  });

  const take = async (name: string, screen: Screen, prepare: (page: Page) => Promise<void> = async () => {}) => {
    await visitor.look(screen);
    await visitor.open('?project=middyjs-middy&checkpoints');
    await visitor.sees('0.10.2', '.version');
    await visitor.sees('0.10.1', '.card.live');
    await prepare(visitor.page);
    await visitor.page.screenshot({ path: join(folder, `${name}.webp`), type: 'webp', quality: 82 });
  };

  const compare = async () => {
    await visitor.choose('0.10.2', 'Compare');
    await visitor.sees('Update aws-sdk', 'dialog td');
    await visitor.sees('Documentation: Fix', 'dialog td');
  };
  const publish = async () => {
    await visitor.press('Publish version 0.10.2');
    await visitor.type('Comment (optional)', 'With the references mended');
  };

  test.each<[string, Screen, (() => Promise<void>)?]>([
    ['light', { width: 1280, height: 860 }],
    ['dark', { width: 1280, height: 860, scheme: 'dark' }],
    ['phone-light', { width: 390, height: 844 }],
    ['phone-dark', { width: 390, height: 844, scheme: 'dark' }, publish],
    ['compare', { width: 1280, height: 860 }, compare],
  ])('%s', async (name, screen, prepare) => {
    await take(name, screen, prepare);
  });
});
