import { relative } from 'node:path';
import { DEFAULT_DATA_DIR, LOCAL_USER } from './endpoints.ts';

/** Where the page is, and what to type in another terminal: at most twelve lines, which fit 120 columns. */
export function nextSteps(api: string, project: string, dataDir: string): string {
  const folder = shown(dataDir);
  const data = dataDir === DEFAULT_DATA_DIR ? '' : `--data ${folder}`;
  const options = data && ` -- ${data}`;
  return `
The history of ${project}, signed in as ${LOCAL_USER}:
  ${api}/?project=${encodeURIComponent(project)}&checkpoints

Calls to copy:   npm run -s examples${options}
For SDKs:        eval "$(npm run -s env${options})"
Another user:    npm run -s token -- --user ada${data && ` ${data}`}
Logs:            npm run logs${options}
Queues:          npm run queue${options}
Stop:            Ctrl-C here; the data stays
Start over:      npm run reset${options}`;
}

function shown(folder: string): string {
  const from = relative(process.cwd(), folder);
  return from === '' ? '.' : from.startsWith('..') ? folder : from;
}
