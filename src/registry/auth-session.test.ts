import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { AuthSession, type AuthAction } from "./auth-session.ts";

const say = (action: AuthAction): string =>
  action.kind === "read"
    ? "…"
    : action.kind === "reply"
      ? `reply ${action.text}`
      : `decide ${JSON.stringify(action.request)}`;

/** What comes of the pieces, in words; `end` is a silence. */
function play(...pieces: readonly string[]): string[] {
  const session = new AuthSession("192.0.2.1");
  return pieces.map((piece) => say(piece === "end" ? session.end() : session.push(Buffer.from(piece))));
}

const asked = (more: object): string => `decide ${JSON.stringify({ ...more, source: "192.0.2.1" })}`;
const invalid = "reply ERROR: Invalid request for new agent. Unable to add agent";

test("a request is decided when its line is whole, byte by byte or at once", () => {
  deepEqual(play("OSSEC A:'web'\n"), [asked({ name: "web" })]);
  const bytes = [..."OSSEC A:'web' V:'v4.14.7' G:'a,b'\n"];
  const said = play(...bytes);
  deepEqual(
    said.slice(0, -1),
    bytes.slice(1).map(() => "…"),
  );
  equal(said.at(-1), asked({ name: "web", version: "v4.14.7", groups: "a,b" }));
});

// agent-protocol 1.2: OSSEC 3.x and 4.x leave the line end of the password's file in the password.
test("the line end in an OSSEC agent's password ends no request", () => {
  deepEqual(play("OSSEC PASS: secretpw\n", " OSSEC A:'p-o370'\n"), [
    "…",
    asked({ name: "p-o370", password: "secretpw" }),
  ]);
});

test("a request without a line end is decided when the client falls silent", () => {
  deepEqual(play("OSSEC A:'web'", "end"), ["…", asked({ name: "web" })]);
});

test("what is no request is answered once, and nothing is heard afterwards", () => {
  deepEqual(play("GET / HTTP/1.1\r\n", "\n", "end"), [invalid, "…", "…"]);
  deepEqual(play("OSSEC B:'t'\n"), [invalid]);
  deepEqual(play("OSSEC A:'t", "end"), ["…", invalid]);
  deepEqual(play("end"), ["reply "], "who says nothing is told nothing");
  deepEqual(play("OSSEC A:'web'\n", "OSSEC A:'other'\n", "end").slice(1), ["…", "…"]);
});

test("70 KB are enough, and a byte more ends it", () => {
  const session = new AuthSession("::1");
  const piece = Buffer.alloc(1_024, 0x61);
  equal(say(session.push(Buffer.from("OSSEC A:'web' G:'"))), "…");
  for (let kibibytes = 0; kibibytes < 69; kibibytes += 1) equal(say(session.push(piece)), "…");
  equal(say(session.push(piece)), invalid);
});

test("answers are in the words of a Wazuh manager", () => {
  const session = new AuthSession("::1");
  const granted = session.answer({ isEnrolled: true, id: "001", name: "web", address: "any", key: "k1" });
  equal(say(granted), "reply OSSEC K:'001 web any k1'");
  const refused = session.answer({ isEnrolled: false, reason: "Duplicate agent name: web" });
  equal(say(refused), "reply ERROR: Duplicate agent name: web. Unable to add agent");
});
