import { describe, expect, it } from 'vitest';
import { type Declared, deployTemplate, type ResourceKind } from '../../../infra/local/template/deploy.ts';
import type { Template } from '../../../infra/local/template/template.ts';

const place = { accountId: '000000000000', region: 'us-east-1', stackName: 'Stack', secret: () => '' };

/** Deploys with one kind, AWS::Test::Thing, and says what it was given, in order. */
async function deploy(
  template: Template,
): Promise<{ order: string[]; given: Record<string, Declared['properties']>; outputs: Record<string, string> }> {
  const order: string[] = [];
  const given: Record<string, Declared['properties']> = {};
  const thing: ResourceKind<undefined> = {
    types: ['AWS::Test::Thing', 'AWS::CloudFormation::CustomResource'],
    deploy: async ({ logicalId, properties }) => {
      await new Promise((settle) => setTimeout(settle, logicalId === 'Slow' ? 20 : 1));
      order.push(logicalId);
      given[logicalId] = properties;
      return { ref: `ref-${logicalId}`, attribute: (name) => (name === 'Arn' ? `arn-${logicalId}` : undefined) };
    },
  };
  const outputs = await deployTemplate(template, [thing], place, undefined);
  return { order, given, outputs };
}

const thing = (Properties: Record<string, never> | object = {}, more: object = {}) =>
  ({ Type: 'AWS::Test::Thing', Properties, ...more }) as Template['Resources'][string];

describe('deploying a template', () => {
  it('brings a resource up when all it refers to or depends on is there', async () => {
    const { order, given } = await deploy({
      Resources: {
        Last: thing({ of: { 'Fn::Sub': '${Middle.Arn}' } }),
        Middle: thing({}, { DependsOn: 'Slow' }),
        Slow: thing(),
        Free: thing(),
      },
    });
    expect(order).toEqual(['Free', 'Slow', 'Middle', 'Last']);
    expect(given.Last).toEqual({ of: 'arn-Middle' });
  });

  it('gives types that need no running an identity to refer to', async () => {
    const { given } = await deploy({
      Resources: {
        Key: { Type: 'AWS::KMS::Key' },
        User: thing({ key: { 'Fn::GetAtt': ['Key', 'Arn'] }, name: { Ref: 'Key' } }),
      },
    });
    expect(given.User).toEqual({ key: 'arn:aws:kms:us-east-1:000000000000:Stack-Key', name: 'Stack-Key' });
  });

  it('resolves outputs, pseudo parameters and parameters with a default', async () => {
    const { outputs } = await deploy({
      Parameters: { Size: { Default: 3 } },
      Resources: { A: thing() },
      Outputs: {
        Arn: { Value: { 'Fn::GetAtt': ['A', 'Arn'] } },
        Place: {
          Value: {
            'Fn::Join': [
              '/',
              [
                { Ref: 'AWS::AccountId' },
                { Ref: 'AWS::Region' },
                { Ref: 'AWS::Partition' },
                { Ref: 'AWS::StackName' },
                { Ref: 'Size' },
              ],
            ],
          },
        },
      },
    });
    expect(outputs).toEqual({ Arn: 'arn-A', Place: '000000000000/us-east-1/aws/Stack/3' });
  });

  it('leaves out what a condition excludes, unknown types too', async () => {
    const { order, outputs } = await deploy({
      Conditions: { Never: { 'Fn::Equals': ['a', 'b'] } },
      Resources: { A: thing(), B: { Type: 'AWS::Unheard::Of', Condition: 'Never' } },
      Outputs: { B: { Value: { Ref: 'B' }, Condition: 'Never' } },
    });
    expect([order, outputs]).toEqual([['A'], {}]);
  });

  it('takes any Custom:: type for a custom resource', async () => {
    expect((await deploy({ Resources: { M: { Type: 'Custom::Migrations' } } })).order).toEqual(['M']);
  });

  it.each<[string, Template, string]>([
    [
      'types that are on no list, all of them',
      { Resources: { A: thing(), Db: { Type: 'AWS::DynamoDB::Table' }, Rule: { Type: 'AWS::Events::Rule' } } },
      'does not know how to run Db (AWS::DynamoDB::Table), Rule (AWS::Events::Rule)',
    ],
    [
      'a circle',
      { Resources: { A: thing({ b: { Ref: 'B' } }), B: thing({}, { DependsOn: ['A'] }) } },
      'in a circle: A -> B -> A',
    ],
    [
      'a dependency on nothing',
      { Resources: { A: thing({}, { DependsOn: 'Gone' }) } },
      'A depends on Gone, which the template does not declare',
    ],
    [
      'a reference to nothing',
      { Resources: { A: thing({ x: [{ Ref: 'Gone' }] }) } },
      'A.Properties.x[0]: nothing here is called Gone',
    ],
    [
      'an attribute that is not there',
      { Resources: { A: thing(), B: thing({ x: { 'Fn::GetAtt': ['A', 'Size'] } }) } },
      'the local AWS::Test::Thing A has no attribute Size',
    ],
  ])('stops on %s', async (_, template, message) => {
    await expect(deploy(template)).rejects.toThrow(message);
  });
});
