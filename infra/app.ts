import './require-node.js';
import { ConfigError } from './config.ts';
import { synthesize } from './synthesize.ts';

try {
  // The CDK CLI says where to; by itself it is where the CLI would.
  await synthesize({ outdir: process.env.CDK_OUTDIR ?? 'cdk.out' });
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  // What to change in cdk.json or on the command line; where in the program it was noticed helps nobody.
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
