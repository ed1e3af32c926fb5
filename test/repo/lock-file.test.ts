/** What a stranger's machine installs: nothing that runs on its own, and the binaries of its own platform. */
import { deepEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { readText } from "../support/source.ts";

interface Package {
  version?: string;
  dev?: boolean;
  integrity?: string;
  resolved?: string;
  hasInstallScript?: boolean;
  optionalDependencies?: Record<string, string>;
  license?: string;
}

const { packages } = JSON.parse(readText("package-lock.json")) as { packages: Record<string, Package> };
const entries = Object.entries(packages).filter(([path]) => path !== "");

test("no package brings an install script", () =>
  deepEqual(
    entries.filter(([, { hasInstallScript }]) => hasInstallScript === true).map(([path]) => path),
    [],
  ));

test("the binaries of all platforms are in the lock file, whichever machine wrote it", () => {
  const missing: string[] = [];
  let count = 0;
  for (const [path, { optionalDependencies = {} }] of entries) {
    for (const name of Object.keys(optionalDependencies)) {
      count += 1;
      if (packages[`node_modules/${name}`] === undefined && packages[`${path}/node_modules/${name}`] === undefined) {
        missing.push(`${name} of ${path}`);
      }
    }
  }
  ok(count > 30, "the test reads the lock file");
  deepEqual(missing, []);
});

test("every package is held by a hash, and none by an address: whoever installs asks the registry that he is set up for", () => {
  deepEqual(
    entries.filter(([, { integrity }]) => integrity === undefined).map(([path]) => path),
    [],
  );
  const strange = entries.filter(([, { resolved }]) => resolved !== undefined);
  deepEqual(
    strange.map(([path]) => path),
    [],
  );
});

test("what is shipped has a licence that Apache-2.0 can stand beside", () => {
  const known = /^(?:MIT|ISC|BSD-[23]-Clause|Apache-2\.0|BlueOak-1\.0\.0|0BSD|MIT-0)$/;
  const offences = entries.filter(([, { dev, license = "" }]) => dev !== true && !known.test(license));
  deepEqual(
    offences.map(([path, { license }]) => `${path}: ${license}`),
    [],
  );
});
