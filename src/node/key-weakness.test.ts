import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { keyWeaknessOf } from "./key-weakness.ts";
import type { NodeSettings } from "./settings.ts";

/** What of the settings counts here. */
function settingsWith(key: string | undefined): Pick<NodeSettings, "cluster"> {
  const cluster = { key: key === undefined ? undefined : { reveal: () => key } };
  return { cluster } as unknown as Pick<NodeSettings, "cluster">;
}

test("says in words why a key can be guessed, and nothing where it cannot, or there is none", () =>
  deepEqual(
    ["short", "0123456789abcdef0123456789ABCDEF", undefined].map((key) => keyWeaknessOf(settingsWith(key))),
    ["has fewer than 32 characters", "", ""],
  ));

test("a node without a cluster has no key", () => deepEqual(keyWeaknessOf({ cluster: undefined }), ""));
