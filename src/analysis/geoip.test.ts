import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { mmdbOf } from "../../test/support/mmdb.ts";
import { eventOf, play, problemsOf, ruleOf, rulesetOf, seeded } from "../../test/support/ruleset.ts";
import { Engine } from "./engine.ts";
import { placesOf } from "./geoip.ts";

const city = (country: string, region?: string): Record<string, never> =>
  ({
    country: { iso_code: country, names: { en: `Land of ${country}` } },
    ...(region === undefined ? {} : { subdivisions: [{ iso_code: "R", names: { en: region } }] }),
  }) as unknown as Record<string, never>;

const database = mmdbOf({
  "8.8.8.0/24": city("US", "California"),
  "194.69.224.0/24": city("PL"),
  "2.136.147.0/24": city("ES", "Madrid"),
  "2.136.14.0/24": city("ES", "Catalonia"),
  "2001:db8::/32": city("FR", "Île-de-France"),
  "203.0.113.0/24": { registered_country: { iso_code: "DE" } },
  "198.51.100.0/24": { subdivisions: [{ iso_code: "XX" }] },
  "192.0.2.0/24": { country: { iso_code: "AT" }, subdivisions: [{ iso_code: "9" }] },
});
const geoip = { path: "etc/geo.mmdb", bytes: database };

// ── look-ups ───────────────────────────────────────────────────────────────────────────────────────────────────────

test("a place is the country, and the region where the database knows it", () => {
  const places = placesOf(database);
  deepEqual(
    ["8.8.8.8", "194.69.224.10", "203.0.113.1", "192.0.2.1"].map((address) => places.placeOf(address)),
    ["US / California", "PL", "DE", "AT / 9"],
  );
});

test("a place is a byte string", () => {
  equal(placesOf(database).placeOf("2001:db8::1"), Buffer.from("FR / Île-de-France", "utf8").toString("latin1"));
});

test("what is not known, has no country or is no address has no place", () => {
  const places = placesOf(database);
  for (const text of [
    "9.9.9.9",
    "10.0.0.1",
    "::1",
    "198.51.100.7",
    "",
    "8.8.8",
    "8.8.8.8.8",
    "example.org",
    "8.8.8.8 ",
  ]) {
    equal(places.placeOf(text), undefined, text);
  }
});

test("an IPv4 address is found in its IPv6 form, and a database of IPv4 alone knows no IPv6", () => {
  equal(placesOf(database).placeOf("::ffff:8.8.8.8"), "US / California");
  const small = placesOf(mmdbOf({ "8.8.8.0/24": city("US"), "32.1.0.0/16": city("XX") }, 4));
  equal(small.placeOf("8.8.8.8"), "US");
  equal(small.placeOf("2001:db8::1"), undefined);
});

test("an answer is the same however often and behind whatever it is asked", () => {
  const places = placesOf(database);
  for (let n = 0; n < 10_000; n += 1) {
    places.placeOf(`10.${n >> 8}.${n & 255}.1`);
    if (n % 999 === 0) equal(places.placeOf("8.8.8.8"), "US / California");
  }
});

test("what is no such database is refused with the reason", () => {
  for (const bytes of [Buffer.alloc(0), Buffer.from("GeoLiteCity.dat"), database.subarray(0, 40)]) {
    throws(() => placesOf(bytes), RangeError);
  }
});

test("a damaged database answers something or nothing, and never throws (200 seeds)", () => {
  let known = 0;
  for (let seed = 1; seed <= 200; seed += 1) {
    const random = seeded(seed);
    const damaged = Buffer.from(database);
    for (let at = 0; at < 3; at += 1) damaged[random(damaged.length)] = random(256);
    try {
      const places = placesOf(damaged);
      for (const address of ["8.8.8.8", "2.136.14.1", "2001:db8::1"])
        known += places.placeOf(address) === undefined ? 0 : 1;
    } catch (error) {
      ok(error instanceof RangeError, `seed ${seed}: ${String(error)}`);
    }
  }
  ok(known > 0);
});

// ── ruleset-spec 5.1: rules ────────────────────────────────────────────────────────────────────────────────────────

const rule = (id: number, level: number, inside: string, attributes = ""): string =>
  `<rule id="${id}" level="${level}" ${attributes}>${inside}<description>rule ${id}</description></rule>`;

test("srcgeoip and dstgeoip are expressions on the place, of any type, and may be negated", () => {
  const rules =
    rule(100, 8, "<srcgeoip>^US</srcgeoip>") +
    rule(101, 7, '<srcgeoip type="pcre2">^ES / (Madrid|Murcia)$</srcgeoip>') +
    rule(102, 6, '<srcgeoip negate="yes">^ES</srcgeoip>') +
    rule(103, 5, '<dstgeoip type="osregex">^PL$</dstgeoip>');
  deepEqual(
    play(rulesetOf(rules, { geoip }), [
      ...["app: srcip=8.8.8.8", "app: srcip=2.136.147.9", "app: srcip=194.69.224.1"],
      ...["app: srcip=2.136.14.9", "app: dstip=194.69.224.1"],
    ]),
    [100, 101, 102, 0, 103],
  );
});

test("an address without a place never matches, negated or not", () => {
  const rules = rule(100, 5, '<srcgeoip negate="yes">US</srcgeoip>');
  deepEqual(play(rulesetOf(rules, { geoip }), ["app: srcip=10.0.0.1", "app: id=1", "app: srcip=x"]), [0, 0, 0]);
});

const failed = rule(100, 5, "<match>failed</match>");
const composite = (inside: string): string =>
  rule(200, 10, `<if_matched_sid>100</if_matched_sid>${inside}`, 'frequency="2" timeframe="60"');

test("same_srcgeoip counts what comes from one place, different_srcgeoip what comes from another", () => {
  const logs = ["app: failed srcip=2.136.147.1", "app: failed srcip=2.136.14.1", "app: failed srcip=2.136.147.2"];
  deepEqual(play(rulesetOf(failed + composite("<same_srcgeoip/>"), { geoip }), logs), [100, 100, 200]);
  deepEqual(play(rulesetOf(failed + composite("<different_srcgeoip/>"), { geoip }), logs.slice(0, 2)), [100, 200]);
  const equalPlaces = [logs[0] ?? "", logs[2] ?? ""];
  deepEqual(play(rulesetOf(failed + composite("<different_srcgeoip/>"), { geoip }), equalPlaces), [100, 100]);
});

test("same_dstgeoip and different_dstgeoip look at the other end", () => {
  const logs = ["app: failed dstip=2.136.147.1", "app: failed dstip=2.136.147.2"];
  deepEqual(play(rulesetOf(failed + composite("<same_dstgeoip/>"), { geoip }), logs), [100, 200]);
  deepEqual(play(rulesetOf(failed + composite("<different_dstgeoip/>"), { geoip }), logs), [100, 100]);
});

test("without a database, or with one that cannot be read, the rule never matches and is named", () => {
  const rules = rule(100, 5, "<srcgeoip>US</srcgeoip>");
  deepEqual(play(rulesetOf(rules), ["app: srcip=8.8.8.8"]), [0]);
  deepEqual(problemsOf(rules), [
    "rules/0100-test.xml:1:21: warning: rule 100 asks where an address is (srcgeoip), and no <geoipdb> says so",
  ]);
  const [broken = "", named] = problemsOf(rules, { geoip: { path: "etc/geo.dat", bytes: Buffer.from("x") } });
  ok(broken.startsWith("etc/geo.dat: warning: is no MaxMind database in the form .mmdb"), broken);
  ok(named?.includes("rule 100 asks where"));
  deepEqual(problemsOf(rules, { geoip }), []);
});

test("a ruleset that takes over brings its own places", () => {
  const rules = rule(100, 5, "<srcgeoip>US</srcgeoip>");
  const engine = new Engine(rulesetOf(rules));
  const answer = (): number => ruleOf(engine.answer(eventOf("app: srcip=8.8.8.8")));
  equal(answer(), 0);
  engine.replaceRuleset(rulesetOf(rules, { geoip }));
  equal(answer(), 100);
  engine.replaceRuleset(rulesetOf(rules));
  equal(answer(), 0);
});
