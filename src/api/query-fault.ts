/** What is wrong with a query, in words: which parameter, what came, what it may be. */

/** One finding of the validator, as far as it is of use here. */
export interface QueryIssue {
  readonly keyword: string;
  /** `/NAME` of the parameter; empty for what is of the query as a whole. */
  readonly instancePath: string;
  readonly params: Readonly<Record<string, unknown>>;
}

interface Parameter {
  readonly type?: unknown;
  readonly minimum?: unknown;
  readonly maximum?: unknown;
  readonly maxLength?: unknown;
  readonly enum?: unknown;
}

/** What came is repeated as far as this; it may be 16 KiB. */
const shownLengthMax = 40;

/** `query` is what came, `schema` the route's own of it. */
export function explainQuery(issue: QueryIssue | undefined, query: unknown, schema: unknown): string {
  const parameters = fieldsOf(fieldsOf(schema)["properties"]);
  const named = issue?.params ?? {};
  if (issue?.keyword === "additionalProperties") {
    const known = Object.keys(parameters).join(", ");
    return `there is no parameter ${shown(named["additionalProperty"])} here; there are ${known === "" ? "none" : known}`;
  }
  const isMissing = issue?.keyword === "required";
  const name = isMissing ? String(named["missingProperty"]) : (issue?.instancePath.split("/")[1] ?? "");
  const wanted = `taken once, as ${allowed(fieldsOf(parameters[name]))}`;
  if (isMissing) return `${name} is missing; it is ${wanted}`;
  return `${name} is ${wanted}; here it is ${shown(fieldsOf(query)[name])}`;
}

function allowed({ type, minimum, maximum, maxLength, enum: words }: Parameter): string {
  if (Array.isArray(words)) return `one of ${words.join(", ")}`;
  if (type === "boolean") return "true or false";
  if (type === "integer") return `a whole number from ${String(minimum)} to ${String(maximum)}`;
  return `a text of at most ${String(maxLength)} characters`;
}

/** As JSON, in which no control character stands as itself. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "";
  return text.length <= shownLengthMax ? text : `${text.slice(0, shownLengthMax)}…`;
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
