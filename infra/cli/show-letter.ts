import { clean, oneLine } from '../../functions/platform/text.ts';
import type { Letter } from './letters.ts';

/** Keys whose texts are prompts, wherever they stand: they belong to the user and are shown to nobody else. */
const PROMPTS = new Set(['prompt', 'enhanced_prompt']);
const LONGEST = 300;

/** The body as a person may read it: without prompts and control characters, long texts clipped. */
export const readableBody = (body: string): string => clean(shortBody(body));

function shortBody(body: string): string {
  try {
    const hide = (key: string, value: unknown) => {
      if (PROMPTS.has(key)) return '(left out)';
      return typeof value === 'string' && value.length > LONGEST ? `${value.slice(0, LONGEST)} ...` : value;
    };
    return JSON.stringify(JSON.parse(body), hide, 2);
  } catch {
    return body.length > LONGEST ? `${body.slice(0, LONGEST)} ...` : body;
  }
}

/** A letter, why it lies there, and what to do next. */
export const showLetter = (letter: Letter): string => `${letter.id}
  sent      ${letter.sentAt.toISOString()}
  version   ${letter.versionId ?? 'unknown'}
  project   ${oneLine(letter.projectId ?? 'unknown')}
  work      ${oneLine(letter.correlationId)}
  reason    ${oneLine(letter.reason)}
${readableBody(letter.body).replace(/^/gm, '  ')}

${nextStep(letter.reason)}
  npm run dead-letters -- redrive ${letter.id}`;

function nextStep(reason: string): string {
  if (/not recorded yet|not deployed yet/.test(reason))
    return 'Report the build first (POST and PATCH /pipeline/projects/...), then put the message back:';
  if (/another project|build of this version failed|not JSON|: /.test(reason))
    return 'Unchanged, it will fail again; its sender has to fix it. To retry anyway:';
  return 'After fixing the cause, put it back on the queue:';
}
