/**
 * The page in a real browser: Debian's Chromium, headless, through playwright-core, which downloads nothing. Whatever a
 * page asks for, complains of or fails at is kept, because a page that asks another origin for anything has failed.
 */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";

const chromiumPaths = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const chromiumPath = chromiumPaths.find((path) => existsSync(path));

/** What a test of the page gives as its `skip`. `.ci/run` installs a Chromium, and a skipped test fails there. */
export const withoutBrowser: string | false =
  chromiumPath === undefined ? `there is no Chromium at ${chromiumPaths.join(", ")}: apt-get install chromium` : false;

const flags = [
  ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
  ...["--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"],
];

export type Theme = "light" | "dark";

export interface Look {
  width: number;
  theme: Theme;
  height?: number;
}

export interface Violation {
  id: string;
  targets: string[];
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Runs in the page, so it is text here: the tests have no browser's types. */
const cutOffTexts = `[...document.querySelectorAll("h1, h2, h3, button, select, .st, .lv, .btn, th")]
  .filter((part) => getComputedStyle(part).textOverflow !== "ellipsis" && part.clientWidth > 1)
  .filter((part) => part.scrollWidth > part.clientWidth + 1)
  .map((part) => part.tagName + " " + part.innerText.slice(0, 40))`;

export class TestBrowser {
  readonly #browser: Browser;

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  static async launch(): Promise<TestBrowser> {
    const executablePath = chromiumPath;
    if (executablePath === undefined) throw new Error("there is no Chromium");
    return new TestBrowser(await chromium.launch({ executablePath, args: flags }));
  }

  async open(url: string, { width, theme, height = 900 }: Look): Promise<TestPage> {
    const context = await this.#browser.newContext({
      viewport: { width, height },
      colorScheme: theme,
      reducedMotion: "reduce",
      hasTouch: width < 720,
    });
    const opened = new TestPage(context, await context.newPage());
    await opened.page.goto(url);
    return opened;
  }

  /** A reader's browser with its tabs, which share six connections to one host. */
  newContext(): Promise<BrowserContext> {
    return this.#browser.newContext({ viewport: { width: 1_280, height: 900 } });
  }

  close(): Promise<void> {
    return this.#browser.close();
  }
}

export class TestPage {
  readonly page: Page;
  /** Every address that the page has asked for. */
  readonly requests: string[] = [];
  /** Errors of scripts and of the content security policy; what a failed request writes is not among them. */
  readonly complaints: string[] = [];
  readonly #context: BrowserContext;

  constructor(context: BrowserContext, page: Page) {
    this.#context = context;
    this.page = page;
    page.on("request", (request) => this.requests.push(request.url()));
    page.on("pageerror", (error) => this.complaints.push(error.message));
    page.on("console", (message) => {
      const isOfNetwork = message.text().startsWith("Failed to load resource");
      if (message.type() === "error" && !isOfNetwork) this.complaints.push(message.text());
    });
  }

  /** What axe finds, of all its rules for WCAG 2.2 AA and its best practices. */
  async violations(): Promise<Violation[]> {
    // Evaluated by the browser's own debugger, which the page's policy does not bind.
    await this.page.evaluate(axeSource);
    return this.page.evaluate(async () => {
      const { axe } = globalThis as unknown as {
        axe: { run(): Promise<{ violations: { id: string; nodes: { target: string[] }[] }[] }> };
      };
      const { violations } = await axe.run();
      return violations.map(({ id, nodes }) => ({ id, targets: nodes.map(({ target }) => target.join(" ")) }));
    });
  }

  /** How many pixels the page is wider than its window. */
  sideways(): Promise<number> {
    return this.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
  }

  /** Texts of buttons, headings and badges that stand out of their own box: nobody can read what is cut there. */
  cutOff(): Promise<string[]> {
    return this.page.evaluate(cutOffTexts);
  }

  close(): Promise<void> {
    return this.#context.close();
  }
}
