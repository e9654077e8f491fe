/** What of a Converse request an answer depends on. */
export interface ConverseBody {
  messages?: { content?: { text?: string }[] }[];
  toolConfig?: { tools?: { toolSpec?: { name?: string } }[] };
}

interface Build {
  asked_for?: string;
  commits?: string[];
}

/**
 * What the model of this machine says of a build: no model, but the same every time, and of the form that was asked for. It only knows the questions of this
 * application; to any other it says that it does not.
 */
export function defaultAnswer({ messages = [] }: ConverseBody): object | string {
  const build = buildIn(messages[0]?.content?.[0]?.text ?? '');
  if (!build) return 'This model describes builds, and nothing else.';
  const subject = (build.commits?.[0] ?? build.asked_for ?? '').split('\n', 1)[0]?.slice(0, 60) || 'A new version';
  const change_type = /\b(fix|typo|correct)/i.test(subject) ? 'patch' : 'minor';
  return {
    change_type,
    version: null,
    name: subject,
    description: `${subject}. Described by the model of this machine, which knows no better.`,
    breaking_risk: change_type === 'patch' ? 'none' : 'low',
    confidence: 0.5,
    reasoning: 'It goes by the first words alone.',
  };
}

function buildIn(text: string): Build | undefined {
  try {
    const build: unknown = JSON.parse(text);
    return typeof build === 'object' && build !== null ? build : undefined;
  } catch {
    return undefined;
  }
}
