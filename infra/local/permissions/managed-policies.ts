import type { TemplateValue } from '../template/template.ts';

const allow = (...actions: string[]): TemplateValue => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }],
});

/** AWS's own policies that a template may name, by ARN. https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html */
export const AWS_MANAGED_POLICIES: ReadonlyMap<string, TemplateValue> = new Map([
  [
    'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole',
    allow('logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'),
  ],
]);
