import { describe, expect, it } from 'vitest';
import { resolve, type Scope } from '../../../infra/local/template/intrinsics.ts';
import type { TemplateValue } from '../../../infra/local/template/template.ts';

const SECRET_ARN = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:db-AbCdEf';
const scope: Scope = {
  mappings: { Sizes: { small: { memory: 128 } } },
  availabilityZones: ['us-east-1a', 'us-east-1b'],
  ref: (name) => ({ 'AWS::Region': 'us-east-1', Queue: 'http://queue', Letters: 'a,b' })[name] ?? `<${name}>`,
  attribute: (logicalId, name) => `${logicalId}:${name}`,
  condition: (name) => name === 'Yes',
  secret: (arn, key) => `${arn === SECRET_ARN ? 'known' : arn}/${key ?? 'all'}`,
};
const resolved = (value: TemplateValue) => resolve(value, scope, 'Thing.Properties');

describe('an intrinsic', () => {
  it.each<[string, TemplateValue, TemplateValue]>([
    ['Ref', { Ref: 'Queue' }, 'http://queue'],
    ['Fn::GetAtt, list', { 'Fn::GetAtt': ['Cluster', 'Endpoint.Address'] }, 'Cluster:Endpoint.Address'],
    ['Fn::GetAtt, string', { 'Fn::GetAtt': 'Cluster.Endpoint.Address' }, 'Cluster:Endpoint.Address'],
    ['Fn::Join', { 'Fn::Join': ['-', ['a', { Ref: 'AWS::Region' }, 3]] }, 'a-us-east-1-3'],
    ['Fn::Sub', { 'Fn::Sub': 'x-${AWS::Region}-${Queue.Arn}-${!Literal}' }, 'x-us-east-1-Queue:Arn-${Literal}'],
    [
      'Fn::Sub with variables',
      { 'Fn::Sub': ['${Own}/${Queue}', { Own: { 'Fn::Join': ['', ['o', 'k']] } }] },
      'ok/http://queue',
    ],
    ['Fn::Select', { 'Fn::Select': [1, { 'Fn::Split': [',', { Ref: 'Letters' }] }] }, 'b'],
    ['Fn::Select of zones', { 'Fn::Select': ['0', { 'Fn::GetAZs': '' }] }, 'us-east-1a'],
    ['Fn::FindInMap', { 'Fn::FindInMap': ['Sizes', 'small', 'memory'] }, 128],
    ['Fn::If, true', { 'Fn::If': ['Yes', { Ref: 'Queue' }, 'no'] }, 'http://queue'],
    ['Fn::If, false', { 'Fn::If': ['No', { Ref: 'Queue' }, 'no'] }, 'no'],
    ['Fn::Equals', { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'us-east-1'] }, true],
    ['Fn::Not', { 'Fn::Not': [{ Condition: 'Yes' }] }, false],
    ['Fn::And', { 'Fn::And': [{ Condition: 'Yes' }, { 'Fn::Not': [{ Condition: 'No' }] }] }, true],
    ['Fn::Or', { 'Fn::Or': [{ Condition: 'No' }, { Condition: 'Yes' }] }, true],
  ])('%s', (_, value, expected) => {
    expect(resolved(value)).toEqual(expected);
  });

  it('is resolved wherever it stands', () => {
    expect(resolved({ a: [{ b: { Ref: 'Queue' } }], c: null, d: 1, Ref: 'two keys: no intrinsic' })).toEqual({
      a: [{ b: 'http://queue' }],
      c: null,
      d: 1,
      Ref: 'two keys: no intrinsic',
    });
  });

  it('AWS::NoValue leaves its property, or list item, out', () => {
    const nothing = { 'Fn::If': ['No', 'x', { Ref: 'AWS::NoValue' }] };
    expect(resolved({ kept: 1, gone: nothing, list: ['a', nothing] })).toEqual({ kept: 1, list: ['a'] });
  });

  it.each([['Fn::ImportValue'], ['Fn::Transform'], ['Fn::Cidr']])('%s is refused by name and place', (name) => {
    expect(() => resolved({ Vpc: { [name]: 'x' } })).toThrow(
      `Thing.Properties.Vpc: the local stack does not know ${name}`,
    );
  });
});

describe('a dynamic reference', () => {
  const arn = { 'Fn::Join': ['', ['arn:aws:secretsmanager:us-east-1:000000000000:secret:', 'db-AbCdEf']] };

  it.each<[string, TemplateValue, string]>([
    [
      'with a key',
      { 'Fn::Join': ['', ['{{resolve:secretsmanager:', arn, ':SecretString:password::}}']] },
      'known/password',
    ],
    ['to the whole secret', `{{resolve:secretsmanager:${SECRET_ARN}:SecretString}}`, 'known/all'],
    ['inside other text', `pw=<{{resolve:secretsmanager:${SECRET_ARN}:SecretString:password}}>`, 'pw=<known/password>'],
  ])('%s gives the secret', (_, value, expected) => {
    expect(resolved(value)).toBe(expected);
  });

  it('to another store is refused', () => {
    expect(() => resolved('{{resolve:ssm:/db/password}}')).toThrow('not ssm');
  });
});
