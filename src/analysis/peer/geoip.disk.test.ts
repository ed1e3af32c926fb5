/**
 * Wazuh's cases about places of addresses. The rules that its runner adds for them are not at hand, so here are others
 * of the same numbers, levels and decoders, which ask what the names of the cases say; the places are those of a
 * database of our own.
 */
import { deepEqual, equal } from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { mmdbOf } from "../../../test/support/mmdb.ts";
import { rulesetOf } from "../../../test/support/ruleset.ts";
import { readSuiteFile } from "./suite-file.ts";
import { runCase } from "./suite.ts";

const folder = join(process.env["ARGUS_RULESETS"] ?? "../shared/rulesets", "wazuh-4.14.7", "tests");
const skip = !existsSync(folder) && "Wazuh's tests are not there";

const place = (country: string, region: string) => ({
  country: { iso_code: country },
  subdivisions: [{ iso_code: "R", names: { en: region } }],
});
const bytes = mmdbOf({
  "8.8.8.0/24": place("US", "California"),
  "41.78.120.0/22": place("ZA", "Gauteng"),
  "194.69.224.0/19": place("ES", "Madrid"),
  "200.16.16.0/20": place("AR", "Buenos Aires"),
  "2.136.147.0/24": place("ES", "Galicia"),
  "2.136.14.0/24": place("ES", "Catalonia"),
});

const decoder = (name: string, program: string, regex: string, order: string): string =>
  `<decoder name="${name}"><program_name>^${program}$</program_name></decoder>
   <decoder name="${name}-fields"><parent>${name}</parent><regex>${regex}</regex><order>${order}</order></decoder>`;
const filters = String.raw`from (\S+):\d+ to (\S+):`;
const decoders = [
  decoder("test_expr_negation_geoip", "test_geoip", String.raw`to (\S+) from (\S+)`, "dstip,srcip"),
  ...["osregex", "pcre2"].flatMap((language) => [
    decoder(`test_${language}_16`, `test_${language}_16`, String.raw`test_srcgeoip (\S+)`, "srcip"),
    decoder(`test_${language}_17`, `test_${language}_17`, String.raw`test_dstgeoip (\S+)`, "dstip"),
  ]),
  decoder("test_same_filters", "test_same_filters", filters, "srcip,dstip"),
  decoder("test_different_filters", "test_different_filters", filters, "srcip,dstip"),
].join("");

const rule = (id: number, level: number, inside: string, attributes = ""): string =>
  `<rule id="${id}" level="${level}" ${attributes}>${inside}<description>rule ${id}</description></rule>`;
const of = (name: string, inside: string): string => `<decoded_as>${name}</decoded_as>${inside}`;

/** Four events of which three meet the last one. */
const composite = (id: number, decoded: string, match: string, compares: string): string =>
  rule(id - 1, 3, of(decoded, `<match>Test ${match}</match>`)) +
  rule(id, 7, `<if_matched_sid>${id - 1}</if_matched_sid><${compares}/>`, 'frequency="4" timeframe="120"');

const rules = [
  rule(999400, 4, of("test_expr_negation_geoip", "<match>^disconnect</match><srcgeoip>^US</srcgeoip>")),
  rule(
    999401,
    3,
    of("test_expr_negation_geoip", '<match>^disconnect</match><srcgeoip negate="yes">^US|^AR</srcgeoip>'),
  ),
  rule(999402, 4, of("test_expr_negation_geoip", "<match>^connect</match><dstgeoip>^US</dstgeoip>")),
  rule(999403, 3, of("test_expr_negation_geoip", '<match>^connect</match><dstgeoip negate="yes">^US|^AR</dstgeoip>')),
  rule(999800, 3, of("test_osregex_16", String.raw`<srcgeoip type="osregex">^ZA / \w+$</srcgeoip>`)),
  rule(999801, 3, of("test_osregex_16", String.raw`<srcgeoip type="osregex" negate="yes">^ZA \S</srcgeoip>`)),
  rule(999802, 3, of("test_osregex_17", String.raw`<dstgeoip type="osregex">^ZA / \w+$</dstgeoip>`)),
  rule(999803, 3, of("test_osregex_17", String.raw`<dstgeoip type="osregex" negate="yes">^ZA \S</dstgeoip>`)),
  rule(999600, 3, of("test_pcre2_16", '<srcgeoip type="pcre2">^US / Cal.+a$</srcgeoip>')),
  rule(999601, 3, of("test_pcre2_16", '<srcgeoip type="pcre2" negate="yes">^US</srcgeoip>')),
  rule(999602, 3, of("test_pcre2_17", '<dstgeoip type="pcre2">^US / Cal.+a$</dstgeoip>')),
  rule(999603, 3, of("test_pcre2_17", '<dstgeoip type="pcre2" negate="yes">^US</dstgeoip>')),
  composite(999262, "test_same_filters", "same_srcgeoip", "same_srcgeoip"),
  composite(999264, "test_different_filters", "different_srcgeoip", "different_srcgeoip"),
  composite(999266, "test_same_filters", "same_dstgeoip", "same_dstgeoip"),
  composite(999268, "test_different_filters", "different_dstgeoip", "different_dstgeoip"),
].join("");

for (const [name, count] of [
  ["test_expr_negation_geoip.ini", 6],
  ["test_osregex_regex_geoip.ini", 4],
  ["test_pcre2_regex_geoip.ini", 4],
  ["test_static_filters_geoip.ini", 4],
] as const) {
  test(`every case of ${name} is answered as it says`, { skip }, () => {
    const ruleset = rulesetOf(rules, { decoders, geoip: { path: "places.mmdb", bytes } });
    const cases = readSuiteFile(readFileSync(join(folder, name)).toString("latin1"), "wazuh");
    equal(cases.length, count);
    const failed = cases
      .map((one) => ({ one, result: runCase(ruleset, one) }))
      .filter(({ result }) => !result.hasPassed);
    deepEqual(
      failed.map(({ one, result }) => `[${one.section}] ${one.option}: ${result.reason}`),
      [],
    );
  });
}
