import { Stack, Validations } from 'aws-cdk-lib/core';
import type { IConstruct } from 'constructs';

/**
 * Acknowledges cdk-nag's finding that a policy ends in a wildcard, for exactly these ARNs: another wildcard in the
 * same policy stays a finding.
 */
export function acknowledgeWildcards(of: IConstruct, arns: string[], reason: string): void {
  for (const arn of arns) {
    Validations.of(of).acknowledge({ id: `AwsSolutions-IAM5[Resource::${flat(Stack.of(of).resolve(arn))}]`, reason });
  }
}

// As cdk-nag writes an ARN in the id of a finding: what is known at deployment only stands in angle brackets.
function flat(value: Intrinsic): string {
  if (typeof value === 'string') return value;
  if ('Ref' in value) return `<${value.Ref}>`;
  if ('Fn::GetAtt' in value) return `<${value['Fn::GetAtt'].join('.')}>`;
  return value['Fn::Join'][1].map(flat).join(value['Fn::Join'][0]);
}

type Intrinsic =
  | string
  | { Ref: string }
  | { 'Fn::GetAtt': [string, string] }
  | { 'Fn::Join': [separator: string, parts: Intrinsic[]] };
