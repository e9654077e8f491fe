import { dependencies } from './dependencies.ts';
import { NO_VALUE, resolve, type Scope } from './intrinsics.ts';
import { PASSIVE_TYPES } from './passive-types.ts';
import { type Template, TemplateNotRunnable, type TemplateValue } from './template.ts';

/** A resource that exists: what `Ref` and `Fn::GetAtt` on it give. */
export interface Deployed {
  ref: string;
  attribute?(name: string): string | undefined;
}

/** A resource as its kind gets it: every intrinsic resolved. */
export interface Declared {
  logicalId: string;
  type: string;
  properties: Record<string, TemplateValue>;
}

/** How one resource type is brought up on this machine. `deploy` resolves when what depends on it may start. */
export interface ResourceKind<Account> {
  types: readonly string[];
  deploy(resource: Declared, account: Account): Promise<Deployed> | Deployed;
}

/** The account, region and stack the template is deployed to, and what it cannot say by itself. */
export interface Place {
  accountId: string;
  region: string;
  stackName: string;
  secret: Scope['secret'];
}

/**
 * Brings up a template: every resource when all it depends on is there, what does not depend on each other at the same time.
 *
 * @returns the template's outputs.
 * @throws TemplateNotRunnable before anything starts, naming every resource whose type is neither run nor known to need no running.
 */
export async function deployTemplate<Account>(
  template: Template,
  kinds: readonly ResourceKind<Account>[],
  place: Place,
  account: Account,
): Promise<Record<string, string>> {
  const deployed = new Map<string, Deployed>();
  const scope = scopeOf(template, place, deployed);
  const existing = new Set(
    Object.entries(template.Resources)
      .filter(([logicalId, { Condition }]) => Condition === undefined || scope.condition(Condition, logicalId))
      .map(([logicalId]) => logicalId),
  );
  const kindOf = kindsOf(template, existing, kinds);
  const graph = dependencies(template, existing);

  const starting = new Map<string, Promise<void>>();
  const start = (logicalId: string): Promise<void> => {
    const known = starting.get(logicalId);
    if (known !== undefined) return known;
    const started = (async () => {
      await Promise.all([...(graph.get(logicalId) ?? [])].map(start));
      const { Type: type, Properties } = template.Resources[logicalId] as Template['Resources'][string];
      const properties = resolve(Properties ?? {}, scope, `${logicalId}.Properties`) as Declared['properties'];
      const kind = kindOf.get(logicalId);
      deployed.set(
        logicalId,
        kind === undefined
          ? passive(logicalId, type, place)
          : await kind.deploy({ logicalId, type, properties }, account),
      );
    })();
    starting.set(logicalId, started);
    return started;
  };
  await Promise.all([...existing].map(start));

  const outputs: Record<string, string> = {};
  for (const [name, output] of Object.entries(template.Outputs ?? {})) {
    if (output.Condition !== undefined && !scope.condition(output.Condition, `Outputs.${name}`)) continue;
    outputs[name] = String(resolve(output.Value, scope, `Outputs.${name}`));
  }
  return outputs;
}

function kindsOf<Account>(
  template: Template,
  existing: ReadonlySet<string>,
  kinds: readonly ResourceKind<Account>[],
): Map<string, ResourceKind<Account>> {
  const byType = new Map(kinds.flatMap((kind) => kind.types.map((type) => [type, kind] as const)));
  const found = new Map<string, ResourceKind<Account>>();
  const unknown: string[] = [];
  for (const logicalId of existing) {
    const type = template.Resources[logicalId]?.Type ?? '';
    // Any Custom::Name is a custom resource: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-cfn-customresource.html
    const kind =
      byType.get(type) ?? (type.startsWith('Custom::') ? byType.get('AWS::CloudFormation::CustomResource') : undefined);
    if (kind !== undefined) found.set(logicalId, kind);
    else if (!PASSIVE_TYPES.has(type)) unknown.push(`${logicalId} (${type})`);
  }
  if (unknown.length > 0) {
    throw new TemplateNotRunnable(
      `The local stack does not know how to run ${unknown.join(', ')}. ` +
        'Add the type to infra/local/resources.ts, or to infra/local/template/passive-types.ts when it needs no running.',
    );
  }
  return found;
}

function passive(logicalId: string, type: string, place: Place): Deployed {
  const name = `${place.stackName}-${logicalId}`;
  const service = type.split('::')[1]?.toLowerCase() ?? '';
  return {
    ref: name,
    attribute: (attribute) =>
      attribute.endsWith('Arn')
        ? `arn:aws:${service}:${place.region}:${place.accountId}:${name}`
        : `${name}.${attribute}`,
  };
}

function scopeOf(template: Template, place: Place, deployed: ReadonlyMap<string, Deployed>): Scope {
  const pseudo: Record<string, string> = {
    'AWS::AccountId': place.accountId,
    'AWS::Region': place.region,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
    'AWS::StackName': place.stackName,
    'AWS::StackId': `arn:aws:cloudformation:${place.region}:${place.accountId}:stack/${place.stackName}/local`,
  };
  const scope: Scope = {
    mappings: template.Mappings ?? {},
    availabilityZones: ['a', 'b', 'c'].map((zone) => place.region + zone),
    secret: place.secret,
    ref: (name, at) => {
      const value = pseudo[name] ?? deployed.get(name)?.ref ?? template.Parameters?.[name]?.Default;
      if (value === undefined)
        throw new TemplateNotRunnable(`${at}: nothing here is called ${name}, or it is a parameter with no default`);
      return value;
    },
    attribute: (logicalId, name, at) => {
      const value = deployed.get(logicalId)?.attribute?.(name);
      if (value === undefined) {
        throw new TemplateNotRunnable(
          `${at}: the local ${template.Resources[logicalId]?.Type ?? 'resource'} ${logicalId} has no attribute ${name}`,
        );
      }
      return value;
    },
    condition: (name, at) => {
      const condition = template.Conditions?.[name];
      if (condition === undefined) throw new TemplateNotRunnable(`${at}: the template has no condition ${name}`);
      const value = resolve(condition, scope, `Conditions.${name}`, true);
      return value !== NO_VALUE && value === true;
    },
  };
  return scope;
}
