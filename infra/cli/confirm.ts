import { createInterface } from 'node:readline/promises';

/** Asks on a terminal; where nobody can answer, `--yes` has to be given. @returns whether to go on */
export async function confirm(question: string, yes: boolean): Promise<boolean> {
  if (yes) return true;
  if (!process.stdin.isTTY) {
    process.stderr.write(`${question}\nNot a terminal, so nobody can confirm: add --yes.\n`);
    return false;
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}
