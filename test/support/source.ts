/** Reads the repository's own files for the tests of test/repo. Paths are relative to its root and use `/`. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";

/** What is not the project's: made by tools, or left by a run. .gitignore names the same. */
const foreign = /^(?:node_modules|dist|dist-.*|\.git|\.argus|screenshots|\.build-lock.*)$/;

/** All files of the project below `folder`, sorted. */
export function projectFiles(folder = "."): string[] {
  const found: string[] = [];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = folder === "." ? entry.name : `${folder}/${entry.name}`;
    if (foreign.test(entry.name) || entry.name.endsWith(".log")) continue;
    if (entry.isDirectory()) found.push(...projectFiles(path));
    else if (entry.isFile()) found.push(path);
  }
  return found.sort();
}

export function readText(path: string): string {
  return readFileSync(path, "utf8");
}

/** Whether a path is of TypeScript; components are `.tsx`. */
export function isTypeScript(path: string): boolean {
  return /\.tsx?$/.test(path);
}

/** TypeScript of src/ that is no test. */
export function productFiles(): string[] {
  return projectFiles("src").filter((path) => isTypeScript(path) && !isTest(path));
}

export function isTest(path: string): boolean {
  return /\.test\.tsx?$/.test(path);
}

/**
 * The source with comments, and the insides of strings, templates and regular expressions, replaced by spaces, so that
 * a search finds code only. Lines and columns stay. Code within `${}` of a template is blanked as well.
 */
export function codeOf(source: string): string {
  const token =
    /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\[\s\S]|[^`\\])*`|(?<=(?:^|[=(,:[!&|?{};\n]|=>|return)\s*)\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*/g;
  return source.replace(token, (text) => text.replace(/[^\n]/g, " "));
}

/** The files of ours that a file names in an `import`, an `export … from` or a `new URL`, as paths from the root. */
export function importsOf(path: string): string[] {
  return importsOfText(path, readText(path));
}

function importsOfText(path: string, source: string): string[] {
  const found: string[] = [];
  for (const [, target = ""] of source.matchAll(/(?:\bfrom|\bimport|new URL)\s*\(?\s*"(\.[^"]+)"/g)) {
    const named = posix.join(posix.dirname(path), target);
    // A worker thread is started from the compiled file.
    const written = named.replace(/\.js$/, ".ts");
    found.push(existsSync(written) ? written : named);
  }
  return found;
}

/** Those of `importsOf` that are there when the program runs: all but what an `import type` or `export type` names. */
export function valueImportsOf(path: string): string[] {
  return importsOfText(path, readText(path).replace(/^(?:import|export) type\b[^"]*"[^"]+";/gm, ""));
}

/** The packages that a file imports, by their names. */
export function packagesOf(path: string): string[] {
  const found = readText(path).matchAll(
    /(?:\bfrom|^import|\bimport\s*\()\s*"((?:@[\w.-]+\/)?[a-z][\w.-]*)(?:\/[\w./-]*)?"/gm,
  );
  return [...found].map(([, name = ""]) => name);
}

/** The Node modules that a file imports, without `node:`. */
export function nodeModulesOf(path: string): string[] {
  return [...readText(path).matchAll(/(?:\bfrom|\bimport)\s*\(?\s*"node:([^"]+)"/g)].map(([, name = ""]) => name);
}
