import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { XmlError } from "./errors.ts";
import { attributeOf, parseXml, XML_ATTRIBUTES_MAX, XML_DEPTH_MAX, XML_TEXT_BYTES_MAX } from "./xml.ts";
import type { XmlElement, XmlOptions } from "./xml.ts";

const read = (text: string, options?: XmlOptions): readonly XmlElement[] => parseXml(text, "a.xml", options).roots;

/** `name[attribute=value]{child …}content`, so that an expectation is one line. */
function show(element: XmlElement): string {
  const attributes = element.attributes.map(({ name, value }) => `${name}=${value}`).join(",");
  const children = element.children.map(show).join(" ");
  return `${element.name}${attributes && `[${attributes}]`}${children && `{${children}}`}${element.content}`;
}
const shown = (text: string, options?: XmlOptions): string => read(text, options).map(show).join(" ");

function errorOf(text: string, options?: XmlOptions): string {
  try {
    read(text, options);
  } catch (error) {
    ok(error instanceof XmlError, String(error));
    return error.message;
  }
  return "no error";
}

test("keeps the content as it is written, blanks and line ends included", () =>
  equal(shown("<a> x\n y </a>"), "a x\n y "));

test("takes many roots and ignores text between them", () => equal(shown("junk <a>1</a> and <b>2</b> end"), "a1 b2"));

test("has no roots in an empty file", () => deepEqual(read(" \n"), []));

test("gives all three spellings of an empty element empty content", () => {
  equal(shown("<a/>"), "a");
  equal(shown("<a />"), "a");
  equal(shown("<a></a>"), "a");
});

test("never decodes entities", () => equal(shown("<a>&lt;&#60;&amp;</a>"), "a&lt;&#60;&amp;"));

test("keeps both bytes of an escaped <", () => equal(shown("<a>x \\< y</a>"), "ax \\< y"));

test("opens a tag behind an even number of backslashes", () => {
  equal(shown("<a>\\\\<b/>z</a>"), "a{b}z");
  equal(shown("<a>\\\\\\<b/></a>"), "a\\\\\\<b/>");
});

test("ends a comment at --> or !>, whichever is first", () => {
  equal(shown("<a>1<!-- x !>2<!-- y -->3</a>"), "a123");
  equal(shown("<!-- a !> <a>1</a>"), "a1");
});

test("begins a comment even behind a backslash, which stays", () => equal(shown("<a>x\\<!-- c -->y</a>"), "ax\\y"));

test("does not look for tags inside comments", () => equal(shown("<a><!-- <b> </c> \\< -->1</a>"), "a1"));

test("keeps of an element with children only the text behind the last one", () =>
  equal(shown("<a>one<b/>two<c>x</c>three</a>"), "a{b cx}three"));

test("reads attributes in either quotes, with blanks behind =", () =>
  equal(shown(`<a x="1" y='2'\n z= "3 \\" 4=''/>`), "a[x=1,y=2,z=3 \\,4=]"));

test("leaves the case of names alone", () => equal(shown("<GroupName A='1'/>"), "GroupName[A=1]"));

test("finds an attribute by its exact name", () => {
  const [element] = read("<a Name='x' name='y'/>");
  ok(element !== undefined);
  equal(attributeOf(element, "name"), "y");
  equal(attributeOf(element, "NAME"), undefined);
});

test("keeps each byte of a text that is not ASCII", () => {
  const bytes = Buffer.from([0x3c, 0x61, 0x3e, 0xc3, 0xa0, 0xff, 0x80, 0x3c, 0x2f, 0x61, 0x3e]);
  equal(shown(bytes.toString("latin1")), "a\u00c3\u00a0\u00ff\u0080");
});

test("does not take the byte A0, half of many a character, for a blank", () => {
  equal(shown("<a\u00a0b/>"), "a\u00a0b");
});

test("knows line, column and offset of elements and attributes", () => {
  const [root] = read('\n<a>\r\n <!-- \n -->\n  <b\n   x="1"/></a>');
  deepEqual(root?.place, { file: "a.xml", line: 2, column: 1, offset: 1 });
  const child = root?.children[0];
  deepEqual(child?.place, { file: "a.xml", line: 5, column: 3, offset: 20 });
  deepEqual(child?.attributes[0]?.place, { file: "a.xml", line: 6, column: 4, offset: 26 });
});

test("says what is wrong and where", () => {
  const cases: [text: string, message: string][] = [
    ["<a>\n <b>x</c></a>", "a.xml:2:6: </c> stands where <b> of line 2 is to be closed"],
    ["<a>x</A>", "a.xml:1:5: </A> stands where <a> of line 1 is to be closed"],
    ["x\n</a>", "a.xml:2:1: </a> closes nothing"],
    ["<a><b></b>", "a.xml:1:1: <a> is never closed"],
    ["<a>1 < 2</a>", "a.xml:1:6: < is not followed by a name; write \\< for the character itself"],
    ["<a><", "a.xml:1:4: < is not followed by a name; write \\< for the character itself"],
    ["<a", "a.xml:1:1: the tag <a has no end >"],
    ["<a /b>", "a.xml:1:4: / is not followed by >"],
    ["<a x/>", "a.xml:1:4: the attribute x is not followed by ="],
    ["<a x ='1'/>", "a.xml:1:4: the attribute x is not followed by ="],
    ["<a x=1/>", "a.xml:1:4: the value of x is not in quotes"],
    ["<a x='1/>", "a.xml:1:4: the value of x has no closing quote"],
    ["<a x='a>b'/>", "a.xml:1:4: the value of x holds a >"],
    ["<a x='1' x='2'/>", "a.xml:1:10: the attribute x is written twice"],
    ["<a ='1'/>", "a.xml:1:4: an attribute's name is expected in <a>"],
    ["<a></a", "a.xml:1:4: </a is not followed by >"],
    ["<a></a b>", "a.xml:1:4: </a is not followed by >"],
    ["<a>\n<!-- x", "a.xml:2:1: the comment has no end --> or !>"],
  ];
  for (const [text, message] of cases) equal(errorOf(text), message, text);
});

test("takes texts, nesting and attributes up to the peers' limits, and no further", () => {
  const long = "x".repeat(XML_TEXT_BYTES_MAX);
  equal(shown(`<a>${long}</a>`), `a${long}`);
  equal(errorOf(`<a>${long}<!-- c -->y</a>`), "a.xml:1:1: the content of <a> has more than 20480 bytes");
  equal(shown(`<a x="${long}"/>`), `a[x=${long}]`);
  equal(errorOf(`<a x="${long}y"/>`), "a.xml:1:4: an attribute has more than 20480 bytes");
  equal(errorOf(`<a${long}/>`), "a.xml:1:1: the name of an element is too long");
  const nested = (depth: number): string => "<a>".repeat(depth) + "</a>".repeat(depth);
  equal(read(nested(XML_DEPTH_MAX)).length, 1);
  ok(errorOf(nested(XML_DEPTH_MAX + 1)).endsWith("more than 1024 elements in each other"));
  const attributes = (count: number): string => Array.from({ length: count }, (_, i) => ` x${i}=''`).join("");
  equal(read(`<a${attributes(XML_ATTRIBUTES_MAX)}/>`)[0]?.attributes.length, XML_ATTRIBUTES_MAX);
  ok(errorOf(`<a${attributes(XML_ATTRIBUTES_MAX + 1)}/>`).endsWith("<a> has more than 48 attributes"));
});

test("bounds the text between children each by itself, not in sum", () => {
  const long = "x".repeat(XML_TEXT_BYTES_MAX);
  equal(shown(`<a>${long}<b/>${long}</a>`), `a{b}${long}`);
});

test("refuses a file that is longer than it may be", () =>
  equal(errorOf("<a></a>", { fileBytesMax: 6 }), "a.xml:1:1: the file has 7 bytes, more than 6"));

test("refuses a byte-order mark and <?xml, or skips them where OSSEC does", () => {
  const mark = "\u00ef\u00bb\u00bf";
  const prolog = '<?xml version="1.0"?>';
  equal(errorOf(`${mark}<a/>`), "a.xml:1:1: a byte-order mark is not allowed");
  equal(errorOf(`\n ${prolog}<a/>`), "a.xml:2:2: <?xml …?> is not allowed");
  equal(shown(`${mark}${prolog}\n<a>1</a>`, { prolog: "skip" }), "a1");
  equal(shown(`${mark}<a>1</a>`, { prolog: "skip" }), "a1");
  equal(shown(` <a>1</a>`, { prolog: "skip" }), "a1");
  equal(errorOf(`<?xml`, { prolog: "skip" }), "a.xml:1:1: <?xml has no end ?>");
});

test("reads back any tree that is written in its form", () => {
  const name = fc.stringMatching(/^[a-z_][a-zA-Z0-9_-]{0,8}$/);
  const content = fc.stringMatching(/^[^<>\\]{0,12}$/).map((text) => Buffer.from(text).toString("latin1"));
  const value = fc.stringMatching(/^[a-z <&/=.$-]{0,8}$/);
  interface Tree {
    name: string;
    attributes: Record<string, string>;
    children: Tree[];
    content: string;
  }
  const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
    tree: fc.record(
      {
        ...{ name, content, attributes: fc.dictionary(name, value, { maxKeys: 3, noNullPrototype: true }) },
        children: fc.oneof({ maxDepth: 4 }, fc.constant<Tree[]>([]), fc.array(tie("tree"), { maxLength: 3 })),
      },
      { noNullPrototype: true },
    ),
  }));
  const write = ({ name: tag, attributes, children, content: text }: Tree): string => {
    const written = Object.entries(attributes).map(([key, text_]) => ` ${key}="${text_}"`);
    return `<${tag}${written.join("")}>lost<!-- - > -->${children.map(write).join(" ")}${text}</${tag}>`;
  };
  const strip = (element: XmlElement): Tree => ({
    name: element.name,
    attributes: Object.fromEntries(element.attributes.map((one) => [one.name, one.value])),
    children: element.children.map(strip),
    content: element.content.replace(/^lost/, ""),
  });
  fc.assert(
    fc.property(tree, (wanted) => deepEqual(strip(must(read(write(wanted))[0])), wanted)),
    { numRuns: 300 },
  );
});

function must(element: XmlElement | undefined): XmlElement {
  ok(element !== undefined);
  return element;
}

test("answers any bytes with a tree or an XmlError inside the file", () => {
  const piece = fc.constantFrom(
    "<",
    ">",
    "/",
    "</a>",
    "<a",
    "<a>",
    "<!",
    "-->",
    "!>",
    "\\",
    "=",
    '"',
    "'",
    " ",
    "\n",
    "x",
    "<?xml",
    "?>",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), fc.boolean(), (pieces, skips) => {
      const text = pieces.join("");
      try {
        for (const root of read(text, { prolog: skips ? "skip" : "refuse" })) {
          equal(text[root.place.offset], "<");
          equal(text.slice(root.place.offset + 1).startsWith(root.name), true);
        }
      } catch (error) {
        ok(error instanceof XmlError, String(error));
        const { line, column, offset } = error.place;
        ok(offset <= text.length, text);
        const before = text.slice(0, offset).split("\n");
        deepEqual([line, column], [before.length, (before.at(-1) ?? "").length + 1], text);
      }
    }),
    { numRuns: 3_000 },
  );
});

test("needs no more than time in proportion to the file for many comments and many backslashes", () => {
  const startMs = performance.now();
  read("<!x!>".repeat(200_000));
  read(`<a>${"\\<".repeat(10_000)}</a>`);
  throws(() => read("<!".repeat(400_000)), XmlError);
  ok(performance.now() - startMs < 2_000);
});
