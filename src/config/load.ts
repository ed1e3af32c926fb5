/** Interface first. */
import type { Disk } from "../base/disk.ts";
import type { Place, XmlElement } from "../syntax/xml.ts";
import type { Problem } from "./problem.ts";
import type { LocatedValues, Options, Section } from "./schema.ts";

/** Who this node is, as far as `nodes="…"` of a section asks. */
export interface Self {
  readonly name: string;
  readonly role: "master" | "worker";
}

/** The elements of a home's configuration, before any table has looked at them. */
export interface ConfigTree {
  /** The sections of ossec.conf. */
  readonly shared: readonly XmlElement[];
  /** The sections of etc/ossec.node.conf. */
  readonly own: readonly XmlElement[];
  readonly problems: readonly Problem[];
}

/** A node's configuration: typed, frozen, complete with defaults. */
export interface Configuration {
  /** In file order. Never holds a secret. */
  readonly problems: readonly Problem[];
  /** Whether the node may start by it. */
  readonly isUsable: boolean;
  /** Each `<name>` that is in force on this node, in file order, for a repeated section. */
  all<O extends Options>(section: Section<O>): readonly LocatedValues<O>[];
  /** The one merged `<name>`; its `place` is `undefined` when nobody wrote it. */
  one<O extends Options>(section: Section<O>): LocatedValues<O>;
  /** Where the first `<name>` in force stands, known or not. */
  placeOf(name: string): Place | undefined;
}

export declare function readConfigTree(home: string, disk: Disk): Promise<ConfigTree>;
export declare function readConfiguration(
  tree: ConfigTree,
  sections: readonly Section[],
  self: Self | undefined,
): Configuration;
