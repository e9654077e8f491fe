import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generatedFiles } from './generated.ts';

/** `npm run openapi`: writes the description of the API and what is made from it. */
for (const [file, text] of Object.entries(await generatedFiles())) {
  await writeFile(join(import.meta.dirname, '../..', file), text);
  console.log(file);
}
