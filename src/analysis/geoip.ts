/**
 * Where addresses are, for `srcgeoip` and `dstgeoip` (ruleset-spec 5.1), by a MaxMind database in the form `.mmdb` that
 * the operator has. The database is part of the ruleset, since it changes answers.
 *
 * A place is `US` or, where the database knows regions, `US / California`: a rule may look for the country at the
 * beginning, and what is compared tells regions of one country apart.
 */
import { Reader, type Response } from "mmdb-lib";
import { describeError } from "../base/error.ts";
import { parseAddress } from "../config/address.ts";
import { ownCopy } from "./own-copy.ts";

/** GeoLite2-City has 60 MB, the largest that are sold some 150. */
export const GEOIP_BYTES_MAX = 512 * 1_024 * 1_024;

export interface Places {
  /** A byte string; undefined for what is no address, or one whose place is not known. The same at every call. */
  placeOf(address: string): string | undefined;
}

/** Addresses come again and again; a look-up costs some microseconds, and the map is emptied when it is full. */
const rememberedMax = 4_096;

class MaxmindPlaces implements Places {
  readonly #reader: Reader<Response>;
  readonly #remembered = new Map<string, string | undefined>();

  constructor(reader: Reader<Response>) {
    this.#reader = reader;
  }

  placeOf(address: string): string | undefined {
    const known = this.#remembered.get(address);
    if (known !== undefined || this.#remembered.has(address)) return known;
    const found = this.#lookUp(address);
    if (this.#remembered.size >= rememberedMax) this.#remembered.clear();
    this.#remembered.set(ownCopy(address), found);
    return found;
  }

  #lookUp(written: string): string | undefined {
    const address = parseAddress(written);
    if (address === undefined || (address.family === 6 && this.#reader.metadata.ipVersion === 4)) return undefined;
    try {
      return placeIn(this.#reader.get(address.text));
    } catch {
      return undefined; // A record that cannot be read tells nothing, whoever's address it is.
    }
  }
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}

function textIn(value: unknown, ...path: readonly string[]): string | undefined {
  const found = path.reduce(member, value);
  return typeof found === "string" && found !== "" ? found : undefined;
}

function placeIn(record: unknown): string | undefined {
  const country = textIn(record, "country", "iso_code") ?? textIn(record, "registered_country", "iso_code");
  if (country === undefined) return undefined;
  const region = textIn(record, "subdivisions", "0", "names", "en") ?? textIn(record, "subdivisions", "0", "iso_code");
  const place = region === undefined ? country : `${country} / ${region}`;
  return Buffer.from(place, "utf8").toString("latin1");
}

/** Throws `RangeError` with the reason when the bytes are no such database. */
export function placesOf(bytes: Uint8Array): Places {
  try {
    return new MaxmindPlaces(new Reader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)));
  } catch (error) {
    throw new RangeError(`is no MaxMind database in the form .mmdb: ${describeError(error)}`);
  }
}
