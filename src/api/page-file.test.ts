import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { notBuilt, pageFilesOf, takesGzip } from "./page-file.ts";

const script = Buffer.from("export const a = 1;\n".repeat(200));
const files = pageFilesOf([
  ["index.html", Buffer.from("<!doctype html>")],
  ["assets/index-BpQ1.js", script],
  ["assets/index-C2.css", Buffer.from("a{}")],
  ["favicon.svg", Buffer.from("<svg/>")],
  ["theme.js", Buffer.from("0")],
  ["assets/index-BpQ1.js.map", Buffer.from("{}")],
  ["Makefile", Buffer.from("all:")],
]);

test("holds the page at / alone, and what is of a kind that a page has", () => {
  deepEqual(
    [...files].map(([path, { type, cacheControl }]) => `${path} | ${type} | ${cacheControl}`),
    [
      "/ | text/html; charset=utf-8 | no-cache",
      "/assets/index-BpQ1.js | text/javascript; charset=utf-8 | public, max-age=31536000, immutable",
      "/assets/index-C2.css | text/css; charset=utf-8 | public, max-age=31536000, immutable",
      "/favicon.svg | image/svg+xml; charset=utf-8 | no-cache",
      "/theme.js | text/javascript; charset=utf-8 | no-cache",
    ],
  );
});

test("has what is long compressed as well, and what is short only as it is", () => {
  const { gzip, bytes } = files.get("/assets/index-BpQ1.js") ?? {};
  ok(gzip !== undefined && gzip.length < script.length / 4);
  deepEqual(gunzipSync(gzip), bytes);
  equal(files.get("/")?.gzip, undefined);
});

test("says in plain text what to type where the page was not built", () => {
  const { type, bytes } = notBuilt.get("/") ?? {};
  equal(type, "text/plain; charset=utf-8");
  ok(bytes?.toString().includes("npm ci --include=dev --include=optional"));
  equal(notBuilt.size, 1);
});

test("compresses for those who take it", () => {
  for (const header of ["gzip", "br, GZIP", "deflate, gzip;q=0.1", "gzip; q=1.0"])
    equal(takesGzip(header), true, header);
  for (const header of [undefined, "", "br", "gzip;q=0", "gzip; q=0.000", "x-gzip", "*", "gzipped"]) {
    equal(takesGzip(header), false, header);
  }
});
