import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { configFrom, problemsOf } from "../../test/support/config-text.ts";
import { initialValues, type Options } from "../config/schema.ts";
import { clusterSection } from "../membership/options.ts";
import { XmlError } from "../syntax/errors.ts";
import { sections } from "./sections.ts";

/** A file as an operator might have it, with something of everything. */
const sample = `<!-- the manager -->
<ossec_config>
  <cluster><name>argus-cluster</name><node_name>m1</node_name><node_type>master</node_type>
    <key>THE-KEY-0123456789abcdef0123456789</key><port>1516</port><bind_addr>127.0.0.1</bind_addr>
    <nodes><node>127.0.0.1</node></nodes><hidden>no</hidden></cluster>
  <remote><connection>syslog</connection><port>514</port><protocol>udp,tcp</protocol>
    <allowed-ips>10.0.0.0/8</allowed-ips><allowed-ips>::1</allowed-ips><local_ip>127.0.0.1</local_ip></remote>
  <localfile><log_format>syslog</log_format><location>/var/log/auth.log</location></localfile>
  <global><logall>no</logall><lateness>10m</lateness><window_memory>512MiB</window_memory></global>
  <ruleset><rule_dir pattern=".xml$">etc/rules</rule_dir><list>etc/lists/a</list></ruleset>
  <alerts><log_alert_level>3</log_alert_level></alerts>
</ossec_config>
<spool><size>10%</size><sync>1s</sync></spool>
<journal nodes="master"><keep>24h</keep></journal>
`;

/** A generator of integers below a bound; the seed alone replays a failure. */
function drawFrom(seed: number): (below: number) => number {
  let random = seed;
  return (below) => {
    random = (random * 48_271) % 2_147_483_647;
    return random % below;
  };
}

const nonsense = [
  "",
  "-1",
  "999999999999999999999",
  "\\<",
  "%",
  '"',
  "ü",
  "\0",
  "yes",
  "../..",
  "x".repeat(5_000),
  "10.0.0.0/8",
];

/** The sample with up to four values or names overwritten, or, every fourth time, with bytes removed or put in. */
function damaged(seed: number): string {
  const draw = drawFrom(seed);
  let text = sample;
  for (let edits = 1 + draw(4); edits > 0; edits -= 1) {
    if (seed % 4 === 0) {
      const at = draw(text.length);
      const others = [...nonsense, "<", ">", "/>", "<!--", text.slice(at, at + 40)];
      text = text.slice(0, at) + (others[draw(others.length)] ?? "") + text.slice(at + draw(12));
    } else {
      const elements = [...text.matchAll(/<([a-z_-]+)([^<>]*)>([^<>]*)<\/\1>/g)];
      const [whole = "", name = "", attributes = "", value = ""] = elements[draw(elements.length)] ?? [];
      const other = nonsense[draw(nonsense.length)] ?? "";
      const [tag, content] = draw(4) === 0 ? [`${name}${draw(9)}`, value] : [name, other];
      text = text.replace(whole, () => `<${tag}${attributes}>${content}</${tag}>`);
    }
  }
  return text;
}

test("the sample that the others damage is without a problem", () =>
  equal(problemsOf(configFrom(sections, { shared: sample })).join("\n"), ""));

test("any damage to a file is told as problems, and every section stays complete (1,500 seeds)", () => {
  let [readCount, problemCount] = [0, 0];
  for (let seed = 1; seed <= 1_500; seed += 1) {
    const text = damaged(seed);
    try {
      const configuration = configFrom(sections, { shared: text });
      readCount += 1;
      problemCount += configuration.problems.length;
      for (const section of sections) {
        const found = section.isRepeated ? configuration.all(section) : [configuration.one(section)];
        for (const { values } of found)
          equal(Object.keys(values).join(), Object.keys(section.options).join(), `seed ${seed}`);
      }
      for (const { file, line, column, message } of configuration.problems) {
        ok(file === "ossec.conf" && line >= 1 && column >= 1 && message !== "", `seed ${seed}`);
        ok(line <= text.split("\n").length, `seed ${seed}: line ${line}`);
      }
    } catch (error) {
      ok(error instanceof XmlError, `seed ${seed}: ${inspect(error)}`);
    }
  }
  ok(
    readCount > 200 && problemCount > 200,
    `${readCount} read, ${problemCount} problems: the walk reaches both outcomes`,
  );
});

test("no damage makes a configuration show its key (1,500 seeds)", () => {
  for (let seed = 1; seed <= 1_500; seed += 1) {
    const text = damaged(seed);
    // Where the damage hit the tags of the key, its text may be another element's.
    if (!/<key>[^<>]*THE-KEY[^<>]*<\/key>/.test(text)) continue;
    try {
      const configuration = configFrom(sections, { shared: text });
      const shown = `${problemsOf(configuration).join("\n")}${inspect(configuration.one(clusterSection), { depth: 9 })}`;
      ok(!shown.includes("THE-KEY"), `seed ${seed}`);
    } catch (error) {
      ok(error instanceof XmlError && !error.message.includes("THE-KEY"), `seed ${seed}`);
    }
  }
});

/** Every table, blocks inside others too, by the path of its name. */
function* tables(name: string, options: Options): Generator<[name: string, options: Options]> {
  yield [name, options];
  for (const [option, { inner }] of Object.entries(options))
    if (inner !== undefined) yield* tables(`${name}/${option}`, inner);
}

test("every default, written out as the manual shows it, is read back as itself", () => {
  let count = 0;
  for (const section of sections) {
    for (const [path, options] of tables(section.name, section.options)) {
      for (const [name, option] of Object.entries(options)) {
        if (option.initialText === "") continue;
        count += 1;
        const tags = [...path.split("/"), name];
        const text =
          tags.map((tag) => `<${tag}>`).join("") +
          option.initialText +
          tags
            .toReversed()
            .map((tag) => `</${tag}>`)
            .join("");
        const configuration = configFrom(sections, { shared: text });
        const blame = problemsOf(configuration).filter((problem) => problem.includes(`<${name}> must`));
        equal(blame.join(), "", path);
        if (path !== section.name) continue;
        const [found] = section.isRepeated ? configuration.all(section) : [configuration.one(section)];
        ok(found !== undefined, path);
        equal(inspect(found.values[name]), inspect(initialValues(options)[name]), `${path}/${name}`);
      }
    }
  }
  ok(count > 15, `${count} defaults`);
});
