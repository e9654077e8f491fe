import type { RequestContext } from './conditions.ts';
import type { Statement } from './policy-document.ts';

/** Who asks, as policies may name them. */
export interface Principal {
  accountId: string;
  /** Of the request: a user, or a session of a role (`arn:aws:sts::...:assumed-role/<role>/<session>`). */
  arn: string;
  /** Of the role behind a session; of a user its own. */
  identityArn: string;
}

export interface Question {
  principal: Principal;
  /** `service:Action` */
  action: string;
  /** ARN. */
  resource: string;
  context: RequestContext;
}

export type Decision =
  | { allowed: true }
  | { allowed: false; because: 'no statement' | 'an identity-based policy' | 'a resource-based policy' };

/**
 * Decides as IAM does within one account: an explicit deny wins; else one allow is enough, whether the caller's own policies give it or
 * the resource's names the caller; nothing said is a no.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html
 */
export function evaluate(question: Question, identity: readonly Statement[], resource: readonly Statement[]): Decision {
  const own = identity.filter((statement) => speaksOf(statement, question));
  const foreign = resource.filter((statement) => speaksOf(statement, question));
  if (own.some(({ effect }) => effect === 'Deny')) return { allowed: false, because: 'an identity-based policy' };
  if (foreign.some((statement) => statement.effect === 'Deny' && names(statement, question.principal, true)))
    return { allowed: false, because: 'a resource-based policy' };
  const allowed =
    own.length > 0 ||
    foreign.some((statement) => statement.effect === 'Allow' && names(statement, question.principal, false));
  return allowed ? { allowed: true } : { allowed: false, because: 'no statement' };
}

function speaksOf(statement: Statement, { action, resource, context }: Question): boolean {
  return statement.action(action) && statement.resource(resource) && statement.condition(context);
}

/** The account as a principal denies to all in it, and allows nobody by itself: it leaves that to their own policies. */
function names({ principals }: Statement, { accountId, arn, identityArn }: Principal, account: boolean): boolean {
  return principals.some(
    (name) =>
      name === '*' ||
      name === arn ||
      name === identityArn ||
      (account && (name === accountId || name === `arn:aws:iam::${accountId}:root`)),
  );
}
