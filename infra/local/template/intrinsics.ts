import { type Template, TemplateNotRunnable, type TemplateValue } from './template.ts';

/** Where the values come from that a template refers to. */
export interface Scope {
  /** The `Ref` of a resource, parameter or pseudo parameter. */
  ref(name: string, at: string): TemplateValue;
  attribute(logicalId: string, name: string, at: string): TemplateValue;
  condition(name: string, at: string): boolean;
  mappings: NonNullable<Template['Mappings']>;
  availabilityZones: string[];
  /** The value behind `{{resolve:secretsmanager:<arn>:SecretString:<key>}}`. */
  secret(arn: string, key: string | undefined, at: string): string;
}

/** What `Ref: AWS::NoValue` resolves to: the property is left out. */
export const NO_VALUE = Symbol('AWS::NoValue');

// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-secretsmanager.html
// The secret is named by its ARN, which itself has six colons.
const SECRET = /\{\{resolve:secretsmanager:(arn:[^:}]*(?::[^:}]*){5}):SecretString(?::([^:}]*))?(?::[^:}]*){0,2}\}\}/g;

type Resolver = (argument: TemplateValue, scope: Scope, at: string) => TemplateValue | typeof NO_VALUE;

const INTRINSICS: Record<string, Resolver> = {
  Ref: (name, scope, at) => (name === 'AWS::NoValue' ? NO_VALUE : scope.ref(text(name, at), at)),
  'Fn::GetAtt': (argument, scope, at) => {
    const [id, ...path] = typeof argument === 'string' ? argument.split('.') : list(argument, at);
    return scope.attribute(text(id, at), path.map((part) => text(resolve(part ?? '', scope, at), at)).join('.'), at);
  },
  'Fn::Join': (argument, scope, at) => {
    const [separator, parts] = list(argument, at);
    return list(resolve(parts ?? [], scope, at), at)
      .map((part) => text(part, at))
      .join(text(separator, at));
  },
  'Fn::Sub': (argument, scope, at) => {
    const [pattern, variables] = Array.isArray(argument) ? argument : [argument, {}];
    const own = resolve(variables ?? {}, scope, at) as Record<string, TemplateValue>;
    return text(pattern, at).replace(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
      if (literal === '!') return `\${${name}}`;
      if (own[name] !== undefined) return text(own[name], at);
      const [id, ...path] = name.split('.');
      return text(path.length > 0 ? scope.attribute(id ?? '', path.join('.'), at) : scope.ref(name, at), at);
    });
  },
  'Fn::Select': (argument, scope, at) => {
    const [index, from] = list(argument, at);
    const choices = list(resolve(from ?? [], scope, at), at);
    const chosen = choices[Number(resolve(index ?? '', scope, at))];
    if (chosen === undefined) throw new TemplateNotRunnable(`${at}: Fn::Select ${index} of ${choices.length} values`);
    return chosen;
  },
  'Fn::Split': (argument, scope, at) => {
    const [separator, value] = list(argument, at);
    return text(resolve(value ?? '', scope, at), at).split(text(separator, at));
  },
  'Fn::GetAZs': (_, scope) => scope.availabilityZones,
  'Fn::FindInMap': (argument, scope, at) => {
    const [map, first, second] = list(resolve(argument, scope, at), at).map((key) => text(key, at));
    const value = scope.mappings[map ?? '']?.[first ?? '']?.[second ?? ''];
    if (value === undefined)
      throw new TemplateNotRunnable(
        `${at}: Fn::FindInMap finds no ${map}, ${first}, ${second} in the template's Mappings`,
      );
    return value;
  },
  'Fn::If': (argument, scope, at) => {
    const [name, then, otherwise] = list(argument, at);
    return resolve((scope.condition(text(name, at), at) ? then : otherwise) ?? null, scope, at, true);
  },
  'Fn::Equals': (argument, scope, at) => {
    const [left, right] = list(resolve(argument, scope, at), at);
    return JSON.stringify(left) === JSON.stringify(right);
  },
  'Fn::Not': (argument, scope, at) => !truth(list(argument, at)[0], scope, at),
  'Fn::And': (argument, scope, at) => list(argument, at).every((each) => truth(each, scope, at)),
  'Fn::Or': (argument, scope, at) => list(argument, at).some((each) => truth(each, scope, at)),
  Condition: (name, scope, at) => scope.condition(text(name, at), at),
};

/**
 * Resolves every intrinsic in `value`. Knows a fixed list of them: an unknown one, Fn::ImportValue among them, is an error and never passed on.
 *
 * @param at where the value stands in the template, for messages: `LogicalId.Properties.Name`.
 * @throws TemplateNotRunnable naming the place and what it found there.
 */
export function resolve(value: TemplateValue, scope: Scope, at: string): TemplateValue;
export function resolve(
  value: TemplateValue,
  scope: Scope,
  at: string,
  mayBeNothing: true,
): TemplateValue | typeof NO_VALUE;
export function resolve(
  value: TemplateValue,
  scope: Scope,
  at: string,
  mayBeNothing = false,
): TemplateValue | typeof NO_VALUE {
  const resolved = resolveOnce(value, scope, at);
  return resolved === NO_VALUE && !mayBeNothing ? null : resolved;
}

function resolveOnce(value: TemplateValue, scope: Scope, at: string): TemplateValue | typeof NO_VALUE {
  if (typeof value === 'string') return withSecrets(value, scope, at);
  if (Array.isArray(value)) {
    return value
      .map((each, index) => resolve(each, scope, `${at}[${index}]`, true))
      .filter((each) => each !== NO_VALUE);
  }
  if (typeof value !== 'object' || value === null) return value;

  const [name, ...others] = Object.keys(value);
  const intrinsic = others.length === 0 && name !== undefined ? INTRINSICS[name] : undefined;
  if (intrinsic !== undefined) {
    const result = intrinsic(value[name as string] ?? null, scope, at);
    return typeof result === 'string' ? withSecrets(result, scope, at) : result;
  }
  if (others.length === 0 && name?.startsWith('Fn::')) {
    throw new TemplateNotRunnable(
      `${at}: the local stack does not know ${name}; it knows ${Object.keys(INTRINSICS).join(', ')}. Add it to infra/local/template/intrinsics.ts.`,
    );
  }
  const resolved: Record<string, TemplateValue> = {};
  for (const [key, each] of Object.entries(value)) {
    const result = resolve(each, scope, `${at}.${key}`, true);
    if (result !== NO_VALUE) resolved[key] = result;
  }
  return resolved;
}

function withSecrets(value: string, scope: Scope, at: string): string {
  const filled = value.replace(SECRET, (_, arn: string, key: string | undefined) =>
    scope.secret(arn, key || undefined, at),
  );
  // Whole ones only: CDK writes `{{resolve:` and its end as separate parts of a Fn::Join.
  const other = /\{\{resolve:([^:}]*)[^}]*\}\}/.exec(filled);
  if (other !== null) {
    throw new TemplateNotRunnable(
      `${at}: the local stack resolves {{resolve:secretsmanager:<arn>:SecretString:<key>}}, not ${other[1]}`,
    );
  }
  return filled;
}

function truth(value: TemplateValue | undefined, scope: Scope, at: string): boolean {
  return resolve(value ?? null, scope, at) === true;
}

function list(value: TemplateValue, at: string): TemplateValue[] {
  if (Array.isArray(value)) return value;
  throw new TemplateNotRunnable(`${at}: expected a list, found ${JSON.stringify(value)}`);
}

function text(value: TemplateValue | undefined, at: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new TemplateNotRunnable(`${at}: expected a string, found ${JSON.stringify(value)}`);
}
