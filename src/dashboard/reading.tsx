/** Whether somebody is reading a part of the page: then it may not move under them. */
import { computed, useSignal, type ReadonlySignal, type Signal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { usePage } from "./page-context.tsx";

/** True while text inside of the element is selected. */
export function useSelectionIn(element: RefObject<HTMLElement | null>): Signal<boolean> {
  const { browser } = usePage();
  const isSelected = useSignal(false);
  useEffect(
    () =>
      browser.onSelection(() => {
        isSelected.value = element.current !== null && browser.hasSelectionIn(element.current);
      }),
    [browser, element, isSelected],
  );
  return isSelected;
}

export interface Reading {
  readonly isReading: ReadonlySignal<boolean>;
  /** Go onto the element. A finger that has left the screen reads no more, so only a mouse counts as a pointer. */
  readonly listeners: {
    onPointerEnter(event: PointerEvent): void;
    onPointerLeave(event: PointerEvent): void;
    onFocusIn(): void;
    onFocusOut(event: FocusEvent): void;
  };
}

/** True while the mouse or the focus is in the element, or text of it is selected. */
export function useReading(element: RefObject<HTMLElement | null>): Reading {
  const { browser } = usePage();
  const isSelected = useSelectionIn(element);
  const hasPointer = useSignal(false);
  const hasFocus = useSignal(false);
  return useMemo(
    () => ({
      isReading: computed(() => isSelected.value || hasPointer.value || hasFocus.value),
      listeners: {
        onPointerEnter: ({ pointerType }) => (hasPointer.value = pointerType === "mouse"),
        onPointerLeave: ({ pointerType }) => {
          hasPointer.value = false;
          // What a mouse has pressed keeps the focus, unseen: whoever has gone away with the mouse reads no more.
          if (pointerType === "mouse" && element.current?.querySelector(":focus-visible") === null) {
            hasFocus.value = false;
          }
        },
        onFocusIn: () => (hasFocus.value = true),
        onFocusOut: ({ relatedTarget }) => {
          // Of a window that is left nothing else is focused: its own focus comes back to the same place.
          const isWithin = element.current?.contains(relatedTarget instanceof Node ? relatedTarget : null) ?? false;
          hasFocus.value = isWithin || (relatedTarget === null && browser.hasFocusIn(element.current ?? {}));
        },
      },
    }),
    [browser, element, isSelected, hasPointer, hasFocus],
  );
}
