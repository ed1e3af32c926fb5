/**
 * The colours of the page: WCAG 2.2's contrast of every pair that it uses, in both themes, and how far apart the marks
 * of severities and of node states stay for the kinds of colour blindness. A state has a shape and a word besides its
 * colour, and a level its number, so the distances may be small; they may not become smaller unseen.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { projectFiles, readText } from "../support/source.ts";

type Theme = "light" | "dark";
type Rgb = readonly [red: number, green: number, blue: number];

const themes: readonly Theme[] = ["light", "dark"];

const colours = new Map<string, Record<Theme, string>>();
const line = /--([\w-]+):\s*light-dark\((#[\da-f]{6}),\s*(#[\da-f]{6})\)/gi;
for (const [, name = "", light = "", dark = ""] of readText("src/dashboard/tokens.css").matchAll(line)) {
  colours.set(name, { light, dark });
}

function colourOf(name: string, theme: Theme): string {
  const colour = colours.get(name)?.[theme];
  ok(colour !== undefined, `tokens.css has no --${name}`);
  return colour;
}

function linearOf(hex: string): Rgb {
  const channel = (at: number): number => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [channel(1), channel(3), channel(5)];
}

function luminanceOf(hex: string): number {
  const [red, green, blue] = linearOf(hex);
  return red * 0.2126 + green * 0.7152 + blue * 0.0722;
}

/** 1 to 21. */
function contrastOf(one: string, other: string): number {
  const [low = 0, high = 0] = [luminanceOf(one), luminanceOf(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

const surfaces = ["bg", "surface", "well", "raised", "hover", "selected"];
const bands = ["quiet", "low", "medium", "high", "critical"];
const states = ["up", "syncing", "lagging", "down", "refused"];

/** For text, and for what must be seen but is no text. */
const textMin = 4.5;
const markMin = 3;

const pairs: [front: string, back: string, min: number][] = [
  ...["text", "text-2", "text-3", "link"].flatMap((text) => surfaces.map((on) => pair(text, on, textMin))),
  ...["accent", "accent-hover"].map((on) => pair("on-accent", on, textMin)),
  pair("accent", "surface", textMin),
  ...["surface", "well", "raised"].flatMap((on) => [pair("field-line", on, markMin), pair("focus", on, markMin)]),
  pair("focus", "bg", markMin),
  ...bands.map((band) => pair(`sev-${band}-ink`, `sev-${band}-fill`, textMin)),
  ...["high", "critical"].map((band) => pair(`sev-${band}-mark`, "surface", markMin)),
  ...states.flatMap((state) => ["surface", "bg", `${state}-fill`].map((on) => pair(state, on, textMin))),
  ...[1, 2, 3, 4].map((span) => pair(`span-${span}`, "well", textMin)),
];

function pair(front: string, back: string, min: number): [string, string, number] {
  return [front, back, min];
}

for (const theme of themes) {
  test(`every pair of colours can be read in the ${theme} theme`, () => {
    const offences = pairs
      .map(([front, back, min]) => ({
        ...{ front, back, min },
        contrast: contrastOf(colourOf(front, theme), colourOf(back, theme)),
      }))
      .filter(({ contrast, min }) => contrast < min)
      .map(({ front, back, min, contrast }) => `${front} on ${back}: ${contrast.toFixed(2)}, less than ${min}`);
    deepEqual(offences, []);
  });
}

test("black on white has a contrast of 21, and a colour on itself of 1", () => {
  equal(contrastOf("#000000", "#ffffff"), 21);
  equal(contrastOf("#123456", "#123456"), 1);
});

/** Machado, Oliveira and Fernandes 2009, severity 1.0, on linear RGB. */
const visions = {
  normal: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protan: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deutan: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritan: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
} as const satisfies Record<string, readonly [Rgb, Rgb, Rgb]>;
type Vision = keyof typeof visions;

function times([a, b, c]: Rgb, [x, y, z]: Rgb): number {
  return a * x + b * y + c * z;
}

/** How a colour is seen, in OKLab, where distances are about what they look like. */
function seenAs(hex: string, vision: Vision): Rgb {
  const rgb = linearOf(hex);
  const clip = (row: Rgb): number => Math.min(1, Math.max(0, times(row, rgb)));
  const [first, second, third] = visions[vision];
  const seen: Rgb = [clip(first), clip(second), clip(third)];
  const cones: Rgb = [
    Math.cbrt(times([0.4122214708, 0.5363325363, 0.0514459929], seen)),
    Math.cbrt(times([0.2119034982, 0.6806995451, 0.1073969566], seen)),
    Math.cbrt(times([0.0883024619, 0.2817188376, 0.6299787005], seen)),
  ];
  return [
    times([0.2104542553, 0.793617785, -0.0040720468], cones),
    times([1.9779984951, -2.428592205, 0.4505937099], cones),
    times([0.0259040371, 0.7827717662, -0.808675766], cones),
  ];
}

/** The distance of the nearest two, times 100. */
function nearest(names: readonly string[], theme: Theme, vision: Vision): { distance: number; words: string } {
  const seen = names.map((name) => ({ name, at: seenAs(colourOf(name, theme), vision) }));
  let least = { distance: Infinity, words: "" };
  for (const [index, one] of seen.entries()) {
    for (const other of seen.slice(index + 1)) {
      const distance = 100 * Math.hypot(...one.at.map((value, axis) => value - (other.at[axis] ?? 0)));
      if (distance < least.distance) least = { distance, words: `${one.name} and ${other.name} in the ${theme} theme` };
    }
  }
  return least;
}

/** To one digit behind the point, as the design states them. */
function farEnough(names: readonly string[], theme: Theme, vision: Vision, min: number): void {
  const { distance, words } = nearest(names, theme, vision);
  ok(Math.round(distance * 10) / 10 >= min, `${words} are ${distance.toFixed(2)} apart, less than ${min}`);
}

const marks = bands.map((band) => `sev-${band}-mark`);

for (const vision of ["normal", "protan", "deutan", "tritan"] as const) {
  for (const theme of themes) {
    // Where medium and critical come near each other, one is a bar and the other a diamond in a lane of its own.
    const severityMin = vision === "tritan" && theme === "dark" ? 4.2 : 10;
    test(`severities are ${severityMin} apart and states 4.0 for ${vision} eyes in the ${theme} theme`, () => {
      farEnough(marks, theme, vision, severityMin);
      farEnough(states, theme, vision, 4);
    });
  }
}

test("a colour stands in tokens.css and nowhere else", () => {
  const sheets = projectFiles("src/dashboard").filter((path) => path.endsWith(".css") && !path.endsWith("/tokens.css"));
  ok(sheets.length > 0, "the test reads the styles");
  const offences = sheets.flatMap((path) =>
    readText(path)
      .replace(/\/\*[\s\S]*?\*\//g, "")
      .split("\n")
      .filter((text) => /#[\da-f]{3,8}\b(?![^{]*\{)|\b(?:rgb|hsl|oklch|light-dark)a?\(/i.test(text))
      .map((text) => `${path}: ${text.trim()}`),
  );
  deepEqual(offences, []);
});
