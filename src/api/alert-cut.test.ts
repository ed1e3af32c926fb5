import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { Check } from "typebox/value";
import { ALERT_BYTES_MAX, cutAlert } from "./alert-cut.ts";
import { alertReply, type AlertReply } from "./contract/reply.ts";

const base = {
  timestamp: "2026-11-25T01:02:03.004+0000",
  rule: { level: 12, description: "what happened", id: "5716", groups: ["sshd"] },
  agent: { id: "000", name: "master-node" },
  id: "1795000000.123456",
  cluster: { name: "argus", node: "worker-node1" },
  location: "/var/log/auth.log",
};

function cut(change: object): AlertReply & Record<string, unknown> {
  const text = cutAlert(JSON.stringify({ ...base, ...change }));
  ok(Buffer.byteLength(text) <= ALERT_BYTES_MAX, `${Buffer.byteLength(text)} bytes`);
  const alert: unknown = JSON.parse(text);
  ok(Check(alertReply, alert), "it is still an alert");
  equal(alert.id, base.id);
  return alert;
}

test("cuts the long texts and leaves the short ones as they are", () => {
  const alert = cut({ full_log: "x".repeat(60_000), data: { srcip: "10.0.0.7" } });
  equal(alert["full_log"], `${"x".repeat(4_096)}…`);
  deepEqual({ ...alert, full_log: "" }, { ...base, full_log: "", data: { srcip: "10.0.0.7" } });
});

test("cuts further where there are many, so that it always fits", () => {
  const data = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`field${index}`, "y".repeat(5_000)]));
  const alert = cut({ full_log: "x".repeat(60_000), data });
  equal(alert["full_log"], `${"x".repeat(256)}…`);
});

test("counts bytes and not characters", () => {
  const previous = Array.from({ length: 5 }, () => "あ".repeat(2_000));
  ok(Buffer.byteLength(JSON.stringify(cut({ previous }))) <= ALERT_BYTES_MAX);
});

test("keeps what every alert has where a stranger's fields alone are too many, or too long, or too deep", () => {
  const many = Object.fromEntries(Array.from({ length: 9_000 }, (_, index) => [`field${index}`, index]));
  deepEqual(cut({ data: many, full_log: "z".repeat(100) }), {
    ...{ ...base, rule: { level: 12, description: "what happened", id: "5716" } },
    ...{ full_log: `${"z".repeat(64)}…` },
  });
  cut({ data: { ["n".repeat(40_000)]: 1 } });
  cut({ agent: { id: "007", name: "m", labels: many } });
  cut({ previous: Array.from({ length: 30_000 }, () => 7) });
});

test("bears a log that nests without an end", () => {
  const depth = 60_000;
  const deep = `${"[".repeat(depth)}${"]".repeat(depth)}`;
  const text = cutAlert(JSON.stringify(base).replace(/\}$/, `,"data":${deep}}`));
  ok(text.length < 1_000, `${text.length}`);
  ok(text.includes('"…"'));
});

test("never cuts a character in two, and makes no prototype of a field", () => {
  const alert = cut({ full_log: `${"x".repeat(4_095)}😀${"x".repeat(20_000)}` });
  equal(alert["full_log"], `${"x".repeat(4_095)}…`);
  const json = JSON.stringify({ ...base, full_log: "x".repeat(20_000) }).replace(/\}$/, ',"__proto__":{"level":99}}');
  const hostile = JSON.parse(cutAlert(json)) as object;
  ok(Object.hasOwn(hostile, "__proto__"));
});
