import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type Metafile } from 'esbuild';
import { PLACE } from '../../functions/page/settings.ts';
import { writeCompressed } from './compressed.ts';
import { notices } from './notices.ts';

const root = join(import.meta.dirname, '../..');

/** The version history page, bundled: its document, with the place for its settings, and its policy without what scripts may call. */
interface PageDocument {
  html: string;
  policy: string;
  script: string;
}

/** Bundles functions/page/ into one document. Its policy lets this one script and this one style in, by their hashes, and nothing else. */
export async function pageDocument(): Promise<PageDocument> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['functions/page/main.tsx', 'functions/page/styles.css'],
    outdir: join(root, 'cdk.out'),
    write: false,
    metafile: true,
    bundle: true,
    // Safari 17.5, Chrome 123 and Firefox 120: the first with light-dark().
    target: ['safari17.5', 'chrome123', 'firefox120'],
    format: 'esm',
    minify: true,
    legalComments: 'none',
    logLevel: 'warning',
    jsx: 'automatic',
    jsxImportSource: 'preact',
  });
  const text = (ending: string) => outputFiles.find(({ path }) => path.endsWith(ending))?.text.trim() ?? '';
  // What would end a script element, or begin a comment in it, is written so that JavaScript reads the same.
  const script = text('.js').replaceAll('</script', '<\\/script').replaceAll('<!--', '\\x3c!--');
  const style = text('.css');
  const policy = [
    "default-src 'none'",
    `script-src ${hash(script)}`,
    `style-src ${hash(style)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
  const html = `<!doctype html>
${await notices(packagesIn(metafile))}
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<link rel="icon" href="${ICON}">
<title>Version history</title>
<style>${style}</style>
</head>
<body>
<div id="page"></div>
<noscript>This page needs JavaScript.</noscript>
<script type="application/json" id="settings">${PLACE}</script>
<script type="module">${script}</script>
</body>
</html>
`;
  return { html, policy, script };
}

/** Each package of a bundle, with its licence. */
const packagesIn = ({ inputs }: Metafile): Record<string, string[]> =>
  Object.fromEntries(
    Object.keys(inputs).flatMap((path) => {
      const [, name] = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path) ?? [];
      return name ? [[name, ['LICENSE']]] : [];
    }),
  );

// Three versions on a line, the newest filled.
const ICON = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" fill="none" stroke="#5b5fef" stroke-width="2"><path d="M8 5v6"/><circle cx="8" cy="3.5" r="2.5" fill="#5b5fef"/><circle cx="8" cy="12.5" r="2"/></svg>',
)}`;

const hash = (source: string): string => `'sha256-${createHash('sha256').update(source).digest('base64')}'`;

/** Writes what serve-page serves into the directory of its bundle. */
export async function writePage(directory: string): Promise<void> {
  const { html, policy } = await pageDocument();
  await writeCompressed(join(directory, 'page.html'), html);
  await writeFile(join(directory, 'page.csp'), policy);
}
