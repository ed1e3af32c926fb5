/** Whether a cluster key can be guessed: one ClientHello is enough to try guesses against, offline. */

/** Keys that stand in manuals and quick starts. */
const samples: ReadonlySet<string> = new Set([
  "your-cluster-key",
  "c98b62a9b6169ac5f67dae55ae4a9088",
  "fd3350b86d239654e34866ab3c4988a8",
  "ugdtAnd7Pi9myP7CVts4qZaZQEQcRYZa",
]);

const charactersMin = 32;
/** 32 characters of eight different ones at random still have 96 bits; fewer means repetition. */
const differentMin = 8;

/** What makes the key weak, completing "the key …", or `undefined`. Never holds any of the key. */
export function weaknessOf(key: string): string | undefined {
  const characters = [...key];
  if (samples.has(key)) return "is a well-known sample";
  if (characters.length < charactersMin) return `has fewer than ${charactersMin} characters`;
  if (new Set(characters).size < differentMin) return `has fewer than ${differentMin} different characters`;
  return undefined;
}
