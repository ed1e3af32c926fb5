import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { XmlError } from "./errors.ts";
import { expandVariables } from "./xml-variable.ts";
import { parseXml, type XmlElement } from "./xml.ts";

type Flavour = "wazuh" | "ossec";
const roots = (text: string): readonly XmlElement[] => parseXml(text, "v.xml").roots;
const expand = (text: string, flavour: Flavour = "wazuh"): readonly XmlElement[] =>
  expandVariables(roots(text), { flavour });

/** The contents of all elements, in order of their opening tags, without the variables themselves. */
function contents(elements: readonly XmlElement[]): string[] {
  return elements.flatMap((element) => [
    ...(element.name === "var" || element.children.length > 0 ? [] : [element.content]),
    ...contents(element.children),
  ]);
}
const expanded = (text: string, flavour?: Flavour): string[] => contents(expand(text, flavour));

test("leaves a file without variables alone, whatever $ it holds", () => {
  const elements = roots("<a>$NOBODY</a>");
  equal(expandVariables(elements, { flavour: "wazuh" }), elements);
});

test("replaces a variable, whatever the case of its name", () =>
  deepEqual(expanded('<var name="Bad">x|y</var><a>$BAD</a><b>z $bad z</b>'), ["x|y", "z x|y z"]));

test("ends a name at $ . | , and space, and at nothing else", () =>
  deepEqual(
    expanded('<var name="V">1</var><var name="V)">2</var><var name="V/x">3</var><a>$V$V.$V|$V,$V $V) $V/x</a>'),
    ["11.1|1,1 2 3"],
  ));

test("replaces in attributes, and in elements at any depth", () => {
  const [, element] = expand('<var name="VAR">1</var><a x="[$VAR"><b><c y="$VAR.">$VAR</c></b></a>');
  const inner = element?.children[0]?.children[0];
  deepEqual([element?.attributes[0]?.value, inner?.attributes[0]?.value, inner?.content], ["[1", "1.", "1"]);
});

test("does not search texts of two bytes or less", () =>
  deepEqual(expanded('<var name="V">1</var><a>$V</a><b>$V.</b>'), ["$V", "1."]));

test("finds definitions inside other elements, and only behind themselves", () =>
  deepEqual(expanded('<a>$LATER</a><g><var name="LATER">1</var><b>$LATER</b></g><c>$LATER</c>'), ["$LATER", "1", "1"]));

test("takes a later definition of the same name from there on", () =>
  deepEqual(expanded('<var name="ABC">1</var><a>$ABC</a><var name="abc">2</var><a>$ABC</a>'), ["1", "2"]));

test("builds a variable from another one", () =>
  deepEqual(expanded('<var name="ONE">1</var><var name="TWO">$ONE|2</var><a>$TWO</a>'), ["1|2"]));

test("keeps a bare $", () => deepEqual(expanded('<var name="V">1</var><a>^a$|b$</a><b>end$</b>'), ["^a$|b$", "end$"]));

test("leaves $(field) alone for Wazuh, and refuses it for OSSEC", () => {
  const text = '<var name="V">1</var><a>by $(user) $V x</a>';
  deepEqual(expanded(text), ["by $(user) 1 x"]);
  throws(() => expand(text, "ossec"), /v\.xml:1:22: the variable \$\(user\) is not defined/);
});

test("refuses an unknown name at its element or attribute", () => {
  throws(
    () => expand('<var name="V">1</var>\n <a>x $W y</a>'),
    /^XmlError: v\.xml:2:2: the variable \$W is not defined$/,
  );
  throws(() => expand('<var name="V">1</var>\n <a x="x $W y"/>'), /v\.xml:2:5: the variable \$W/);
});

test("refuses a variable without a name", () => throws(() => expand("<var>1</var>"), /<var> has no name/));

test("does not let a few names multiply into a text without end", () => {
  const doubling = Array.from({ length: 20 }, (_, i) => `<var name="V${i + 1}">$V${i}$V${i}</var>`).join("");
  throws(() => expand(`<var name="V0">${"x".repeat(1_000)}</var>${doubling}`), XmlError);
});

test("does not change the elements that it was given", () => {
  const elements = roots('<var name="V">1</var><a>$V$V</a>');
  expandVariables(elements, { flavour: "wazuh" });
  deepEqual(contents(elements), ["$V$V"]);
});
