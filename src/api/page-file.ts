/**
 * The files of the page: a table by path that is made once, at the start of the node. No path of a request ever reaches
 * the disk, so there is none to be careful about: what is not in the table is not there.
 */
import { gzipSync } from "node:zlib";

export interface PageFile {
  /** Its Content-Type. */
  readonly type: string;
  readonly bytes: Buffer;
  /** The same compressed, where that is shorter. */
  readonly gzip: Buffer | undefined;
  readonly cacheControl: string;
}

/** By the path that is asked for, beginning with `/`. */
export type PageFiles = ReadonlyMap<string, PageFile>;

const typeByEnding: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml; charset=utf-8",
  png: "image/png",
  json: "application/json; charset=utf-8",
};

/** Below this the head of an answer weighs more than what is won. */
const gzipBytesMin = 512;

/**
 * `found`: the files of the bundle with their paths in it, as `index.html` or `assets/index-BpQ1.js`. What is of no
 * kind that a page has is left out.
 */
export function pageFilesOf(found: Iterable<readonly [path: string, bytes: Buffer]>): PageFiles {
  const files = new Map<string, PageFile>();
  for (const [path, bytes] of found) {
    const type = typeByEnding[path.slice(path.lastIndexOf(".") + 1)];
    if (type === undefined) continue;
    const gzip = bytes.length < gzipBytesMin ? undefined : gzipSync(bytes, { level: 9 });
    files.set(path === "index.html" ? "/" : `/${path}`, {
      ...{ type, bytes, gzip: gzip !== undefined && gzip.length < bytes.length ? gzip : undefined },
      // The bundler names what is in assets/ by its content; all else may be another after an upgrade.
      cacheControl: path.startsWith("assets/") ? "public, max-age=31536000, immutable" : "no-cache",
    });
  }
  return files;
}

/** What stands at `/` while the page was not built. */
export const notBuilt: PageFiles = new Map([
  [
    "/",
    {
      type: "text/plain; charset=utf-8",
      bytes: Buffer.from(
        "The page of this Argus was not built. In its folder, type\n\n" +
          "    npm ci --include=dev --include=optional\n\n" +
          "and start the node again. The API answers at /api all the same.\n",
      ),
      gzip: undefined,
      cacheControl: "no-store",
    },
  ],
]);

/** Whether a reader that sends this takes gzip. */
export function takesGzip(acceptEncoding: string | undefined): boolean {
  return (acceptEncoding ?? "").split(",").some((part) => {
    const [coding = "", ...parameters] = part.split(";").map((text) => text.trim().toLowerCase());
    return coding === "gzip" && !parameters.some((parameter) => /^q=0(?:\.0{0,3})?$/.test(parameter));
  });
}
