/**
 * One event while it is predecoded, decoded and matched: a mutable record that is used again for the next event, so
 * that the data path makes little garbage. Whoever keeps something beyond the event copies it. All texts are byte
 * strings.
 */
import type { Decoded, EngineEvent, StaticFieldName, StaticFields, Syscheck } from "../model/alert.ts";
import { lowerAscii, Subject } from "../syntax/subject.ts";
import type { Decoder, DecoderType } from "./decode/decoder.ts";
import type { Places } from "./geoip.ts";

/** In the order in which alerts.json shows them. */
export const staticFieldNames: readonly StaticFieldName[] = [
  "protocol",
  "action",
  "srcip",
  "srcport",
  "srcuser",
  "dstip",
  "dstport",
  "dstuser",
  "id",
  "status",
  "url",
  "data",
  "extra_data",
  "system_name",
];

/** All slots always exist, so that every event has the same shape for the compiler. */
type StaticSlots = Record<StaticFieldName, string | undefined>;

/** An event with more dynamic fields than this keeps the first ones (`analysisd.decoder_order_size` at its most). */
export const DYNAMIC_FIELDS_MAX = 1_024;

/** Beyond this many fields a look-up by name builds a map first. */
const linearSearchMax = 8;

const noEvent: EngineEvent = {
  queue: "1",
  agentId: "000",
  agentName: "",
  agentIp: "",
  location: "",
  log: "",
  isTruncated: false,
  eventMs: 0,
  receivedMs: 0,
  node: "",
  host: "",
  isHidden: false,
};

/** An alert of another manager, as its event tells of it (decode/ossec-alert-plugin.ts). */
export interface ForwardedAlert {
  readonly ruleId: number;
  readonly location: string;
  readonly srcip: string | undefined;
  readonly user: string | undefined;
  /** What the other manager alerted of. */
  readonly log: string;
}

/** What hears of decoders at work (cost.ts). */
export interface DecoderMeter {
  decoderBegins(index: number): void;
  /** By the place of the event's decoder in the load order; -1: none, or one that stands in no file. */
  decodingEnds(matched: number): void;
}

export class DecodedEvent {
  /** Of the ruleset, for all its events; undefined: none is configured. */
  places: Places | undefined = undefined;
  event: EngineEvent = noEvent;
  /** In OSSEC's flavour the whole location of an agent's event is its host. Of the ruleset, so `reset` leaves it. */
  isOssec = false;
  /** The working log: what predecoding left. Rules' `match` and `regex` and all decoders look at it. */
  readonly log = new Subject();
  /** Undefined: there is none. An empty one counts as a program name (ruleset-spec 1.2). */
  programName: string | undefined = undefined;
  /** The text of the log's own time stamp; it is never interpreted. */
  timestamp: string | undefined = undefined;
  /** As the log says; see `hostname` for what rules compare. */
  headerHost: string | undefined = undefined;
  /** Undefined when no decoder matched. */
  decoder: Decoder | undefined = undefined;
  /** Of which type a plugin found the event to be, whatever its decoder says; undefined: the decoder's holds. */
  foundType: DecoderType | undefined = undefined;
  /** The event is an alert of another manager; its rule answers where it is there. */
  forwarded: ForwardedAlert | undefined = undefined;
  /** No rule looks at the event: a module of an agent said what is no news, or nothing that is understood. */
  isPassedOver = false;
  /** For `if_fts`: whether what the event tells of was new to the baseline; undefined: a key of its fields decides. */
  isNews: boolean | undefined = undefined;
  /** Of an event about a file or a registry entry. */
  syscheck: Syscheck | undefined = undefined;
  /** In its first word the walk says which decoder it is at (watch.ts). Set by the engine, for all its events. */
  watch: Int32Array = new Int32Array(1);
  /** For `argus ruleset cost`. Set by the engine, for all its events. */
  meter: DecoderMeter | undefined = undefined;
  /** 1 at the index of a decoder that is passed over; undefined: none is. Set by the engine, for all its events. */
  passedOver: Uint8Array | undefined = undefined;
  readonly fields: StaticSlots = {
    protocol: undefined,
    action: undefined,
    srcip: undefined,
    srcport: undefined,
    srcuser: undefined,
    dstip: undefined,
    dstport: undefined,
    dstuser: undefined,
    id: undefined,
    status: undefined,
    url: undefined,
    data: undefined,
    extra_data: undefined,
    system_name: undefined,
  };
  /** Parallel lists in the order in which they were set; a name may stand twice, the first one counts. */
  readonly dynamicNames: string[] = [];
  readonly dynamicLowerNames: string[] = [];
  readonly dynamicValues: string[] = [];
  /** Dynamic fields that were dropped because there were too many. */
  droppedFields = 0;
  #byName: Map<string, string> | undefined = undefined;

  /** Makes this the record of another event, with nothing found in it yet. */
  reset(event: EngineEvent): this {
    this.event = event;
    this.log.set(event.log);
    this.programName = undefined;
    this.timestamp = undefined;
    this.headerHost = undefined;
    this.decoder = undefined;
    this.foundType = undefined;
    this.forwarded = undefined;
    this.isPassedOver = false;
    this.isNews = undefined;
    this.syscheck = undefined;
    this.#emptyFields();
    // To empty a list gives its memory back, and most events have nothing in theirs.
    if (this.dynamicNames.length > 0) {
      this.dynamicNames.length = 0;
      this.dynamicLowerNames.length = 0;
      this.dynamicValues.length = 0;
    }
    this.droppedFields = 0;
    this.#byName = undefined;
    return this;
  }

  /** Slot by slot: a loop over the names would look each of them up. */
  #emptyFields(): void {
    const fields = this.fields;
    fields.protocol = undefined;
    fields.action = undefined;
    fields.srcip = undefined;
    fields.srcport = undefined;
    fields.srcuser = undefined;
    fields.dstip = undefined;
    fields.dstport = undefined;
    fields.dstuser = undefined;
    fields.id = undefined;
    fields.status = undefined;
    fields.url = undefined;
    fields.data = undefined;
    fields.extra_data = undefined;
    fields.system_name = undefined;
  }

  /** From now on rules and outputs see this in place of what was taken in. */
  rewrite(log: string): void {
    this.event = { ...this.event, log };
    this.log.set(log);
  }

  /** `lower` is the name in lower case; decoders know it already. */
  addDynamic(name: string, lower: string, value: string): void {
    if (this.dynamicNames.length >= DYNAMIC_FIELDS_MAX) {
      this.droppedFields += 1;
      return;
    }
    this.dynamicNames.push(name);
    this.dynamicLowerNames.push(lower);
    this.dynamicValues.push(value);
    if (this.#byName !== undefined && !this.#byName.has(lower)) this.#byName.set(lower, value);
  }

  /** Writes over the dynamic field at `index` of the lists; its name may be another one. */
  replaceDynamic(index: number, name: string, lower: string, value: string): void {
    this.dynamicNames[index] = name;
    this.dynamicLowerNames[index] = lower;
    this.dynamicValues[index] = value;
    this.#byName = undefined;
  }

  /** The category of rules that the event is for. */
  get type(): DecoderType {
    return this.foundType ?? this.decoder?.type ?? "syslog";
  }

  /** Where the address is; undefined where it is absent, or nobody knows. */
  placeOf(field: "srcip" | "dstip"): string | undefined {
    const address = this.fields[field];
    return address === undefined ? undefined : this.places?.placeOf(address);
  }

  /** The value of the dynamic field of that name (given in lower case); the first one where it stands twice. */
  dynamic(lower: string): string | undefined {
    const names = this.dynamicLowerNames;
    if (names.length <= linearSearchMax) {
      const index = names.indexOf(lower);
      return index < 0 ? undefined : this.dynamicValues[index];
    }
    if (this.#byName === undefined) {
      this.#byName = new Map();
      for (const [index, name] of names.entries()) {
        if (!this.#byName.has(name)) this.#byName.set(name, this.dynamicValues[index] ?? "");
      }
    }
    return this.#byName.get(lower);
  }

  /** As rules see it: an agent's with the agent before it, `(web) 10.0.0.1->/var/log/syslog`. */
  get location(): string {
    const { agentName, agentIp, location } = this.event;
    return agentName === "" ? location : `(${agentName}) ${agentIp === "" ? "any" : agentIp}->${location}`;
  }

  /** The host that rules compare: the agent's name, or the log's own host, or the node's cut at its first dot. */
  get hostname(): string {
    const { agentId, agentName, host } = this.event;
    if (agentId !== "000") return this.isOssec ? this.location : agentName;
    if (this.headerHost !== undefined) return this.headerHost;
    const dot = host.indexOf(".");
    return dot < 0 ? host : host.slice(0, dot);
  }

  /** A copy for an answer. The host is shown only where the header has the strict syslog form (ruleset-spec 9.1). */
  toDecoded(): Decoded {
    const fields: StaticFields = {};
    for (const name of staticFieldNames) {
      const value = this.fields[name];
      if (value !== undefined) fields[name] = value;
    }
    const { decoder } = this;
    return {
      predecoder: { programName: this.programName, timestamp: this.timestamp, hostname: strictHost(this.event.log) },
      decoder: decoder && {
        name: decoder.name,
        parent: decoder.parent,
        ftscomment: decoder.ftscomment,
        accumulate: decoder.accumulate,
      },
      fields,
      syscheck: this.syscheck,
      dynamicFields: this.dynamicNames.map((name, index) => ({ name, value: this.dynamicValues[index] ?? "" })),
    };
  }
}

const strictHeader = /^[A-Z][a-z]{2} [ 0-3]\d \d\d:\d\d:\d\d ([A-Za-z0-9()\-./@_]+) /;

function strictHost(log: string): string | undefined {
  return strictHeader.exec(log)?.[1];
}

/** Whether a name of `order` or `field` is one of the static ones, and which. `user` is another word for dstuser. */
export function staticFieldOf(name: string): StaticFieldName | undefined {
  const lower = lowerAscii(name);
  return lower === "user" ? "dstuser" : staticFieldNames.find((known) => known === lower);
}
