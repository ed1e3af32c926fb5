/**
 * The tests that `<compiled_rule>` names (ruleset-spec 5.1); in the peers they are programmed functions.
 *
 * Of two of them the facts do not say all. `is_valid_crawler` asks for one of eight fixed beginnings of addresses; ours
 * are blocks from which Google's, Microsoft's and Yahoo's crawlers are known to come, the three that the rules with it
 * name. `comp_mswin_targetuser_calleruser_diff` is used by no shipped rule; by its name it holds where an event of
 * Windows names a target user and a caller, and they differ.
 */
import type { Flavour } from "../../syntax/pattern.ts";
import type { DecodedEvent } from "../decoded-event.ts";

type CompiledRule = (event: DecodedEvent) => boolean;

const crawlers = ["66.249.", "72.14.", "65.54.", "65.55.", "157.55.", "207.46.", "72.30.", "74.6."];

const targetUser = /Target (?:Account|User) Name:[ \t]*(\S+)/;
const callerUser = /Caller User Name:[ \t]*(\S+)/;

const isSimpleRequest: CompiledRule = ({ fields }) =>
  fields.url !== undefined && (fields.url === "/" || !fields.url.includes("?"));

const both: ReadonlyMap<string, CompiledRule> = new Map<string, CompiledRule>([
  [
    "comp_srcuser_dstuser",
    ({ fields }) => fields.srcuser === undefined || fields.dstuser === undefined || fields.srcuser === fields.dstuser,
  ],
  ["check_id_size", ({ fields }) => fields.id !== undefined && fields.id.length >= 10],
  [
    "comp_mswin_targetuser_calleruser_diff",
    ({ log }) => {
      const [target, caller] = [targetUser.exec(log.raw)?.[1], callerUser.exec(log.raw)?.[1]];
      return target !== undefined && caller !== undefined && target !== caller;
    },
  ],
  ["is_simple_http_request", isSimpleRequest],
  ["is_valid_crawler", ({ log }) => crawlers.some((beginning) => log.raw.startsWith(beginning))],
]);

/** OSSEC's page request is a GET; one of which the action is not known may be. */
const ossecs: ReadonlyMap<string, CompiledRule> = new Map([
  ...both,
  [
    "is_simple_http_request",
    (event) => isSimpleRequest(event) && (event.fields.action === undefined || event.fields.action === "GET"),
  ],
]);

export const compiledRuleNames: readonly string[] = [...both.keys()];

/** Undefined: there is none of that name. */
export function compiledRule(name: string, flavour: Flavour): CompiledRule | undefined {
  return (flavour === "ossec" ? ossecs : both).get(name);
}
