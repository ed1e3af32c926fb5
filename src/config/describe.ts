/** A section's table as text: for `argus config explain` and for docs/operating/options.md. */
import type { Option, Options, Section } from "./schema.ts";

/** Words put into lines of at most `width` columns, each behind `indent`. A longer word has a line of its own. */
export function wrapWords(words: string, indent: string, width = 96): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of words.split(" ")) {
    if (line !== "" && indent.length + line.length + 1 + word.length > width) {
      lines.push(indent + line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, indent + line];
}

/** What may be written: the form of a value, and how often. */
function formOf(option: Option<unknown>): string {
  const attributes = option.attributes.map((name) => `attribute ${name}="…"`);
  return [option.form, ...(option.isList && option.effect === "full" ? ["may be repeated"] : []), ...attributes].join(
    "; ",
  );
}

function explainOptions(options: Options, indent: string): string[] {
  return Object.entries(options).flatMap(([name, option]) => [
    `${indent}<${name}>  ${formOf(option)}${option.initialText === "" ? "" : `; default ${option.initialText}`}`,
    ...wrapWords(option.help, `${indent}    `),
    ...(option.inner === undefined ? [] : explainOptions(option.inner, `${indent}    `)),
  ]);
}

/** Lines for a terminal. */
export function explainSection(section: Section): string[] {
  const title = `<${section.name}>${section.isRepeated ? "  (each one is a section of its own)" : ""}`;
  return [title, ...wrapWords(section.help, "  "), "", ...explainOptions(section.options, "  ")];
}

/** What a Markdown table would take for its own. */
const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("<", "&lt;");

function documentRows(options: Options, prefix: string): string[] {
  return Object.entries(options).flatMap(([name, option]) => {
    const path = prefix + name;
    const initial = option.initialText === "" ? "" : `\`${option.initialText}\``;
    const row = `| \`${path}\` | ${cell(formOf(option))} | ${initial} | ${cell(option.help)} |`;
    return [row, ...(option.inner === undefined ? [] : documentRows(option.inner, `${path}/`))];
  });
}

/** A chapter of docs/operating/options.md, without a line's end after its last line. `title` is shown as it is. */
export function documentSection(section: Section, title = `<${section.name}>`): string {
  return [
    `## \`${title}\``,
    "",
    cell(section.help),
    ...(section.isRepeated ? ["", "Each such section is one of its own."] : []),
    "",
    "| option | form | default | meaning |",
    "|---|---|---|---|",
    ...documentRows(section.options, ""),
  ].join("\n");
}
