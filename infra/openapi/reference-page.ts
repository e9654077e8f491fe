import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeCompressed } from '../build/compressed.ts';
import { notices } from '../build/notices.ts';

const assets = dirname(fileURLToPath(import.meta.resolve('swagger-ui-dist/package.json')));

// No outside validator, no `Explore` bar: the page asks for nothing but the document beside it.
const START = `SwaggerUIBundle({
  url: '/openapi.json', dom_id: '#page', deepLinking: true, validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis], defaultModelsExpandDepth: 0, tryItOutEnabled: true,
});`;

/** Writes what serve-docs serves into the directory of its bundle: the document and its page, compressed. */
export async function writeDocs(directory: string): Promise<void> {
  const files = {
    'openapi.json': await readFile(join(import.meta.dirname, 'openapi.json'), 'utf8'),
    'docs.html': await referencePage(),
  };
  for (const [name, text] of Object.entries(files)) await writeCompressed(join(directory, name), text);
}

/**
 * The reference page of the API: Swagger UI and its style inside one document, which loads nothing but /openapi.json. Its policy lets these
 * two scripts run and no other, and answers of the API go nowhere else.
 */
export async function referencePage(): Promise<string> {
  const [script, style] = await Promise.all(
    ['swagger-ui-bundle.js', 'swagger-ui.css'].map((name) => readFile(join(assets, name), 'utf8')),
  );
  // What would end a script element, or begin a comment in it, is written so that JavaScript reads the same.
  const program = (script ?? '').replaceAll('</script', '<\\/script').replaceAll('<!--', '\\x3c!--');
  const policy = [
    "default-src 'none'",
    `script-src ${[program, START].map(hash).join(' ')}`,
    // Swagger UI writes style attributes.
    "style-src 'unsafe-inline'",
    'img-src data:',
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
  ];
  return `<!doctype html>
${await notices({ 'swagger-ui-dist': ['NOTICE', 'LICENSE', 'swagger-ui-bundle.js.LICENSE.txt'] })}
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="content-security-policy" content="${policy.join('; ')}">
<link rel="icon" href="data:,">
<title>project-versions API</title>
<style>${style}</style>
</head>
<body>
<div id="page"></div>
<script>${program}</script>
<script>${START}</script>
</body>
</html>
`;
}

const hash = (script: string): string => `'sha256-${createHash('sha256').update(script).digest('base64')}'`;
