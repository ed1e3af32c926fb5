import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { configFrom, problemsOf } from "../../test/support/config-text.ts";
import { authSection, policyOf } from "./options.ts";

const read = (text: string) =>
  configFrom([authSection], { shared: `<ossec_config><auth>${text}</auth></ossec_config>` });
const words = (text: string): string[] =>
  problemsOf(read(`<use_password>yes</use_password>${text}`)).map((problem) => problem.replace(/^.*?: /, ""));
const policy = (text: string) => policyOf(read(text).one(authSection).values);

const hour = 3_600_000;
const usual = {
  ...{ usesSourceIp: false, allowsHigherVersions: true, isForceEnabled: true, isKeyMismatchNeeded: true },
  ...{ disconnectedMsMin: hour, registeredMsMin: hour },
};

// agent-protocol 1.5
const policies: readonly (readonly [string, Partial<typeof usual>])[] = [
  ["", {}],
  ["<use_source_ip>yes</use_source_ip>", { usesSourceIp: true }],
  ["<agents><allow_higher_versions>no</allow_higher_versions></agents>", { allowsHigherVersions: false }],
  ["<force><enabled>no</enabled></force>", { isForceEnabled: false }],
  ["<force><key_mismatch>no</key_mismatch></force>", { isKeyMismatchNeeded: false }],
  ["<force><disconnected_time>2h</disconnected_time></force>", { disconnectedMsMin: 2 * hour }],
  ['<force><disconnected_time enabled="yes">30m</disconnected_time></force>', { disconnectedMsMin: hour / 2 }],
  ['<force><disconnected_time enabled="no">30m</disconnected_time></force>', { disconnectedMsMin: 0 }],
  ["<force><after_registration_time>0</after_registration_time></force>", { registeredMsMin: 0 }],
  ["<force_insert>no</force_insert>", { isForceEnabled: false }],
  ["<force_insert>yes</force_insert><force_time>60</force_time>", { disconnectedMsMin: 60_000 }],
  ["<force_time>0</force_time>", { disconnectedMsMin: 0 }],
];
for (const [text, difference] of policies) {
  test(`${text || "nothing"} says when an agent gives way`, () => deepEqual(policy(text), { ...usual, ...difference }));
}

test("a section of a Wazuh manager is read without a word", () => {
  const shipped = `<disabled>no</disabled><port>1515</port><use_source_ip>no</use_source_ip><force><enabled>yes</enabled>
    <key_mismatch>yes</key_mismatch><disconnected_time enabled="yes">1h</disconnected_time>
    <after_registration_time>1h</after_registration_time></force><purge>yes</purge>
    <ciphers>HIGH:!ADH:!EXP:!MD5:!RC4:!3DES:!CAMELLIA:@STRENGTH</ciphers><!-- <ssl_agent_ca></ssl_agent_ca> -->
    <ssl_verify_host>no</ssl_verify_host><ssl_manager_cert>etc/sslmanager.cert</ssl_manager_cert>
    <ssl_manager_key>etc/sslmanager.key</ssl_manager_key><ssl_auto_negotiate>no</ssl_auto_negotiate>
    <limit_maxagents>yes</limit_maxagents>`;
  deepEqual(words(shipped), []);
  equal(read(shipped).one(authSection).values.purge, true);
});

test("what is risky or meaningless is said", () => {
  deepEqual(words("<ssl_auto_negotiate>yes</ssl_auto_negotiate>").length, 1);
  deepEqual(words("<ssl_verify_host>yes</ssl_verify_host>"), [
    "warning: <ssl_verify_host>: it means nothing without <ssl_agent_ca>",
  ]);
  deepEqual(words("<key_request><enabled>yes</enabled></key_request>").length, 1);
  deepEqual(words("<force><disconnected_time>soon</disconnected_time></force>").length, 1);
  equal(problemsOf(read("")).filter((text) => text.includes("can become an agent")).length, 1);
  equal(problemsOf(read("<disabled>yes</disabled>")).length, 0);
});
