import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { configFrom, problemsOf } from "../../test/support/config-text.ts";
import { followedLocationOf, localfileSection } from "./options.ts";

const read = (text: string) => configFrom([localfileSection], { shared: `<ossec_config>${text}</ossec_config>` });
const followed = (text: string) =>
  read(text)
    .all(localfileSection)
    .map(({ values }) => followedLocationOf(values));

test("follows a file from its end unless the operator wants what it holds", () => {
  deepEqual(
    followed(`<localfile><log_format>syslog</log_format><location>/var/log/a</location></localfile>
      <localfile><log_format>json</log_format><location>/b</location>
      <only-future-events>no</only-future-events></localfile>`),
    [
      { location: "/var/log/a", exclude: [], start: "end" },
      { location: "/b", exclude: [], start: "beginning" },
    ],
  );
});

test("takes the formats of one line for plain lines", () => {
  const formats = ["snort-fast", "squid", "iis", "apache"];
  const text = formats.map(
    (format) => `<localfile><location>/l</location><log_format>${format}</log_format></localfile>`,
  );
  deepEqual(problemsOf(read(text.join(""))), []);
  deepEqual(
    followed(text.join("")).map((one) => one?.location),
    ["/l", "/l", "/l", "/l"],
  );
});

test("warns of a format that is not supported yet, and does not follow the file", () => {
  const text = "<localfile><location>journald</location><log_format>journald</log_format></localfile>";
  deepEqual(
    problemsOf(read(text)).map((problem) => problem.replace(/^.*?: /, "")),
    ["warning: <log_format>: `journald` is not supported yet: this log is not followed"],
  );
  deepEqual(followed(text), [undefined]);
});

test("of a command that is not run one line says so, whatever stands beside it", () => {
  for (const format of ["command", "full_command"]) {
    const rest = "<command>df -P</command><alias>df</alias><frequency>360</frequency><exclude>x</exclude>";
    const text = `<localfile><log_format>${format}</log_format>${rest}</localfile>`;
    deepEqual(problemsOf(read(text)), [
      `ossec.conf:1:26: warning: <log_format>: \`${format}\` is not supported yet: this command is not run`,
    ]);
    deepEqual(followed(text), [undefined]);
  }
});

test("refuses a followed file without a path, and a relative one", () => {
  const words = (text: string) => problemsOf(read(text)).map((problem) => problem.replace(/^.*?: /, ""));
  deepEqual(words("<localfile><log_format>syslog</log_format></localfile>"), [
    "error: <location>: a followed file must have a path",
  ]);
  deepEqual(words("<localfile><location>logs/x</location></localfile>"), [
    "error: <location>: must be an absolute path",
  ]);
});
