/** From a rule's draft to what it counts and how, in the way of the flavour. */
import type { Flavour } from "../../syntax/pattern.ts";
import type { RuleDraft } from "../rules/draft.ts";
import { dynamicReader, staticReader, type Composite, type FieldReader } from "./composite.ts";
import { KeyedComposite } from "./keyed-composite.ts";
import { ListComposite } from "./list-composite.ts";

/** `analysisd.default_timeframe` of the peers. */
const defaultTimeframeSeconds = 360;

export function compositeOf(draft: RuleDraft, flavour: Flavour): Composite {
  const timeframeMs = (draft.timeframeSeconds ?? defaultTimeframeSeconds) * 1_000;
  const { id: ruleId, level, frequency } = draft;
  // What was remembered in the way of one flavour is nothing to the other.
  const fingerprint = flavour === "ossec" ? `ossec ${draft.fingerprint}` : draft.fingerprint;
  const plain = { ruleId, level, frequency, timeframeMs, fingerprint };
  if (flavour === "ossec") return listComposite(draft, plain);
  return new KeyedComposite({
    ...plain,
    isGlobal: draft.isGlobal,
    same: [...[...draft.same].map(staticReader), ...[...draft.sameFields].map(dynamicReader)],
    different: [...[...draft.different].map(staticReader), ...[...draft.notSameFields].map(dynamicReader)],
    comparesDynamicFields: draft.notSameFields.size > 0,
    comparesDecoderType: draft.ifMatchedRegex !== undefined,
  });
}

type Plain = Pick<Composite, "ruleId" | "level" | "timeframeMs" | "fingerprint"> & { frequency: number | undefined };

/** What OSSEC only takes back of `same_*` when it is written as different: nothing is compared then. */
const onlyTakenBack: ReadonlySet<string> = new Set(["srcip", "user", "id"]);

const hostname: FieldReader = (event) => event.hostname;

function listComposite(draft: RuleDraft, plain: Plain): ListComposite {
  const takenBack = (name: string): boolean => onlyTakenBack.has(name) && draft.different.has(name);
  const readerOf = (name: string): FieldReader => (name === "location" ? hostname : staticReader(name));
  return new ListComposite({
    ...plain,
    same: [...draft.same].filter((name) => !takenBack(name)).map(readerOf),
    different: [...draft.different].filter((name) => !onlyTakenBack.has(name)).map(readerOf),
    countsOneRule: draft.ifMatchedSid !== undefined,
  });
}
