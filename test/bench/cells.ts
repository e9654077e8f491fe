const NAME = 40;
const CELL = 12;

/** Prints a name and what belongs to it, as a line of a table. */
export const cells = (name: string, values: string[]): void =>
  console.log(name.padEnd(NAME) + values.map((value) => value.padStart(CELL)).join(''));

/** Milliseconds to three digits. */
export const milliseconds = (ms: number): string => ms.toFixed(ms < 10 ? 2 : ms < 100 ? 1 : 0);
