import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib/core';
import type { CloudAssembly } from 'aws-cdk-lib/cx-api';
import recommendedFlags from 'aws-cdk-lib/recommended-feature-flags.json' with { type: 'json' };
import { type Bundles, bundleFunctions } from './build/bundle.ts';
import { compileMigrations, migrationsHash } from './build/compile-migrations.ts';
import { parseConfig } from './config.ts';
import { VersionsStack } from './stack.ts';

export interface SynthesizeOptions {
  /** Context beside what CDK passes in CDK_CONTEXT_JSON. */
  context?: Record<string, unknown>;
  /** Where the assembly goes; by default CDK_OUTDIR, which the CDK CLI sets. */
  outdir?: string;
  /** Bundles made before, else they are made now. */
  bundles?: Bundles;
  /**
   * Whether cdk-nag and aws-cdk-lib's own validation check the template: yes, unless CDK_VALIDATION is `false`, as
   * `cdk synth --no-validation` sets it. They take 1.9 s of the 4.1 s that a synthesis takes.
   */
  checks?: boolean;
}

/**
 * Bundles the functions and writes the cloud assembly: the template and one asset directory a function. Needs no
 * account and no network.
 *
 * @throws ConfigError when the context holds something wrong; Error when a migration or a function does not compile,
 * or cdk-nag finds something that is not acknowledged
 */
export async function synthesize(options: SynthesizeOptions = {}): Promise<CloudAssembly> {
  const checks = options.checks ?? process.env.CDK_VALIDATION !== 'false';
  const app = new App({
    analyticsReporting: false,
    builtinCloudFormationValidation: checks,
    // What `cdk init` writes to cdk.json. From here it moves with the version of aws-cdk-lib, and holds without the CLI too.
    context: { ...recommendedFlags, ...options.context },
    ...(options.outdir && { outdir: options.outdir }),
  });
  const config = parseConfig(app.node.getAllContext());
  const migrations = await compileMigrations(join(import.meta.dirname, '../migrations'));
  const temporary = join(app.outdir, 'bundles');
  const bundles = options.bundles ?? (await bundleFunctions({ outdir: temporary, migrations }));
  new VersionsStack(app, 'ProjectVersions', { config, bundles, migrationsHash: migrationsHash(migrations) });
  // The stack has copied what it needs into the assembly.
  await rm(temporary, { recursive: true, force: true });
  if (checks) {
    // Not from the package's index, which loads every rule pack there is.
    const { AwsSolutionsChecks } = await import('cdk-nag/lib/packs/aws-solutions.js');
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  }
  return app.synth();
}
