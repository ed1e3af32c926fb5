/** How the page is bundled: `npm ci` and `npx argus` do so by scripts/prepare.mjs, into dist/dashboard. */
import { defineConfig } from "vite";

export default defineConfig({
  root: "src/dashboard",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    // prepare.mjs names the folder that it is made in.
    outDir: "../../dist/dashboard",
    emptyOutDir: true,
    // The page's content security policy forbids `data:`; every asset is a file.
    assetsInlineLimit: 0,
    // There is one chunk and nothing to preload, and the polyfill would be a script without a use.
    modulePreload: { polyfill: false },
    // light-dark() and :has() set the limit: browsers from the middle of 2024.
    target: ["chrome123", "firefox121", "safari17.5"],
    cssMinify: "lightningcss",
    reportCompressedSize: false,
  },
  // `npx vite` serves the sources with changes as they are made; the node of `npx argus up` answers the rest.
  server: { host: "127.0.0.1", proxy: { "/api": "http://127.0.0.1:55000" } },
});
