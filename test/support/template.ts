import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bundles } from '../../infra/build/bundle.ts';

export interface Resource {
  Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a template is untyped JSON, and tests look deep into it
  Properties: any;
  DependsOn?: string[];
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
}

export interface Template {
  Resources: Record<string, Resource>;
  Outputs: Record<string, { Value: unknown }>;
}

/** Runs `work` in a directory that is gone afterwards. */
export async function inTemporaryDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'project-versions-'));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The template for a context. The functions' code is left out, as the template only knows its hash. */
export function synthesizeTemplate(context: Record<string, unknown> = {}, checks = false): Promise<Template> {
  return inTemporaryDirectory(async (directory) => {
    // aws-cdk-lib takes a second to load, and who only reads a template needs none of it.
    const [{ synthesize }, { functionNames }] = await Promise.all([
      import('../../infra/synthesize.ts'),
      import('../../infra/build/bundle.ts'),
    ]);
    const bundle = join(directory, 'bundle');
    await mkdir(bundle);
    await writeFile(join(bundle, 'index.mjs'), '');
    const bundles = Object.fromEntries(functionNames.map((name) => [name, bundle])) as Bundles;
    const assembly = await synthesize({ context, outdir: join(directory, 'cdk.out'), bundles, checks });
    return assembly.stacks[0]?.template as Template;
  });
}

/** The resource with a logical id. */
export function resource({ Resources }: Template, id: string): Resource {
  const found = Resources[id];
  if (!found) throw new Error(`the template has no ${id}`);
  return found;
}

/** The resources of a type, by logical id. */
export function ofType({ Resources }: Template, type: string): Record<string, Resource> {
  return Object.fromEntries(Object.entries(Resources).filter(([, resource]) => resource.Type === type));
}

/** The only resource of a type. */
export function only(template: Template, type: string): Resource {
  const [first, ...others] = Object.values(ofType(template, type));
  if (!first || others.length > 0)
    throw new Error(`expected one ${type}, the template has ${first ? others.length + 1 : 0}`);
  return first;
}

/** A text of a template, with the names of what it refers to in their place: `AWS::StackName`, `MetadataQueue.Arn`. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const { Ref, ...functions } = value as { Ref?: string; 'Fn::GetAtt'?: string[]; 'Fn::Join'?: [string, unknown[]] };
  if (Ref !== undefined) return Ref;
  if (functions['Fn::GetAtt']) return functions['Fn::GetAtt'].join('.');
  if (functions['Fn::Join']) return functions['Fn::Join'][1].map(textOf).join(functions['Fn::Join'][0]);
  throw new Error(`no text: ${JSON.stringify(value)}`);
}

/** Context with which there is a page. */
export const withPage = { jwtIssuer: 'https://issuer.example', jwtAudience: 'api', jwtClientId: 'page' };

/** Context for a cluster that is already there. */
export const existingCluster = {
  clusterArn: 'arn:aws:rds:eu-west-1:111122223333:cluster:legacy',
  secretArn: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:legacy/owner-AbCdEf',
  database: 'legacy',
};
