import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { DEPTH_MAX, ELEMENTS_MAX, readEventXml, type EventElement } from "./event-xml.ts";

/** `name(attribute=value)[children]"text"`, the text without the blanks around it. */
function say(element: EventElement | undefined): string {
  if (element === undefined) return "nothing";
  const attributes = element.attributes.map(({ name, value }) => `${name}=${value}`).join(",");
  const text = element.text.trim();
  return (
    element.name +
    (attributes === "" ? "" : `(${attributes})`) +
    (element.children.length === 0 ? "" : `[${element.children.map(say).join(" ")}]`) +
    (text === "" ? "" : `"${text}"`)
  );
}

const cases: readonly (readonly [xml: string, said: string])[] = [
  ["", "nothing"],
  ["text", "nothing"],
  ["<a", "nothing"],
  ["<a/>", "a"],
  ["<a>t</a>", 'a"t"'],
  ["<?xml version='1.0'?><!DOCTYPE a><a>t</a>", 'a"t"'],
  ["<a x='1' y=\"2\" z = '3'/>", "a(x=1,y=2,z=3)"],
  ["<a x='>'>t</a>", 'a(x=>)"t"'],
  ["<a x='1'\n y='2'>t</a>", 'a(x=1,y=2)"t"'],
  ["<a x=1>t</a>", 'a"t"'],
  ["<a>&lt;b&gt;</a>", 'a"&lt;b&gt;"'],
  ["<a>b<!-- <c> -->d</a>", 'a"bd"'],
  ["<a><![CDATA[<b>]]></a>", 'a"<b>"'],
  ["<a><b>1</b><b>2</b></a>", 'a[b"1" b"2"]'],
  ["<a><b><c>1</b><d>2</d></a>", 'a[b[c"1"] d"2"]'],
  ["<a></x>t</a>", 'a"t"'],
  ["<a><b>1", 'a[b"1"]'],
  ["<a>1</a><b>2</b>", 'a"1"'],
];

for (const [xml, said] of cases) {
  test(`${xml.replaceAll("\n", "\\n") || "an empty text"} is ${said}`, () => equal(say(readEventXml(xml)), said));
}

test("what is too deep is left out, and what follows it is read", () => {
  const deep = "<x>".repeat(40) + "</x>".repeat(40);
  const root = readEventXml(`<a>${deep}<b>1</b></a>`);
  equal(root?.children.at(-1)?.name, "b");
  let depth = 0;
  for (let at: EventElement | undefined = root; at !== undefined; at = at.children[0]) depth += 1;
  equal(depth, DEPTH_MAX);
});

test("elements beyond the limit are left out", () => {
  const root = readEventXml(`<a>${"<b/>".repeat(ELEMENTS_MAX * 2)}</a>`);
  equal(root?.children.length, ELEMENTS_MAX - 1);
});

test("whatever is cut off, what was whole before it is read the same", () => {
  const xml = `<a x="1"><b>one</b><c y='2'/><d><![CDATA[two]]></d></a>`;
  for (let length = 0; length <= xml.length; length += 1) {
    const names = readEventXml(xml.slice(0, length))?.children.map(({ name }) => name) ?? [];
    deepEqual(names, ["b", "c", "d"].slice(0, names.length), `cut at ${length}`);
  }
});
