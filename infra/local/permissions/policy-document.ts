import * as z from 'zod';
import { TemplateNotRunnable, type TemplateValue } from '../template/template.ts';
import { type Condition, conditionOf } from './conditions.ts';
import { wildcard } from './wildcard.ts';

/** A statement of a policy, ready to be asked. */
export interface Statement {
  effect: 'Allow' | 'Deny';
  action(name: string): boolean;
  resource(arn: string): boolean;
  condition: Condition;
  /** Of a resource policy: whom it speaks of. Identity policies speak of those they are attached to. */
  principals: string[];
}

const texts = z.union([z.string(), z.array(z.string()).min(1)]).transform((value) => [value].flat());
const scalar = z.union([z.string(), z.boolean()]);

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
// What is not named here (NotPrincipal) stops the start.
const StatementSchema = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.enum(['Allow', 'Deny']),
  Action: texts.optional(),
  NotAction: texts.optional(),
  Resource: texts.optional(),
  NotResource: texts.optional(),
  Condition: z.record(z.string(), z.record(z.string(), z.union([scalar, z.array(scalar)]))).default({}),
  Principal: z.union([z.literal('*'), z.strictObject({ AWS: texts.optional(), Service: texts.optional() })]).optional(),
});

const Document = z.strictObject({
  Version: z.literal('2012-10-17', 'the older version knows no policy variables and other wildcards'),
  Id: z.string().optional(),
  Statement: z.preprocess((value) => [value].flat(), z.array(StatementSchema)),
});

/**
 * Reads a policy document whose intrinsics are resolved.
 *
 * @param at where it stands in the template, for messages.
 * @throws TemplateNotRunnable naming what is not understood: an element, a condition operator or key, a policy variable.
 */
export function statementsOf(document: TemplateValue | undefined, at: string): Statement[] {
  const parsed = Document.safeParse(document);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) =>
      [path.join('.'), message].filter(Boolean).join(': '),
    );
    throw new TemplateNotRunnable(`${at} is no policy that can be evaluated locally: ${problems.join('; ')}`);
  }
  return parsed.data.Statement.map((statement, index) => statementOf(statement, `${at}.Statement[${index}]`));
}

function statementOf(statement: z.infer<typeof StatementSchema>, at: string): Statement {
  const { Effect, Action, NotAction, Resource, NotResource, Condition, Principal } = statement;
  const refuse = (what: string): never => {
    throw new TemplateNotRunnable(
      `${at}: the local stack does not evaluate ${what}. Add it in infra/local/permissions, or change the template.`,
    );
  };
  const variable = [...(Resource ?? []), ...(NotResource ?? [])].find((pattern) => pattern.includes('${'));
  if (variable !== undefined) refuse(`the policy variable in ${variable}`);
  return {
    effect: Effect,
    action: oneOf(Action, NotAction, 'i') ?? refuse('a statement without exactly one of Action and NotAction'),
    resource: oneOf(Resource, NotResource, '') ?? refuse('a statement without exactly one of Resource and NotResource'),
    condition: conditionOf(Condition, refuse),
    principals: Principal === '*' ? ['*'] : [...(Principal?.AWS ?? []), ...(Principal?.Service ?? [])],
  };
}

function oneOf(
  among: string[] | undefined,
  not: string[] | undefined,
  flags: '' | 'i',
): ((text: string) => boolean) | undefined {
  if ((among === undefined) === (not === undefined)) return undefined;
  const patterns = (among ?? not ?? []).map((pattern) => wildcard(pattern, flags));
  return (text) => patterns.some((matches) => matches(text)) === (among !== undefined);
}
