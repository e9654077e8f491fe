import { wildcard } from './wildcard.ts';

/** What is known of a request when its conditions are asked; a key that is not there was not sent. */
export type RequestContext = Partial<Record<(typeof CONTEXT_KEYS)[number], string>>;

/**
 * The keys a condition may name, in the spelling of the documentation. Others stop the start: a condition that is not understood must
 * not be taken for one that holds, nor for one that does not.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
const CONTEXT_KEYS = [
  'aws:PrincipalAccount',
  'aws:PrincipalArn',
  'aws:RequestedRegion',
  'aws:SecureTransport',
  // Never sent here: they speak of services that call on somebody's behalf.
  'aws:SourceAccount',
  'aws:SourceArn',
  'kms:ViaService',
] as const;

type Compare = (pattern: string) => (value: string) => boolean;

const equals: Compare = (pattern) => (value) => value === pattern;
const ignoringCase: Compare = (pattern) => (value) => value.toLowerCase() === pattern.toLowerCase();

/**
 * A negated operator holds when none of its values match, and for a key that was not sent.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
const OPERATORS: Record<string, { compare: Compare; negated: boolean }> = {
  ArnEquals: { compare: wildcard, negated: false },
  ArnLike: { compare: wildcard, negated: false },
  ArnNotEquals: { compare: wildcard, negated: true },
  ArnNotLike: { compare: wildcard, negated: true },
  Bool: { compare: ignoringCase, negated: false },
  StringEquals: { compare: equals, negated: false },
  StringEqualsIgnoreCase: { compare: ignoringCase, negated: false },
  StringLike: { compare: wildcard, negated: false },
  StringNotEquals: { compare: equals, negated: true },
  StringNotLike: { compare: wildcard, negated: true },
};

/** A statement's conditions in JSON: operator, key, one value or several. */
export type ConditionBlock = Record<string, Record<string, string | boolean | (string | boolean)[]>>;

export type Condition = (context: RequestContext) => boolean;

/**
 * Makes one test of a condition block: every operator and key must hold, of a key's values any.
 *
 * @param refuse called with the name of an operator or key that is not known here; throws.
 */
export function conditionOf(block: ConditionBlock, refuse: (what: string) => never): Condition {
  const tests = Object.entries(block).flatMap(([name, keys]) => {
    const operator = OPERATORS[name] ?? refuse(`the condition operator ${name}`);
    return Object.entries(keys).map(([given, values]): Condition => {
      const key = CONTEXT_KEYS.find((known) => known.toLowerCase() === given.toLowerCase());
      if (key === undefined) return refuse(`the condition key ${given}`);
      const matches = [values].flat().map((value) => operator.compare(String(value)));
      return (context) => {
        const value = context[key];
        if (value === undefined) return operator.negated;
        return matches.some((match) => match(value)) !== operator.negated;
      };
    });
  });
  return (context) => tests.every((holds) => holds(context));
}
