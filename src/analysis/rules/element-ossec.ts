/**
 * The elements of a `<rule>` as OSSEC has them (ruleset-spec 4.1, 5.1): a language is chosen by the element's name and
 * not by an attribute, nothing can be negated, and `data` and `extra_data` are one value.
 */
import { lowerAscii } from "../../syntax/subject.ts";
import type { XmlElement } from "../../syntax/xml.ts";
import { expressionNames, type DraftExpression, type ExpressionName, type RuleDraft } from "./draft.ts";

/** OSSEC rules cannot ask for these. */
const absent: ReadonlySet<ExpressionName> = new Set(["location", "protocol", "system_name", "data"]);

interface OssecExpression {
  name: ExpressionName;
  /** Its own condition beside that of the plain element: where a rule has both, both must hold. */
  isPcre2: boolean;
}

function expressions(): [string, OssecExpression][] {
  const known = expressionNames.filter((name) => !absent.has(name));
  return known.flatMap((written): [string, OssecExpression][] => {
    const name = written === "extra_data" ? "data" : written;
    const pcre2 = written === "regex" ? "pcre2" : `${written}_pcre2`;
    return [
      [written, { name, isPcre2: false }],
      [pcre2, { name, isPcre2: true }],
    ];
  });
}

const byElement = new Map(expressions());
const otherConditions: ReadonlySet<string> = new Set(["field", "srcip", "dstip"]);

function add(into: Map<ExpressionName, DraftExpression>, name: ExpressionName, added: DraftExpression): void {
  const before = into.get(name);
  into.set(name, {
    ...added,
    pattern: (before?.pattern ?? "") + added.pattern,
    place: before?.place ?? added.place,
  });
}

/** True when the element was one of OSSEC's expressions, which is then in the draft. */
export function readOssecExpression(draft: RuleDraft, element: XmlElement): boolean {
  const found = byElement.get(lowerAscii(element.name));
  if (found === undefined) return false;
  const { name, isPcre2 } = found;
  const { content: pattern, place } = element;
  if (isPcre2) add(draft.pcre2, name, { language: "pcre2", pattern, isNegated: false, place });
  else {
    const language = name === "regex" ? "osregex" : name === "action" ? "exact" : "osmatch";
    add(draft.expressions, name, { language, pattern, isNegated: false, place });
  }
  return true;
}

/** Whether OSSEC knows no such element, though Wazuh does. */
export function isAbsentInOssec(name: string): boolean {
  return absent.has(name as ExpressionName);
}

/** The element without what only Wazuh's rules can say of a condition. */
export function withoutForeignAttributes(element: XmlElement, warn: (message: string) => void): XmlElement {
  const isCondition = byElement.has(lowerAscii(element.name)) || otherConditions.has(lowerAscii(element.name));
  if (!isCondition) return element;
  const isForeign = (name: string): boolean => name === "type" || name === "negate";
  for (const { name, value } of element.attributes) {
    if (isForeign(name)) warn(`${name}="${value}" does nothing in OSSEC's flavour`);
  }
  return { ...element, attributes: element.attributes.filter(({ name }) => !isForeign(name)) };
}
