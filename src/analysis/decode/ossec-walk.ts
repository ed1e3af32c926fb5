/**
 * OSSEC's walk through its decoders (ruleset-spec 3.5). What differs from Wazuh's:
 *
 * - a child becomes the event's decoder whenever its regex matches, and not by its prematch alone;
 * - a plugin ends decoding, and reads the whole log;
 * - a group that took no part is skipped, so that the groups behind it move to the names before;
 * - a dynamic field lives in the slot of its place in the order: a later decoder of the chain writes over it.
 */
import { afterPointer, NO_MATCH } from "../../syntax/pattern.ts";
import type { DecodedEvent } from "../decoded-event.ts";
import type { LogLiterals } from "../log-literals.ts";
import { isAtWork } from "../watch.ts";
import { OSSEC_GROUPS_MAX, type FieldTarget } from "./decoder.ts";
import type { Child, FileDecoder, Root } from "./file-decoder.ts";
import { offsetOf } from "./walk-offset.ts";

/** One for all events, which are walked one after another. */
const walk = {
  afterParent: 0,
  afterPrematch: 0,
  afterRegex: -1,
  /** The index of the dynamic field that fills each slot, or -1; no more slots than `slotCount` are filled. */
  slots: new Int32Array(OSSEC_GROUPS_MAX).fill(-1),
  slotCount: 0,
};

export function walkOssec(decoded: DecodedEvent, roots: readonly Root[], literals: LogLiterals): void {
  const { log } = decoded;
  for (const { decoder, children } of roots) {
    const { prematch } = decoder;
    if (prematch !== undefined && !literals.holds(prematch.group)) continue;
    if (!isAtWork(decoded, decoder)) continue;
    let after = 0;
    if (prematch !== undefined) {
      const pointer = prematch.expression.match(log, 0);
      if (pointer === NO_MATCH) continue;
      after = afterPointer(pointer, log.raw.length);
    }
    decoded.decoder = decoder;
    walk.afterParent = after;
    walk.afterPrematch = after;
    walk.afterRegex = -1;
    walk.slots.fill(-1, 0, walk.slotCount);
    walk.slotCount = 0;
    if (children.length === 0) run(decoded, decoder);
    else runChain(decoded, children, select(decoded, children, literals));
    return;
  }
}

/** The index of the child to begin with, or -1; its prematch, where it has one, makes it the event's decoder. */
function select(decoded: DecodedEvent, children: readonly Child[], literals: LogLiterals): number {
  const { log } = decoded;
  let index = -1;
  let isChainPassedOver = false;
  for (const { decoder, hasNext } of children) {
    index += 1;
    // Of a chain whose first member failed nobody is tried.
    const isPassedOver = isChainPassedOver;
    isChainPassedOver = hasNext;
    if (isPassedOver || !isAtWork(decoded, decoder)) continue;
    if (decoder.prematch === undefined) return index;
    const { expression, offset, group } = decoder.prematch;
    const from = offset === "after_parent" ? walk.afterParent : 0;
    const pointer = literals.holds(group) ? expression.match(log, from) : NO_MATCH;
    if (pointer === NO_MATCH) continue;
    decoded.decoder = decoder;
    walk.afterPrematch = afterPointer(pointer, log.raw.length);
    return index;
  }
  return -1;
}

function runChain(decoded: DecodedEvent, children: readonly Child[], from: number): void {
  if (from < 0) return;
  for (let index = from; index < children.length; index += 1) {
    const child = children[index];
    if (child === undefined || !run(decoded, child.decoder) || !child.hasNext) return;
  }
}

/** False where decoding ends: behind a plugin, and at a decoder that has nothing to run. */
function run(decoded: DecodedEvent, decoder: FileDecoder): boolean {
  if (!isAtWork(decoded, decoder)) return true;
  if (decoder.plugin !== undefined) {
    decoder.plugin(decoded, 0, decoded.decoder ?? decoder);
    return false;
  }
  if (decoder.regex === undefined) return false;
  const { expression, offset, order } = decoder.regex;
  const match = expression.exec(decoded.log, offsetOf(offset, walk));
  if (match === undefined) return true;
  decoded.decoder = decoder;
  walk.afterRegex = afterPointer(match.pointer, decoded.log.raw.length);
  fillFields(decoded, match.groups, order);
  return true;
}

function fillFields(
  decoded: DecodedEvent,
  groups: readonly (string | undefined)[],
  order: readonly FieldTarget[],
): void {
  let slot = 0;
  for (const value of groups) {
    if (value === undefined) continue;
    const target = slot < OSSEC_GROUPS_MAX ? order[slot] : undefined;
    if (target === undefined) return;
    if (target.kind === "static") decoded.fields[target.name] = value;
    else fillSlot(decoded, slot, target.name, target.lower, value);
    slot += 1;
  }
}

function fillSlot(decoded: DecodedEvent, slot: number, name: string, lower: string, value: string): void {
  const filled = walk.slots[slot] ?? -1;
  if (filled >= 0) return decoded.replaceDynamic(filled, name, lower, value);
  walk.slots[slot] = decoded.dynamicNames.length;
  if (slot >= walk.slotCount) walk.slotCount = slot + 1;
  decoded.addDynamic(name, lower, value);
}
