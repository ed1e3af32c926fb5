/**
 * The words in which a stage writes down its sections of ossec.conf: one table per section, from which the parser, the
 * type of the values, `argus config explain` and docs/operating/options.md all come.
 *
 *   export const remoteSection = section("remote", {
 *     help: "A listener. Repeat the section to open several.",
 *     repeat: true,
 *     options: { port: port({ initial: 1514, help: "The port to listen on." }) },
 *     check(remote, refuse) { if (…) refuse("port", "says why it is not good"); },
 *   });
 *   export type Remote = Values<typeof remoteSection.options>;
 *
 * Texts are UTF-8 where the bytes are (otherwise latin1) and trimmed. An option that is written with an unusable value
 * is a problem at its place and has its initial value; nothing here throws on what an operator wrote.
 */
import { assert } from "../base/assert.ts";
import { escapeControl } from "../base/escape.ts";
import type { Place, XmlElement } from "../syntax/xml.ts";
import { parseAddress, parseCidrs, type Address, type Cidr } from "./address.ts";
import { initialValues, readOptions } from "./option.ts";
import type { Findings, LocatedValues, Option, Options, Reading, Values } from "./option.ts";
import { parseDuration, parseSize, type Size } from "./quantity.ts";
import { Secret } from "./secret.ts";

// A stage takes its words and their types from one place.
export { initialValues };
export type { LocatedValues, Option, Options, Size, Values };

/** Shown as "<option>: message"; placed at the option where it is written, otherwise at the section. */
export type Refuse<O extends Options> = (option: keyof O & string, message: string) => void;

/** Shown as "<option>: message" where the option is written, otherwise at the section. */
export interface Lack {
  readonly option: string;
  readonly message: string;
}

export interface Section<O extends Options = Options> {
  readonly name: string;
  readonly help: string;
  readonly options: O;
  /** Whether each such section of the file is one of its own (`<remote>`), or all are merged, the later one winning. */
  readonly isRepeated: boolean;
  /** Options of which a later section that writes one takes the place of all that earlier sections wrote. */
  readonly groups: readonly (readonly string[])[];
  /** Whether what is written turns the section off: it is then as if it were not there, whatever else it holds. */
  isOff(values: Values<O>): boolean;
  /** Why a section of this kind has no effect yet: one warning says so, and nothing else is said of the section. */
  lack(values: Values<O>): Lack | undefined;
  /**
   * Called for a section that is written. An option whose text was refused has its initial value here, and what is said
   * of that one is not reported.
   */
  check(values: Values<O>, refuse: Refuse<O>, warn: Refuse<O>): void;
}

export interface SectionSpec<O extends Options> {
  help: string;
  options: O;
  repeat?: boolean;
  groups?: readonly (readonly (keyof O & string)[])[];
  isOff?(values: Values<O>): boolean;
  lack?(values: Values<O>): Lack | undefined;
  check?(values: Values<O>, refuse: Refuse<O>, warn: Refuse<O>): void;
}

const sectionNamePattern = /^[a-z][a-z0-9_-]*$/;

export function section<O extends Options>(name: string, spec: SectionSpec<O>): Section<O> {
  assert(sectionNamePattern.test(name), `${name} is no name for a section`);
  const { help, options, repeat = false, groups = [], check } = spec;
  const { isOff = () => false, lack = () => undefined } = spec;
  const checked: Section<O>["check"] = (values, refuse, warn) => check?.(values, refuse, warn);
  return { name, help, options, isRepeated: repeat, groups, isOff, lack, check: checked };
}

// ── single values ──────────────────────────────────────────────────────────────────────────────────────────────────

interface Help {
  help: string;
}
interface HelpAndInitial<T> extends Help {
  initial: T;
}

interface Scalar<T> {
  form: string;
  help: string;
  initial: T;
  initialText: string;
  /** The refused text is then not repeated in the message. */
  isSecret?: boolean;
  parse(text: string): Reading<T>;
}

/** A refused text in a message: short, on one line. */
function quoted(written: string): string {
  if (written === "") return "";
  return `, not "${escapeControl(written.length > 60 ? `${written.slice(0, 60)}…` : written)}"`;
}

/** The text of an option: decoded where it is UTF-8, without the blanks around it. */
export function textOf(element: XmlElement): string {
  const bytes = Buffer.from(element.content, "latin1");
  const text = bytes.toString("utf8");
  return (text.includes("\ufffd") && !Buffer.from(text, "utf8").equals(bytes) ? element.content : text).trim();
}

/** An option of one value; where it is written twice in one section, the last one counts. */
function scalar<T>(kind: Scalar<T>): Option<T> {
  const { form, help, initial, initialText } = kind;
  return {
    ...{ form, help, initial, initialText, isList: false, effect: "full", inner: undefined, attributes: [] },
    read(elements, findings) {
      let value = initial;
      for (const element of elements) {
        const written = textOf(element);
        const reading = kind.parse(written);
        if ("value" in reading) value = reading.value;
        else {
          const but = kind.isSecret === true ? "" : quoted(written);
          findings.refuse(element.place, `<${element.name}> ${reading.refusal}${but}`);
        }
      }
      return value;
    },
  };
}

interface TextLimits {
  /** Longest text in bytes of UTF-8; 1,024 when not given. */
  bytesMax?: number;
  /** What else a text must be like, and the words for it: `form` for the manual, `refusal` for the message. */
  pattern?: { test: RegExp; form: string; refusal: string };
}

export function text(spec: HelpAndInitial<string> & TextLimits): Option<string>;
export function text(spec: Help & TextLimits): Option<string | undefined>;
export function text(spec: Help & TextLimits & { initial?: string }): Option<string | undefined> {
  const { help, initial, bytesMax = 1_024, pattern } = spec;
  return scalar({
    ...{ form: pattern?.form ?? "text", help, initial, initialText: initial ?? "" },
    parse(written): Reading<string> {
      if (written === "") return { refusal: "must not be empty" };
      if (Buffer.byteLength(written) > bytesMax) return { refusal: `must not be longer than ${bytesMax} bytes` };
      if (pattern !== undefined && !pattern.test.test(written)) return { refusal: pattern.refusal };
      return { value: written };
    },
  });
}

/** A path as it is written; relative ones are relative to the home, which whoever opens it prepends. */
export function path(spec: HelpAndInitial<string>): Option<string>;
export function path(spec: Help): Option<string | undefined>;
export function path(spec: Help & { initial?: string }): Option<string | undefined> {
  const { help, initial } = spec;
  return scalar({
    ...{ form: "path", help, initial, initialText: initial ?? "" },
    parse(written): Reading<string> {
      if (written === "") return { refusal: "must not be empty" };
      // PATH_MAX of Linux; a longer one could never be opened.
      if (Buffer.byteLength(written) > 4_095) return { refusal: "must not be longer than 4095 bytes" };
      return written.includes("\0") ? { refusal: "must not hold a zero byte" } : { value: written };
    },
  });
}

/** A text that is never printed. At least one byte, at most `bytesMax` (1,024). */
export function secret(spec: Help & { bytesMax?: number }): Option<Secret | undefined> {
  const { help, bytesMax = 1_024 } = spec;
  return scalar<Secret | undefined>({
    ...{ form: "text, kept secret", help, initial: undefined, initialText: "", isSecret: true },
    parse(written) {
      if (written === "") return { refusal: "must not be empty" };
      if (Buffer.byteLength(written) > bytesMax) return { refusal: `must not be longer than ${bytesMax} bytes` };
      return { value: new Secret(written) };
    },
  });
}

interface IntegerLimits {
  min: number;
  max: number;
}

function parseInteger(written: string, { min, max }: IntegerLimits): Reading<number> {
  const value = /^[+-]?\d{1,15}$/.test(written) ? Number(written) : Number.NaN;
  return value >= min && value <= max ? { value } : { refusal: `must be a whole number from ${min} to ${max}` };
}

export function integer(spec: HelpAndInitial<number> & IntegerLimits): Option<number>;
export function integer(spec: Help & IntegerLimits): Option<number | undefined>;
export function integer(spec: Help & IntegerLimits & { initial?: number }): Option<number | undefined> {
  const { help, initial, min, max } = spec;
  return scalar<number | undefined>({
    ...{ form: `${min} to ${max}`, help, initial, initialText: initial === undefined ? "" : String(initial) },
    parse: (written) => parseInteger(written, { min, max }),
  });
}

export function port(spec: HelpAndInitial<number>): Option<number>;
export function port(spec: Help): Option<number | undefined>;
export function port(spec: Help & { initial?: number }): Option<number | undefined> {
  const limits = { min: 1, max: 65_535 };
  const { help, initial } = spec;
  return initial === undefined ? integer({ help, ...limits }) : integer({ help, initial, ...limits });
}

/**
 * One of a few words, whatever their case. `aliases` maps other accepted spellings to one of them
 * (`{ client: "worker" }`).
 */
export function oneOf<const W extends string>(
  words: readonly W[],
  spec: { initial: NoInfer<W>; help: string; aliases?: Readonly<Record<string, NoInfer<W>>> },
): Option<W>;
export function oneOf<const W extends string>(
  words: readonly W[],
  spec: { help: string; aliases?: Readonly<Record<string, NoInfer<W>>> },
): Option<W | undefined>;
export function oneOf<const W extends string>(
  words: readonly W[],
  spec: { initial?: W; help: string; aliases?: Readonly<Record<string, W>> },
): Option<W | undefined> {
  const { initial, help, aliases = {} } = spec;
  return scalar<W | undefined>({
    ...{ form: words.map((word) => `\`${word}\``).join(" or "), help, initial, initialText: initial ?? "" },
    parse(written) {
      const wanted = written.toLowerCase();
      const value = words.find((word) => word.toLowerCase() === wanted) ?? new Map(Object.entries(aliases)).get(wanted);
      return value === undefined ? { refusal: `must be ${words.join(" or ")}` } : { value };
    },
  });
}

export function yesNo(spec: HelpAndInitial<boolean>): Option<boolean> {
  const { help, initial } = spec;
  return scalar({
    ...{ form: "`yes` or `no`", help, initial, initialText: initial ? "yes" : "no" },
    parse(written): Reading<boolean> {
      const wanted = written.toLowerCase();
      return wanted === "yes" || wanted === "no" ? { value: wanted === "yes" } : { refusal: "must be yes or no" };
    },
  });
}

/** An IPv4 or IPv6 address. */
export function address(spec: HelpAndInitial<string>): Option<string>;
export function address(spec: Help): Option<string | undefined>;
export function address(spec: Help & { initial?: string }): Option<string | undefined> {
  const { help, initial } = spec;
  return scalar<string | undefined>({
    ...{ form: "IPv4 or IPv6 address", help, initial, initialText: initial ?? "" },
    parse(written) {
      const found = parseAddress(written);
      return found === undefined ? { refusal: "must be an IPv4 or IPv6 address" } : { value: found.text };
    },
  });
}

/** Milliseconds. Written as `500ms`, `10s`, `5m`, `24h`, `7d`, `1w`; a bare number is seconds. Limits likewise. */
export function duration(spec: HelpAndInitial<string> & { min: string; max: string }): Option<number> {
  const { help, initial, min, max } = spec;
  const [initialMs, minMs, maxMs] = [initial, min, max].map((limit) => parseDuration(limit));
  assert(initialMs !== undefined && minMs !== undefined && maxMs !== undefined, "a duration in a table is not one");
  return scalar({
    ...{ form: `duration, ${min} to ${max}`, help, initial: initialMs, initialText: initial },
    parse(written): Reading<number> {
      const valueMs = parseDuration(written);
      if (valueMs === undefined) return { refusal: "must be a duration such as 30s, 10m or 24h" };
      return valueMs < minMs || valueMs > maxMs ? { refusal: `must be from ${min} to ${max}` } : { value: valueMs };
    },
  });
}

/** `20GiB`, `500MB`, `4096` (bytes), `10%`. All units are powers of 1,024. `min` bounds a number of bytes only. */
export function size(spec: HelpAndInitial<string> & { min?: string }): Option<Size> {
  const { help, initial, min = "1" } = spec;
  const [initialSize, smallest] = [parseSize(initial), parseSize(min)];
  assert(initialSize !== undefined && smallest?.kind === "bytes", "a size in a table is not one");
  return scalar({
    ...{ form: `size such as \`20GiB\` or \`10%\`${min === "1" ? "" : `, at least ${min}`}`, help },
    ...{ initial: initialSize, initialText: initial },
    parse(written): Reading<Size> {
      const value = parseSize(written);
      if (value === undefined) return { refusal: "must be a size such as 500MiB, 20GiB or 10%" };
      return value.kind === "bytes" && value.bytes < smallest.bytes
        ? { refusal: `must be at least ${min}` }
        : { value };
    },
  });
}

// ── lists: each element adds to the last ───────────────────────────────────────────────────────────────────────────

interface List<T> {
  form: string;
  help: string;
  /** How many there may be in all; more are refused. */
  countMax: number;
  parse(text: string): Reading<readonly T[]>;
}

function list<T>(kind: List<T>): Option<readonly T[]> {
  const { form, help, countMax } = kind;
  return {
    ...{ form, help, initial: Object.freeze([]), initialText: "", isList: true, effect: "full", inner: undefined },
    attributes: [],
    read(elements, findings) {
      const values: T[] = [];
      for (const element of elements) {
        const written = textOf(element);
        const reading = kind.parse(written);
        if ("refusal" in reading)
          findings.refuse(element.place, `<${element.name}> ${reading.refusal}${quoted(written)}`);
        else if (values.length + reading.value.length > countMax) {
          findings.refuse(element.place, `<${element.name}> may not have more than ${countMax} values`);
          break;
        } else values.push(...reading.value);
      }
      return Object.freeze(values);
    },
  };
}

/** Many enough for any file that a person keeps, few enough to be looked through for each connection. */
const listCountMax = 4_096;

/** As many as there may be; the first one beyond is refused. */
function firstOf(elements: readonly XmlElement[], findings: Findings): readonly XmlElement[] {
  const beyond = elements[listCountMax];
  if (beyond === undefined) return elements;
  findings.refuse(beyond.place, `<${beyond.name}> may not be written more than ${listCountMax} times`);
  return elements.slice(0, listCountMax);
}

const splitWords = (written: string): string[] => written.split(/[\s,]+/).filter((word) => word !== "");

/** Texts, one an element. */
export function textList(spec: Help & TextLimits & { countMax?: number }): Option<readonly string[]> {
  const single = text(spec);
  const { help, countMax = listCountMax, bytesMax = 1_024, pattern } = spec;
  return list<string>({
    ...{ form: single.form, help, countMax },
    parse(written) {
      if (written === "") return { refusal: "must not be empty" };
      if (Buffer.byteLength(written) > bytesMax) return { refusal: `must not be longer than ${bytesMax} bytes` };
      return pattern !== undefined && !pattern.test.test(written) ? { refusal: pattern.refusal } : { value: [written] };
    },
  });
}

/** Words of a fixed set, comma- or blank-separated (`tcp,udp`). An empty list means that the option is not written. */
export function wordList<const W extends string>(words: readonly W[], spec: Help): Option<readonly W[]> {
  return list<W>({
    ...{ form: `${words.map((word) => `\`${word}\``).join(", ")}, comma-separated`, help: spec.help },
    countMax: listCountMax,
    parse(written) {
      const found = splitWords(written).map((word) => words.find((known) => known === word.toLowerCase()));
      const value = [...new Set(found.filter((word) => word !== undefined))];
      return found.includes(undefined) || value.length === 0
        ? { refusal: `must be of ${words.join(", ")}` }
        : { value };
    },
  });
}

/** IPv4 or IPv6 addresses, in their shortest form; several may stand in one element. */
export function addressList(spec: Help & { countMax?: number }): Option<readonly Address[]> {
  return list<Address>({
    ...{ form: "IPv4 or IPv6 addresses", help: spec.help, countMax: spec.countMax ?? listCountMax },
    parse(written) {
      const found = splitWords(written).map((word) => parseAddress(word));
      const value = found.filter((one) => one !== undefined);
      return value.length === 0 || value.length < found.length
        ? { refusal: "must be an IPv4 or IPv6 address" }
        : { value };
    },
  });
}

/** Addresses and blocks (`10.0.0.0/8`, `10.0.0.0/255.0.0.0`, `fd00::/8`, `any`); several may stand in one element. */
export function cidrList(spec: Help & { countMax?: number }): Option<readonly Cidr[]> {
  return list<Cidr>({
    ...{ form: "addresses or CIDR blocks", help: spec.help, countMax: spec.countMax ?? listCountMax },
    parse(written) {
      const found = splitWords(written).map((word) => parseCidrs(word));
      return found.length === 0 || found.some((blocks) => blocks.length === 0)
        ? { refusal: "must be an address or a block such as 10.0.0.0/8" }
        : { value: found.flat() };
    },
  });
}

/** An element of which the attributes matter, and the place where it stands. */
export interface Entry {
  readonly text: string;
  readonly attributes: Readonly<Record<string, string | undefined>>;
  readonly place: Place;
}

/** Texts with attributes, as `<rule_dir pattern=".xml$">etc/rules</rule_dir>`. */
export function entries(spec: Help & { attributes: Readonly<Record<string, string>> }): Option<readonly Entry[]> {
  const names = Object.keys(spec.attributes);
  return {
    ...{ form: "text", help: spec.help, initial: Object.freeze([]), initialText: "", isList: true, effect: "full" },
    inner: undefined,
    attributes: names,
    read(elements, findings) {
      const found: Entry[] = [];
      for (const element of firstOf(elements, findings)) {
        const written = textOf(element);
        if (written === "") findings.refuse(element.place, `<${element.name}> must not be empty`);
        const known = element.attributes.filter((attribute) => names.includes(attribute.name));
        const attributes = Object.freeze(Object.fromEntries(known.map(({ name, value }) => [name, value])));
        found.push(Object.freeze({ text: written, attributes, place: element.place }));
      }
      return Object.freeze(found);
    },
  };
}

// ── blocks ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A block of options inside a section (`<nodes>` in `<cluster>`); written twice, the two are merged. */
export function block<O extends Options>(spec: Help & { options: O }): Option<Values<O>> {
  const { help, options } = spec;
  return {
    ...{ form: "block", help, initial: initialValues(options), initialText: "", isList: false, attributes: [] },
    effect: "full",
    inner: options,
    read: (elements, findings) => readOptions(options, elements, findings, new Map()),
  };
}

/** Blocks that are repeated, each one value (`<node>` in cluster.conf), with the place of each and of its options. */
export function blocks<O extends Options>(spec: Help & { options: O }): Option<readonly LocatedValues<O>[]> {
  const { help, options } = spec;
  return {
    ...{ form: "block", help, initial: Object.freeze([]), initialText: "", isList: true, attributes: [] },
    effect: "full",
    inner: options,
    read(elements, findings) {
      return Object.freeze(
        firstOf(elements, findings).map((element) => {
          const places = new Map<string, Place>();
          const values = readOptions(options, [element], findings, places);
          return Object.freeze({ values, place: element.place, places });
        }),
      );
    },
  };
}

/**
 * An option that Wazuh or OSSEC has and Argus does not, yet: naming it is a warning that says so, unless it says what
 * is the case anyway (`met`, in lower case).
 */
export function unsupported(help: string, met?: string): Option<undefined> {
  return {
    ...{ form: "not supported yet", help, initial: undefined, initialText: "", isList: true, effect: "not yet" },
    inner: undefined,
    attributes: [],
    read(elements, findings) {
      for (const element of elements) {
        if (met !== undefined && textOf(element).toLowerCase() === met) continue;
        findings.warn(element.place, `<${element.name}> is not supported yet and has no effect`);
      }
      return undefined;
    },
  };
}

/** An option that is accepted without a word because Argus has no need of it. `help` says why. */
export function needless(help: string): Option<undefined> {
  return {
    ...{ form: "accepted, without effect", help, initial: undefined, initialText: "", isList: true, effect: "none" },
    inner: undefined,
    attributes: [],
    read: () => undefined,
  };
}
