import type { Browser } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LocalStack } from '../../../infra/local/stack.ts';
import { HAS_BROWSER, startBrowser } from '../../support/browser.ts';
import { startTestStack } from '../../support/local-stack.ts';
import { Project } from './project.ts';
import { Visitor } from './visitor.ts';

describe.skipIf(!HAS_BROWSER)('the page', () => {
  let stack: LocalStack;
  let close: () => Promise<void>;
  let browser: Browser;
  /** Signed in from the first test on. */
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
      expect(ada.query).toBe('?project=first&type=minor');
      await ada.page.reload();
      await ada.sees('Search', '.version');
    });

    test('is asked for again when its time is over, and the issuer, who knows the user still, leads back', async () => {
      await ada.changeSession({ expiresAt: Date.now() - 1 });
      await ada.open('?project=first&checkpoints');
      await ada.sees('Search', '.version');
      expect(ada.query).toBe('?project=first&checkpoints');
    });

    test('that has ended meanwhile loses nothing of the page', async () => {
      await ada.changeSession({ accessToken: 'old' });
      await ada.page.reload();
      await ada.sees('Your sign-in has ended.');
      await Promise.all([ada.page.waitForNavigation(), ada.press('Sign in again')]);
      await ada.sees('Search', '.version');
    });

    test('that the issuer refuses says so', async () => {
      const eve = await Visitor.arrive(browser, stack.endpoints.api);
      await eve.open('?error=access_denied&error_description=Not%20today&state=made-up');
      await eve.sees('Signing in did not work');
      expect(await eve.barriers()).toEqual([]);
      await eve.leave();
    });
  });

  describe('a project', () => {
    test('of somebody else looks like one that does not exist', async () => {
      await new Project(stack, 'of-grace', 'grace').deploy('Secret');
      const seen = async (name: string) => {
        await ada.open(`?project=${name}`);
        await ada.sees('There is no such project');
        return (await ada.text()).replaceAll(name, 'NAME');
      };
      expect(await seen('of-grace')).toBe(await seen('of-nobody'));
      expect(await ada.barriers()).toEqual([]);
    });

    test('is asked for by name, and remembered for its user alone', async () => {
      await ada.open();
      await ada.type('Project', 'first');
      await ada.page.keyboard.press('Enter');
      await ada.sees('Search', '.version');
      expect(ada.query).toBe('?project=first');
      await ada.page.locator('::-p-aria([name="Another project"])').click();
      await ada.sees('first', '.recent');
      expect(await ada.text('.recent')).not.toContain('of-grace');
      expect(await ada.barriers()).toEqual([]);
      await ada.press('Forget first');
      expect(await ada.text('main')).not.toContain('first');
    });
  });

  test('a version goes from building to ready before the eyes of its user, while other messages flow', async () => {
    const [project, other] = [new Project(stack, 'growing'), new Project(stack, 'others', 'grace')];
    const first = await project.deploy('Search');
    const id = await project.start('Add a basket');
    await ada.open('?project=growing');
    await ada.sees('The build is under way.', '.version');
    expect(await ada.version('No number yet')).toContain('Building');
    await project.publish(first, 'From another window');
    await ada.sees('From another window', '.card.live');
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) await other.end(await other.start(name), { name });
    await project.end(id, { name: 'Basket' });
    await ada.sees('Version 1.1.0 is ready.', '[role=status]');
    expect(await ada.version('1.1.0')).toMatch(/Basket.*Minor.*\+120.*−4.*Low risk/s);
    const failed = await project.start('Break it');
    await ada.press('Refresh');
    await ada.sees('The build is under way.', '.version');
    await project.fail(failed);
    await ada.sees('A build has failed: nothing was deployed.', '[role=status]');
    await ada.sees('The build failed: nothing was deployed.', '.version');
    await project.giveUp(id, 'the model refused three times');
    await ada.press('Refresh');
    await ada.sees('could not be generated: the model refused three times', '.version');
  });

  describe('what visitors see', () => {
    let project: Project;
    let one: string;
    let two: string;
    beforeAll(async () => {
      project = new Project(stack, 'shop');
      one = await project.deploy('Search');
      two = await project.deploy('Basket');
    });

    test('is what was published, with a comment', async () => {
      await ada.open('?project=shop');
      await ada.sees('Nothing: no version is published.', '.card.live');
      await ada.press('Publish version 1.0.0');
      await ada.sees('Publish version 1.0.0?', 'dialog');
      expect(await ada.barriers()).toEqual([]);
      await ada.type('Comment (optional)', 'For the spring sale');
      await ada.press('Publish', 'dialog');
      await ada.sees('Version 1.0.0 is published.', '[role=status]');
      await ada.sees('For the spring sale', '.card.live');
      expect(await ada.version('1.0.0')).toContain('Published by ada');
      expect(await project.published()).toMatchObject({ version: { id: one }, comment: 'For the spring sale' });
    });

    test('is not changed by who was overtaken, and they are told by whom', async () => {
      const three = await project.deploy('Map');
      await ada.press('Refresh');
      await ada.press('Publish version 1.2.0');
      await ada.sees('Publish version 1.2.0?', 'dialog');
      await project.publish(two, 'I was first');
      await ada.press('Publish', 'dialog');
      await ada.sees('Nothing was changed: ada published version 1.1.0, just now. “I was first”', '[role=alert]');
      await ada.sees('1.1.0', '.card.live');
      expect(await ada.barriers()).toEqual([]);
      expect(await project.published()).toMatchObject({ version: { id: two } });
      expect(await project.version(three)).toMatchObject({ isPublished: false });
    });

    test('is an old version again after a rollback that is published', async () => {
      await ada.choose('1.0.0', 'Roll back to it');
      await ada.press('Roll back', 'dialog');
      await ada.sees('Version 1.2.1 is created. Visitors do not see it yet.', '[role=status]');
      await ada.press('Publish it');
      await ada.press('Publish', 'dialog');
      await ada.sees('1.2.1', '.card.live');
      expect(await project.published()).toMatchObject({ version: { type: 'rollback', parentId: one } });
    });

    test('is nothing once that is unpublished', async () => {
      await ada.press('Unpublish version 1.2.1');
      await ada.press('Unpublish', 'dialog');
      await ada.sees('Nothing: no version is published.', '.card.live');
      expect(await project.published()).toMatchObject({ version: null });
    });

    test('is decided once, also when the answer was lost and the decision is sent again', async () => {
      // As often as the function's SDK asks.
      stack.dataApi.faults.add({ kind: 'unavailable-after', sql: 'publish_version', count: 3 });
      await ada.press('Publish version 1.2.0');
      await ada.press('Publish', 'dialog');
      await ada.sees('Nothing is lost: try again.', 'dialog');
      await ada.press('Publish', 'dialog');
      await ada.sees('Version 1.2.0 is published.', '[role=status]');
      expect((await project.log()).filter(({ action }) => action === 'published')).toHaveLength(4);
    });

    test('is not what cannot be: the button says why', async () => {
      const button = await ada.page.waitForSelector('::-p-aria([name="More for version 1.2.0"])');
      await button?.click();
      await ada.sees('It is what visitors see now: publish another one, or unpublish it first.', '.items');
      await ada.page.keyboard.press('Escape');
      const failed = await project.start('Break it');
      await project.fail(failed);
      await ada.press('Refresh');
      await ada.sees('Build failed', '.version');
      const off = await ada.page.waitForSelector('::-p-aria([name="Publish the version without a number"])');
      await off?.focus();
      await ada.sees('It is not deployed', '.action:focus-within .reason');
      await ada.page.keyboard.press('Enter');
      expect(await ada.page.$('dialog')).toBeNull();
    });
  });

  test('a version is renamed, deleted and restored', async () => {
    const project = new Project(stack, 'named');
    const id = await project.deploy('Serch');
    await ada.open('?project=named');
    await ada.choose('1.0.0', 'Rename');
    await ada.sees('Rename version 1.0.0', 'dialog');
    expect(await ada.barriers()).toEqual([]);
    await ada.type('Name', 'Search');
    await ada.press('Save');
    await ada.sees('Version 1.0.0 is saved.', '[role=status]');
    expect(await project.version(id)).toMatchObject({
      name: 'Search',
      fullDescription: 'Serch',
      autoClassified: false,
    });
    await ada.choose('1.0.0', 'Delete');
    await ada.press('Delete', 'dialog');
    await ada.sees('All versions are checkpoints or deleted.');
    await ada.page.locator('::-p-aria([name="Deleted"][role="checkbox"])').click();
    await ada.sees('Search', '.version.deleted');
    expect(await ada.barriers()).toEqual([]);
    await ada.choose('1.0.0', 'Restore');
    await ada.sees('Version 1.0.0 is restored.', '[role=status]');
    expect(await project.version(id)).toMatchObject({ deletedAt: null });
  });

  describe('300 versions', () => {
    let project: Project;
    beforeAll(async () => {
      project = new Project(stack, 'long');
      await project.fill(400);
    });

    test('are walked by scrolling, each once, newest first', async () => {
      await ada.open('?project=long');
      await ada.sees('20 of 300 versions');
      for (;;) {
        await ada.page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
        if (await ada.page.$$eval('.count', ([count]) => count?.textContent === '300 versions')) break;
        await new Promise((settle) => setTimeout(settle, 20));
      }
      const numbers = await ada.page.$$eval('.version .number', (found) => found.map((each) => each.textContent));
      const minors = Array.from({ length: 400 }, (_, index) => 400 - index).filter((minor) => minor % 4 !== 1);
      expect(numbers).toEqual(minors.map((minor) => `1.${minor}.0`));
    });

    test('are found by kind, publication and text, and the address says so: back leads back', async () => {
      await ada.page.evaluate(() => scrollTo(0, 0));
      await ada.page.select('::-p-aria([name="Kind of change"])', 'major');
      await ada.sees('20 of 100 versions');
      await ada.type('Text in name or description', 'number 39');
      await ada.sees('4 versions', '.count');
      expect(ada.query).toBe('?project=long&type=major&text=number+39');
      await ada.page.select('::-p-aria([name="Publication"])', 'published');
      await ada.sees('No versions match.');
      await ada.page.goBack();
      await ada.sees('1.399.0', '.version');
      await ada.page.goBack();
      await ada.sees('20 of 300 versions');
      expect(ada.query).toBe('?project=long');
    });

    test('are found by what was typed and what was chosen before it counted', async () => {
      await ada.type('Text in name or description', 'number 38');
      await ada.page.select('::-p-aria([name="Kind of change"])', 'minor');
      await ada.sees('6 versions', '.count');
      // Longer than the page waits for another letter.
      await new Promise((settle) => setTimeout(settle, 400));
      expect(ada.query).toBe('?project=long&type=minor&text=number+38');
      await ada.open('?project=long');
      await ada.sees('20 of 300 versions');
    });

    test('stand side by side two at a time, and the link to that can be sent', async () => {
      await ada.choose('1.400.0', 'Compare');
      await ada.sees('Version number 399', 'dialog td');
      expect(await ada.barriers()).toEqual([]);
      const link = ada.query;
      await ada.page.keyboard.press('Escape');
      await ada.isAt('?project=long');
      await ada.open(link);
      await ada.sees('Version number 400', 'dialog td');
      await ada.page.select('::-p-aria([name="One version"])', `01J${'398'.padStart(23, '0')}`);
      await ada.sees('Version number 398', 'dialog td');
      await ada.page.keyboard.press('Escape');
    });

    test('have a chart that can be read as a table', async () => {
      await ada.open('?project=long');
      await ada.page.locator('summary ::-p-text(As a table)').click();
      await ada.sees('1.400.0', '.chart table');
      expect(await ada.page.$eval('.drawing desc', (desc) => desc.textContent)).toMatch(
        /^The newest 20 versions, oldest first: \d+ major, \d+ minor. Builds took \d+ s to 1 min/,
      );
      expect(await ada.barriers()).toEqual([]);
    });
  });

  test('the keyboard alone reaches and does everything, and the focus comes back', async () => {
    const project = new Project(stack, 'keys');
    const id = await project.deploy('Search');
    await ada.open('?project=keys');
    await ada.sees('Search', '.version');
    await ada.tabTo('Skip to the content');
    await ada.page.keyboard.press('Enter');
    await ada.tabTo('Publish version 1.0.0');
    await ada.page.keyboard.press('Enter');
    await ada.tabTo('Comment (optional)');
    await ada.page.keyboard.type('By keyboard');
    await ada.tabTo('Publish');
    await ada.page.keyboard.press('Enter');
    await ada.sees('Version 1.0.0 is published.', '[role=status]');
    expect(await project.published()).toMatchObject({ version: { id }, comment: 'By keyboard' });
    await ada.sees('Unpublish', '.version');
    expect(await ada.focused()).toBe('Unpublish version 1.0.0');
    await ada.tabTo('More for version 1.0.0');
    await ada.page.keyboard.press('Enter');
    await ada.tabTo('Compare');
    await ada.page.keyboard.press('Escape');
    expect(await ada.focused()).toBe('More for version 1.0.0');
  });

  test('axe finds no barrier, light and dark, wide and narrow, and nothing is wider than the screen', async () => {
    await ada.open('?project=shop&checkpoints&deleted');
    await ada.sees('Published', '.version');
    for (const scheme of ['light', 'dark'] as const) {
      for (const width of [1280, 360]) {
        await ada.look({ scheme, width });
        expect(await ada.barriers(), `${scheme}, ${width}`).toEqual([]);
        expect(await ada.overflowing(), `${scheme}, ${width}`).toEqual([]);
        await ada.press('More for version 1.2.0');
        expect(await ada.overflowing(), `the menu, ${width}`).toEqual([]);
        await ada.page.keyboard.press('Escape');
      }
    }
    await ada.choose('1.2.0', 'Compare');
    await ada.sees('22 s', 'dialog td');
    expect([...(await ada.barriers()), ...(await ada.overflowing())]).toEqual([]);
    await ada.page.keyboard.press('Escape');
    await ada.look({});
  });

  test('signing out forgets the user here and at the issuer', async () => {
    await Promise.all([ada.page.waitForNavigation(), ada.press('Sign out')]);
    const asked = Object.fromEntries(new URL(ada.page.url()).searchParams);
    const home = `${stack.endpoints.api}/`;
    // The first is OpenID Connect's, the other Amazon Cognito's.
    expect(asked).toMatchObject({ post_logout_redirect_uri: home, logout_uri: home, client_id: expect.any(String) });
    await ada.press('Sign out');
    await ada.sees('Every version of a project');
    expect(await ada.page.evaluate(() => sessionStorage.length)).toBe(0);
    await ada.press('Sign in');
    await ada.sees('Any name will do');
  });

  test('nothing else was asked, and the browser had nothing to complain of', () => {
    expect([...ada.requested].sort()).toEqual([stack.endpoints.api, stack.endpoints.issuer].sort());
    expect(ada.complaints).toEqual([]);
  });
});
