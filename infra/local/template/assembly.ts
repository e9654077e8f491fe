import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Template, TemplateNotRunnable } from './template.ts';

/** What `cdk synth` wrote, as far as it is run locally. */
export interface Assembly {
  stackName: string;
  template: Template;
  /** The folder of a bundled asset, from the object key the template names (`<hash>.zip`). */
  assetFolder(objectKey: string): string | undefined;
}

interface Manifest {
  artifacts?: Record<
    string,
    { type: string; properties?: { templateFile?: string; file?: string; stackName?: string } }
  >;
}

interface AssetManifest {
  files?: Record<string, { source: { path?: string }; destinations: Record<string, { objectKey: string }> }>;
}

/**
 * Reads a cloud assembly: its one stack, the stack's template and where its assets lie.
 *
 * @throws TemplateNotRunnable when the folder is no assembly, or holds several stacks.
 */
export async function readAssembly(folder: string): Promise<Assembly> {
  const root = resolve(folder);
  const manifest = await readJson<Manifest>(join(root, 'manifest.json'));
  const artifacts = Object.entries(manifest.artifacts ?? {});
  const stacks = artifacts.filter(([, artifact]) => artifact.type === 'aws:cloudformation:stack');
  const [stack] = stacks;
  if (stack === undefined || stacks.length > 1) {
    throw new TemplateNotRunnable(
      `${root} holds ${stacks.length} stacks (${stacks.map(([name]) => name).join(', ')}); the local stack runs exactly one.`,
    );
  }
  const [name, artifact] = stack;
  const folders = new Map<string, string>();
  for (const [, each] of artifacts) {
    if (each.type !== 'cdk:asset-manifest' || each.properties?.file === undefined) continue;
    const assets = await readJson<AssetManifest>(join(root, each.properties.file));
    for (const file of Object.values(assets.files ?? {})) {
      if (file.source.path === undefined) continue;
      for (const { objectKey } of Object.values(file.destinations))
        folders.set(objectKey, join(root, file.source.path));
    }
  }
  return {
    stackName: artifact.properties?.stackName ?? name,
    template: await readJson<Template>(join(root, artifact.properties?.templateFile ?? `${name}.template.json`)),
    assetFolder: (objectKey) => folders.get(objectKey),
  };
}

async function readJson<T>(file: string): Promise<T> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as T;
  } catch (cause) {
    throw new TemplateNotRunnable(
      `${file} cannot be read as part of a cloud assembly. Synthesize first: npm run synth.`,
      { cause },
    );
  }
}
