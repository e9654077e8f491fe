import { Queue } from 'aws-cdk-lib/aws-sqs';
import { App, Stack, Validations } from 'aws-cdk-lib/core';
import { AwsSolutionsChecks } from 'cdk-nag/lib/packs/aws-solutions.js';
import { describe, expect, it } from 'vitest';
import { existingCluster, inTemporaryDirectory, synthesizeTemplate } from '../support/template.ts';

// synthesize() fails on a finding of cdk-nag's AwsSolutions rules that is not acknowledged.
describe('cdk-nag', () => {
  it.each([
    ['a database of its own', {}],
    [
      'an existing cluster, tokens, a page, origins, a domain, a foreign pipeline, a model and somebody to tell',
      {
        ...existingCluster,
        jwtIssuer: 'https://issuer.example',
        jwtAudience: 'web',
        jwtClientId: 'page',
        corsOrigins: 'https://app.example',
        domainName: 'versions.example.com',
        certificateArn: 'arn:aws:acm:eu-west-1:111122223333:certificate/0a1b2c3d-0000-4000-8000-000000000000',
        pipelinePrincipals: '444455556666',
        modelId: 'eu.amazon.nova-lite-v1:0',
        alarmEmail: 'ops@example.com',
      },
    ],
  ])('has nothing to say about a stack with %s', async (_, context) => {
    await expect(synthesizeTemplate(context, true)).resolves.toBeDefined();
  });
});

// Were this to pass quietly, so would the tests above.
it('a finding that nobody acknowledged ends the synthesis', () =>
  inTemporaryDirectory(async (outdir) => {
    const app = new App({ outdir, builtinCloudFormationValidation: false });
    new Queue(new Stack(app, 'Open'), 'Plain');
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    expect(() => app.synth()).toThrow(/AwsSolutions-SQS4/);
  }));
