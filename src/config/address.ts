/** IPv4 and IPv6 addresses, and blocks of them, as values that compare quickly. */

export interface Address {
  /** In the shortest usual form: `10.0.0.1`, `fd00::1`. An IPv4 address mapped into IPv6 is IPv4. */
  readonly text: string;
  readonly family: 4 | 6;
  /** 4 or 16 numbers from 0 to 255. */
  readonly bytes: readonly number[];
}

export interface Cidr {
  /** `10.0.0.0/8`, with the bits beyond the prefix cleared. */
  readonly text: string;
  readonly address: Address;
  /** 0 to 32 or 0 to 128. */
  readonly prefixBits: number;
}

function parseIpv4(text: string): number[] | undefined {
  const parts = text.split(".");
  // A leading zero is refused: some systems read 010 as eight, so nobody knows which host is meant.
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part))) return undefined;
  const bytes = parts.map(Number);
  return bytes.every((byte) => byte <= 255) ? bytes : undefined;
}

/** The 16-bit groups of one side of `::`; the last may be an IPv4 address. `undefined` when it is malformed. */
function parseGroups(text: string): number[] | undefined {
  if (text === "") return [];
  const groups: number[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    if (index === parts.length - 1 && part.includes(".")) {
      const [a = 0, b = 0, c = 0, d = 0] = parseIpv4(part) ?? [-1];
      if (a < 0) return undefined;
      groups.push(a * 256 + b, c * 256 + d);
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

function parseIpv6(text: string): number[] | undefined {
  const sides = text.split("::");
  if (!text.includes(":") || sides.length > 2) return undefined;
  const [left, right] = [parseGroups(sides[0] ?? ""), parseGroups(sides[1] ?? "")];
  if (left === undefined || right === undefined) return undefined;
  const missing = 8 - left.length - right.length;
  if (sides.length === 2 ? missing < 1 : missing !== 0) return undefined;
  // An IPv4 tail is the end of an address, so it may not stand before `::`.
  if (sides.length === 2 && (sides[0] ?? "").includes(".")) return undefined;
  return [...left, ...Array<number>(missing).fill(0), ...right].flatMap((group) => [group >> 8, group & 255]);
}

/** The longest run of at least two zero groups becomes `::` (RFC 5952). */
function ipv6Text(bytes: readonly number[]): string {
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[i * 2] ?? 0) << 8) | (bytes[i * 2 + 1] ?? 0));
  let [runStart, runLength] = [-1, 1];
  for (let start = 0; start < 8; start += 1) {
    let length = 0;
    while (groups[start + length] === 0) length += 1;
    if (length > runLength) [runStart, runLength] = [start, length];
  }
  const hex = (some: number[]): string => some.map((group) => group.toString(16)).join(":");
  if (runStart < 0) return hex(groups);
  return `${hex(groups.slice(0, runStart))}::${hex(groups.slice(runStart + runLength))}`;
}

function isMappedIpv4(bytes: readonly number[]): boolean {
  return bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
}

function addressOf(bytes: readonly number[]): Address {
  const own = bytes.length === 16 && isMappedIpv4(bytes) ? bytes.slice(12) : bytes;
  return own.length === 4
    ? { text: own.join("."), family: 4, bytes: own }
    : { text: ipv6Text(own), family: 6, bytes: own };
}

/** The address, or `undefined` when `text` is none. A zone (`%eth0`) is not taken: it means nothing to another host. */
export function parseAddress(text: string): Address | undefined {
  const bytes = parseIpv4(text) ?? parseIpv6(text);
  return bytes === undefined ? undefined : addressOf(bytes);
}

/** Whether two spellings name one address (`::ffff:10.0.0.1` and `10.0.0.1`); false where either is none. */
export function isSameAddress(a: string, b: string): boolean {
  const [left, right] = [parseAddress(a), parseAddress(b)];
  return left !== undefined && right !== undefined && left.text === right.text;
}

/** The number of leading ones of a netmask, or -1 when a one follows a zero. */
function maskBits(mask: readonly number[]): number {
  const bits = mask.map((byte) => byte.toString(2).padStart(8, "0")).join("");
  return /^1*0*$/.test(bits) ? bits.replaceAll("0", "").length : -1;
}

function prefixOf(written: string, family: 4 | 6): number {
  if (/^\d{1,3}$/.test(written)) return Number(written);
  const mask = family === 4 ? parseIpv4(written) : undefined;
  return mask === undefined ? -1 : maskBits(mask);
}

function cidrOf(address: Address, prefixBits: number): Cidr {
  const bytes = address.bytes.map((byte, index) => {
    const kept = Math.min(8, Math.max(0, prefixBits - index * 8));
    return byte & (0xff << (8 - kept)) & 0xff;
  });
  const network: Address =
    address.family === 4 ? { text: bytes.join("."), family: 4, bytes } : { text: ipv6Text(bytes), family: 6, bytes };
  return { text: `${network.text}/${prefixBits}`, address: network, prefixBits };
}

/**
 * The blocks that a text names: one, or both families for `any`; none when the text is not a block. A bare address is
 * a block of itself.
 */
export function parseCidrs(text: string): Cidr[] {
  if (text.toLowerCase() === "any") return [...parseCidrs("0.0.0.0/0"), ...parseCidrs("::/0")];
  const slash = text.indexOf("/");
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (address === undefined) return [];
  const bitsMax = address.family === 4 ? 32 : 128;
  const prefixBits = slash < 0 ? bitsMax : prefixOf(text.slice(slash + 1), address.family);
  return prefixBits < 0 || prefixBits > bitsMax ? [] : [cidrOf(address, prefixBits)];
}

export function cidrContains(cidr: Cidr, address: Address): boolean {
  if (cidr.address.family !== address.family) return false;
  const whole = cidr.prefixBits >> 3;
  for (let index = 0; index < whole; index += 1) {
    if (cidr.address.bytes[index] !== address.bytes[index]) return false;
  }
  const rest = cidr.prefixBits & 7;
  return (
    rest === 0 || (((cidr.address.bytes[whole] ?? 0) ^ (address.bytes[whole] ?? 0)) & (0xff << (8 - rest)) & 0xff) === 0
  );
}
