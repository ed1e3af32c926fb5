/** Where the page begins: joins the browser, what the master says, and what is shown. */
import { render } from "preact";
import { pageRoot, realBrowser } from "./browser.ts";
import { PageConnector } from "./connector.ts";
import { writeNumbersFor } from "./format.ts";
import { Page } from "./page.tsx";
import { pagePartsOf } from "./page-context.tsx";
import { Store } from "./store.ts";

const store = new Store(() => realBrowser.nowMs());
const connector = new PageConnector(realBrowser, store);
const parts = pagePartsOf(realBrowser, store, connector);

writeNumbersFor(realBrowser.languages());

const root = pageRoot();
if (root !== null) render(<Page parts={parts} />, root);
connector.start();
parts.agents.start();
