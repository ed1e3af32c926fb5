/** The page open and live in a browser, over a stage that says what a test wants (page-stage.ts). */
import { after, before } from "node:test";
import { must } from "../../src/base/assert.ts";
import { TestBrowser, withoutBrowser, type Look, type TestPage } from "./browser.ts";
import { openLive } from "./page-cluster.ts";
import { PageStage } from "./page-stage.ts";

/**
 * Made at the top of a file of tests: it is there from before the first of them until after the last. Where there is no
 * browser nothing is started, and the tests give `withoutBrowser` as their `skip`.
 */
export class StagedPage {
  readonly #port: number;
  #stage: PageStage;
  #browser: TestBrowser | undefined;
  #opened: TestPage | undefined;

  constructor(port: number, look: Look) {
    this.#port = port;
    this.#stage = new PageStage(port);
    if (withoutBrowser !== false) return;
    before(async () => {
      await this.#stage.start();
      this.#browser = await TestBrowser.launch();
      this.#opened = await this.open(look);
    });
    after(async () => {
      await this.#browser?.close();
      await this.#stage.stop();
    });
  }

  get stage(): PageStage {
    return this.#stage;
  }

  get browser(): TestBrowser {
    return must(this.#browser, "the browser is there within tests only");
  }

  /** The page that all tests of the file share. */
  get opened(): TestPage {
    return must(this.#opened, "the page is there within tests only");
  }

  /** The page once more. */
  open(look: Look): Promise<TestPage> {
    return openLive(this.browser, this.#stage.url, look);
  }

  /** Another master at the place of one that was stopped, with the nodes of that one. */
  async restart(): Promise<void> {
    const { nodes } = this.#stage;
    this.#stage = new PageStage(this.#port);
    this.#stage.nodes = nodes;
    await this.#stage.start();
  }
}
