import { describe, expect, it } from 'vitest';
import { ofType, resource, synthesizeTemplate, type Template } from '../support/template.ts';

const invoked = (template: Template) =>
  Object.values(ofType(template, 'AWS::IAM::Policy'))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
    .filter(({ Action }) => [Action].flat().some((action: string) => action.startsWith('bedrock:')))
    .flatMap(({ Action, Resource }) => {
      expect(Action).toBe('bedrock:InvokeModel');
      return [Resource].flat();
    });
const arn = (...parts: unknown[]) => ({ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ...parts]] });
const region = { Ref: 'AWS::Region' };

describe('a model', () => {
  it('is none without its context: nobody may invoke any, and nobody is told of one', async () => {
    const template = await synthesizeTemplate();
    expect(invoked(template)).toEqual([]);
    expect(JSON.stringify(template)).not.toContain('MODEL_ID');
    expect(template.Outputs.ModelId?.Value).toBe('none');
  });

  it('is the one model that generate-metadata may invoke, in the stack’s region', async () => {
    const template = await synthesizeTemplate({ modelId: 'amazon.nova-lite-v1:0', modelCallsPerDay: 50 });
    expect(invoked(template)).toEqual([arn(':bedrock:', region, '::foundation-model/amazon.nova-lite-v1:0')]);
    expect(resource(template, 'GenerateMetadata').Properties.Environment.Variables).toMatchObject({
      MODEL_ID: 'amazon.nova-lite-v1:0',
      MODEL_CALLS_PER_DAY: '50',
    });
    expect(template.Outputs.ModelId?.Value).toBe('amazon.nova-lite-v1:0');
  });

  it('of a cross-region profile is allowed with the profile, wherever the profile sends it', async () => {
    const template = await synthesizeTemplate({ modelId: 'eu.anthropic.claude-haiku-4-5-20251001-v1:0' });
    expect(invoked(template)).toEqual([
      arn(
        ':bedrock:',
        region,
        ':',
        { Ref: 'AWS::AccountId' },
        ':inference-profile/eu.anthropic.claude-haiku-4-5-20251001-v1:0',
      ),
      arn(':bedrock:*::foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0'),
    ]);
  });

  it('of a global profile is allowed without a region too', async () => {
    const template = await synthesizeTemplate({ modelId: 'global.anthropic.claude-haiku-4-5-20251001-v1:0' });
    expect(invoked(template)).toContainEqual(
      arn(':bedrock:::foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0'),
    );
  });
});
