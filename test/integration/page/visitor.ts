import axe, { type AxeResults } from 'axe-core';
import type { Browser, BrowserContext, Page } from 'puppeteer-core';

/** The page, or the issuer's form; not the script beside it, which holds every word there is. */
const EVERYTHING = '#page, body > main';

/** How somebody looks at the page. */
export interface Screen {
  scheme?: 'light' | 'dark';
  width?: number;
  height?: number;
}

/**
 * Somebody with a browser of their own at the page. Finds things as people do, by what they are called, and keeps what should never happen: requests
 * to others, messages on the console, errors.
 */
export class Visitor {
  readonly page: Page;
  readonly requested = new Set<string>();
  readonly complaints: string[] = [];
  readonly #context: BrowserContext;
  readonly #api: string;

  private constructor(page: Page, context: BrowserContext, api: string) {
    this.page = page;
    this.#context = context;
    this.#api = api;
    page.setDefaultTimeout(10_000);
    page.on('request', (request) => {
      if (/^https?:/.test(request.url())) this.requested.add(new URL(request.url()).origin);
    });
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('console', (message) => {
      // The browser notes every answer of 400 and more, those that belong to a test too.
      if (message.type() === 'error' && !/the server responded with a status of 4|status of 503/.test(message.text()))
        this.complaints.push(message.text());
    });
  }

  static async arrive(browser: Browser, api: string, screen: Screen = {}): Promise<Visitor> {
    const context = await browser.createBrowserContext();
    const visitor = new Visitor(await context.newPage(), context, api);
    await visitor.look(screen);
    return visitor;
  }

  async look({ scheme = 'light', width = 1280, height = 900 }: Screen): Promise<void> {
    await this.page.emulateMediaFeatures([
      { name: 'prefers-color-scheme', value: scheme },
      { name: 'prefers-reduced-motion', value: 'reduce' },
    ]);
    await this.page.setViewport({ width, height });
  }

  /** Opens the page at a query, as a link would. */
  async open(query = ''): Promise<void> {
    await this.page.goto(`${this.#api}/${query}`);
  }

  /** From the page's first look through the issuer's form and back, as a person would. */
  async signIn(user: string): Promise<void> {
    await this.press('Sign in');
    await this.page.waitForSelector('#user');
    await this.page.locator('#user').fill(user);
    await Promise.all([this.page.waitForNavigation(), this.press('Sign in')]);
    await this.page.waitForSelector('main');
  }

  /** Presses the button of this name, which may be in a part of the page. */
  async press(name: string, within = ''): Promise<void> {
    await this.page.locator(`${within} ${button(name)}`.trim()).click();
  }

  /** Writes into the field of this name, in place of what is there. */
  async type(label: string, text: string): Promise<void> {
    await this.page.locator(`::-p-aria([name="${label}"])`).fill(text);
  }

  /** Presses Tab until what has the focus is called so. */
  async tabTo(name: string): Promise<void> {
    for (let presses = 0; presses < 60; presses += 1) {
      await this.page.keyboard.press('Tab');
      if ((await this.focused()) === name) return;
    }
    throw new Error(`Tab never came to ${name}`);
  }

  /** What has the focus is called. */
  async focused(): Promise<string> {
    return this.page.evaluate(() => {
      const element = document.activeElement as HTMLInputElement | null;
      return element?.ariaLabel ?? element?.labels?.[0]?.textContent ?? element?.textContent ?? '';
    });
  }

  /** What the address bar says after the path. */
  get query(): string {
    return new URL(this.page.url()).search;
  }

  /** Waits until the address bar says so. */
  async isAt(query: string): Promise<void> {
    await this.page.waitForFunction((wanted: string) => location.search === wanted, { polling: 20 }, query);
  }

  /** As if the session were another. */
  async changeSession(change: object): Promise<void> {
    await this.page.evaluate((other: object) => {
      const session = JSON.parse(sessionStorage.getItem('session') ?? '');
      sessionStorage.setItem('session', JSON.stringify({ ...session, ...other }));
    }, change);
  }

  /** Opens `More` of a version and chooses. */
  async choose(version: string, item: string): Promise<void> {
    await this.press(`More for version ${version}`);
    await this.page.locator(`.items ::-p-text(${item})`).click();
  }

  /** Waits until the text is on the page, or in a part of it. */
  async sees(text: string, within = EVERYTHING): Promise<void> {
    await this.page
      .waitForFunction(
        (selector: string, wanted: string) =>
          [...document.querySelectorAll(selector)].some((each) => each.textContent?.includes(wanted)),
        { polling: 50 },
        within,
        text,
      )
      .catch(async (cause: unknown) => {
        throw new Error(`not seen within ${within}: ${text}. There is: ${await this.text(within)}`, { cause });
      });
  }

  /** What stands there. */
  async text(within = EVERYTHING): Promise<string> {
    return this.page.$$eval(within, (found) => found.map((each) => each.textContent).join('\n'));
  }

  /** The text of a version's card. */
  async version(number: string): Promise<string> {
    const cards = await this.page.$$eval('.version', (found) => found.map((each) => each.textContent));
    return cards.find((card) => card.startsWith(number)) ?? '';
  }

  /** What axe-core finds wrong with the page as it is now, with its best practices: a line each, with the element. */
  async barriers(): Promise<string[]> {
    if (!(await this.page.evaluate('"axe" in window'))) await this.page.evaluate(axe.source);
    // Of what is as it should be only the number: else most of the time goes into describing it.
    const { violations } = (await this.page.evaluate('axe.run({ resultTypes: ["violations"] })')) as AxeResults;
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
  }

  /** What reaches beyond the edges of the screen, but for what is only read out. */
  overflowing(): Promise<string[]> {
    return this.page.evaluate(() =>
      [...document.querySelectorAll('body *')]
        .filter((each) => {
          const { left, right } = each.getBoundingClientRect();
          return !each.closest('.sr') && (left < -0.5 || right > innerWidth + 0.5);
        })
        .map((each) => each.outerHTML.slice(0, 120)),
    );
  }

  async leave(): Promise<void> {
    await this.#context.close();
  }
}

const button = (name: string): string => `::-p-aria([name="${name}"][role="button"])`;
