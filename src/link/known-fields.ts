/**
 * What a peer's message has beyond its schema is ignored (docs/protocol/link.md section 5). Here it is left behind:
 * what goes on to the registry is kept and sent to other nodes, and must not carry what nobody has checked.
 */

/** As much of a JSON schema as the messages of agent-wire.ts are made of. */
interface Shape {
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly items?: Shape;
  readonly anyOf?: readonly Shape[];
  readonly const?: unknown;
}

/** A copy with the fields of the schema only, of a value that the schema admits; variants are told by `kind`. */
export function knownFields(shape: object, value: unknown): unknown {
  const { properties, items, anyOf } = shape as Shape;
  if (anyOf !== undefined) {
    const { kind } = value as { kind: unknown };
    const own = anyOf.find((one) => one.properties?.["kind"]?.const === kind);
    return own === undefined ? undefined : knownFields(own, value);
  }
  if (items !== undefined) return (value as unknown[]).map((one) => knownFields(items, one));
  if (properties === undefined) return value;
  const known: Record<string, unknown> = {};
  for (const name of Object.keys(properties)) {
    const own = properties[name];
    if (own !== undefined && Object.hasOwn(value as object, name)) {
      known[name] = knownFields(own, (value as Record<string, unknown>)[name]);
    }
  }
  return known;
}
