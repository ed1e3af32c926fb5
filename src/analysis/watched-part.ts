/** Which rule or decoder of a ruleset an engine was at when it hung (watch.ts), and by what it is known again. */
import type { CompiledRuleset } from "./ruleset.ts";
import { watching } from "./watch.ts";

/** What can be passed over: a rule by its id, a decoder by where it stands. */
export interface WatchedPart {
  kind: "rule" | "decoder";
  /** The rule's id, or the decoder's `FILE:LINE`. */
  id: string;
  /** The decoder's name; empty for a rule. */
  name: string;
  /** Of its text: another text is another part. */
  fingerprint: string;
}

/** Undefined where it is no rule and no decoder of the ruleset: predecoding, or the messages of agents' modules. */
export function watchedPart({ rules, decoders }: CompiledRuleset, what: number): WatchedPart | undefined {
  if (what > 0) {
    const rule = rules.byId.get(what);
    return rule && { kind: "rule", id: rule.idText, name: "", fingerprint: rule.draft.fingerprint };
  }
  const decoder = what <= watching.firstDecoder ? decoders.decoders[watching.firstDecoder - what] : undefined;
  if (decoder === undefined) return undefined;
  return { kind: "decoder", id: placeOf(decoder), name: decoder.ownName, fingerprint: fingerprintOf(decoder) };
}

/** How a decoder is named where its name does not do: several may share one. */
export function placeOf({ file, line }: { file: string; line: number }): string {
  return `${file}:${line}`;
}

/** All decoders that stand at `FILE:LINE`; more than one only where a file has several on a line. */
export function decodersAt({ decoders }: CompiledRuleset, place: string): CompiledRuleset["decoders"]["decoders"] {
  return decoders.decoders.filter((decoder) => placeOf(decoder) === place);
}

/** Of what a decoder searches for, wherever it stands. */
export function fingerprintOf(decoder: CompiledRuleset["decoders"]["decoders"][number]): string {
  const { ownName, parent, programName, prematch, regex, plugin } = decoder;
  const texts = [programName, prematch?.expression, regex?.expression].map((one) => one && [one.language, one.pattern]);
  return JSON.stringify([ownName, parent, texts, prematch?.offset, regex?.offset, plugin !== undefined]);
}
