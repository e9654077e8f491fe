import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Texts that stand nowhere else, by what they are planted in. */
export const canaries = {
  prompt: 'canary-of-a-prompt-Zq81',
  enhancedPrompt: 'canary-of-an-enhanced-prompt-Kw27',
  promptMetadata: 'canary-of-prompt-metadata-Xv90',
  commit: 'canary-of-a-commit-Bn44',
  title: 'canary-of-a-recommendation-Lp63',
  recommended: 'canary-of-a-recommended-prompt-Td15',
  described: 'canary-of-a-description-Ry72',
  name: 'canary-of-a-name-Hs38',
  comment: 'canary-of-a-comment-Mj56',
  search: 'canary-of-a-search-Gf09',
  key: 'canary-of-an-idempotency-key-Cd21',
  answer: 'canary-of-a-model-answer-Uo83',
};

/** What stands in statements alone. */
const SQL = /\bselect public\.|\bpublic\.\w+_v\d+\(|\binsert into\b|:p\d\b/i;

/** Which of the planted texts, and of `secrets` by their names, a text holds, and whether it holds SQL. */
export function found(text: string, secrets: Record<string, string> = {}): string[] {
  const all = Object.entries({ ...canaries, ...secrets });
  const names = all.filter(([, value]) => text.includes(value)).map(([name]) => name);
  return SQL.test(text) ? [...names, 'SQL text'] : names;
}

/** Every line the functions wrote, behind the name of its file. */
export async function linesOf(logs: string): Promise<{ file: string; line: string }[]> {
  const files = await readdir(logs);
  const texts = await Promise.all(files.map((file) => readFile(join(logs, file), 'utf8')));
  return texts.flatMap((text, at) =>
    text.split('\n').flatMap((line) => (line === '' ? [] : [{ file: files[at] ?? '', line }])),
  );
}
