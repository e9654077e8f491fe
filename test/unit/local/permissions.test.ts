import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { AccessDenied, Permissions, UnknownAccessKey } from '../../../infra/local/permissions/permissions.ts';
import { wildcard } from '../../../infra/local/permissions/wildcard.ts';
import type { TemplateValue } from '../../../infra/local/template/template.ts';
import { runs } from '../../support/effort.ts';

const ACCOUNT = '000000000000';
const QUEUE = `arn:aws:sqs:us-east-1:${ACCOUNT}:work`;

type Statement = Record<string, unknown>;
const policy = (...statements: Statement[]) => ({ Version: '2012-10-17', Statement: statements }) as TemplateValue;
const allow = (Action: unknown, Resource: unknown = '*', more: Statement = {}): Statement => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...more,
});
const deny = (Action: unknown, Resource: unknown = '*', more: Statement = {}): Statement => ({
  ...allow(Action, Resource, more),
  Effect: 'Deny',
});

let permissions: Permissions;
let role: string;
let key: string;
beforeEach(() => {
  permissions = new Permissions(ACCOUNT, 'us-east-1');
  role = permissions.declare('role', 'worker');
  key = permissions.assume(role, 'generate').accessKeyId;
});

const attach = (...statements: Statement[]) => permissions.attach(role, policy(...statements), 'Policy');
const allowed = (action: string, resource = QUEUE): boolean => {
  try {
    permissions.authorize(key, action, resource);
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(AccessDenied);
    return false;
  }
};

describe('what a role may do', () => {
  it('is nothing at first, and the refusal is worded as AWS words it', () => {
    expect(() => permissions.authorize(key, 'sqs:SendMessage', QUEUE)).toThrow(
      `User: arn:aws:sts::${ACCOUNT}:assumed-role/worker/generate is not authorized to perform: sqs:SendMessage ` +
        `on resource: ${QUEUE} because no identity-based policy allows the sqs:SendMessage action`,
    );
  });

  it.each<[string, Statement, boolean]>([
    ['the action and resource named', allow('sqs:SendMessage', QUEUE), true],
    ['one of several actions', allow(['sqs:ReceiveMessage', 'sqs:SendMessage'], QUEUE), true],
    ['one of several resources', allow('sqs:SendMessage', ['arn:aws:sqs:::a', QUEUE]), true],
    ['actions whatever their case', allow('SQS:sendmessage', QUEUE), true],
    ['wildcards', allow('sqs:Send*', 'arn:aws:sqs:*:*:wor?'), true],
    ['all but other actions', { Effect: 'Allow', NotAction: 'sqs:Delete*', Resource: QUEUE }, true],
    ['all but other resources', { Effect: 'Allow', Action: 'sqs:*', NotResource: `${QUEUE}-dead` }, true],
    ['another action', allow('sqs:ReceiveMessage', QUEUE), false],
    ['another resource', allow('sqs:SendMessage', `${QUEUE}-dead`), false],
    ['resources in another case', allow('sqs:SendMessage', QUEUE.toUpperCase()), false],
    ['all but this action', { Effect: 'Allow', NotAction: 'sqs:Send*', Resource: '*' }, false],
    ['all but this resource', { Effect: 'Allow', Action: '*', NotResource: 'arn:aws:sqs:*' }, false],
  ])('with a statement of %s', (_, statement, expected) => {
    attach(statement);
    expect(allowed('sqs:SendMessage')).toBe(expected);
  });

  it('is refused by an explicit deny, whatever allows it', () => {
    attach(allow('*'), deny('sqs:SendMessage', QUEUE));
    expect(allowed('sqs:ReceiveMessage')).toBe(true);
    expect(() => permissions.authorize(key, 'sqs:SendMessage', QUEUE)).toThrow(
      /SendMessage on resource: .* with an explicit deny in an identity-based policy$/,
    );
  });

  it('comes from managed policies too, the template’s and those of AWS', () => {
    const managed = permissions.declare('policy', 'sender');
    permissions.attach(managed, policy(allow('sqs:SendMessage')), 'Managed');
    permissions.attachManaged(role, managed, 'Role');
    permissions.attachManaged(role, 'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole', 'Role');
    expect([allowed('sqs:SendMessage'), allowed('logs:PutLogEvents'), allowed('logs:DeleteLogGroup')]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('is its own: another role’s policies do not count, another session’s do', () => {
    const other = permissions.declare('role', 'other');
    permissions.attach(other, policy(allow('*')), 'Policy');
    expect(allowed('sqs:SendMessage')).toBe(false);
    attach(allow('sqs:SendMessage'));
    permissions.authorize(permissions.assume(role, 'again').accessKeyId, 'sqs:SendMessage', QUEUE);
  });

  it('needs an access key that somebody has', () => {
    expect(() => permissions.authorize('AKIANOBODY', 'sqs:SendMessage', QUEUE)).toThrow(UnknownAccessKey);
  });
});

describe('the policy of a resource', () => {
  const onQueue = (...statements: Statement[]) => permissions.attach(QUEUE, policy(...statements), 'QueuePolicy');
  const everyone = { Principal: { AWS: '*' } };

  it('allows the role or session it names, and nobody else', () => {
    onQueue(allow('sqs:SendMessage', QUEUE, { Principal: { AWS: role } }));
    expect(allowed('sqs:SendMessage')).toBe(true);
    const other = permissions.assume(permissions.declare('role', 'other'), 'other').accessKeyId;
    expect(() => permissions.authorize(other, 'sqs:SendMessage', QUEUE)).toThrow(AccessDenied);
  });

  it('leaves it to the callers’ own policies when it names their account, but may deny it to all of them', () => {
    const account = { Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` } };
    onQueue(allow('sqs:*', QUEUE, account), deny('sqs:DeleteMessage', QUEUE, account));
    expect(allowed('sqs:SendMessage')).toBe(false);
    attach(allow('sqs:*'));
    expect([allowed('sqs:SendMessage'), allowed('sqs:DeleteMessage')]).toEqual([true, false]);
  });

  it('denies, also an administrator', () => {
    onQueue(deny('sqs:*', QUEUE, everyone));
    permissions.addAdministrator('admin', { accessKeyId: 'AKIAADMIN', secretAccessKey: 's' });
    expect(() => permissions.authorize('AKIAADMIN', 'sqs:SendMessage', QUEUE)).toThrow(
      /with an explicit deny in a resource-based policy$/,
    );
    permissions.authorize('AKIAADMIN', 'sqs:SendMessage', `${QUEUE}-dead`);
  });

  it('that refuses unencrypted requests refuses none here', () => {
    attach(allow('sqs:SendMessage', QUEUE));
    onQueue(deny('sqs:*', QUEUE, { ...everyone, Condition: { Bool: { 'aws:SecureTransport': 'false' } } }));
    expect(allowed('sqs:SendMessage')).toBe(true);
  });
});

describe('conditions', () => {
  it.each<[object, boolean]>([
    [{ StringEquals: { 'aws:RequestedRegion': 'us-east-1' } }, true],
    [{ StringEquals: { 'AWS:requestedregion': ['eu-west-1', 'us-east-1'] } }, true],
    [{ StringEquals: { 'aws:RequestedRegion': 'US-EAST-1' } }, false],
    [{ StringEqualsIgnoreCase: { 'aws:RequestedRegion': 'US-EAST-1' } }, true],
    [{ StringLike: { 'aws:RequestedRegion': 'us-*' } }, true],
    [{ StringNotEquals: { 'aws:RequestedRegion': ['eu-west-1', 'us-east-1'] } }, false],
    [{ StringNotLike: { 'aws:RequestedRegion': 'eu-*' } }, true],
    [{ ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::${ACCOUNT}:role/*` } }, true],
    [{ ArnNotEquals: { 'aws:PrincipalArn': `arn:aws:iam::${ACCOUNT}:role/worker` } }, false],
    [{ Bool: { 'aws:SecureTransport': true } }, true],
    // Every operator and key must hold.
    [{ Bool: { 'aws:SecureTransport': 'true' }, StringLike: { 'aws:RequestedRegion': 'eu-*' } }, false],
    [{ StringLike: { 'aws:RequestedRegion': 'us-*', 'aws:PrincipalAccount': '1*' } }, false],
    // A key that was not sent fails, and passes where it is negated.
    [{ ArnLike: { 'aws:SourceArn': '*' } }, false],
    [{ StringNotLike: { 'kms:ViaService': 'x' } }, true],
    [{}, true],
  ])('%j', (Condition, expected) => {
    attach(allow('sqs:SendMessage', QUEUE, { Condition }));
    expect(allowed('sqs:SendMessage')).toBe(expected);
  });
});

describe('what is not understood stops the start, by name', () => {
  it.each<[TemplateValue, string]>([
    [policy(allow('a:b', '*', { Condition: { DateLessThan: { 'aws:CurrentTime': 'x' } } })), 'operator DateLessThan'],
    [policy(allow('a:b', '*', { Condition: { StringEquals: { 'aws:username': 'x' } } })), 'condition key aws:username'],
    [policy(allow('a:b', 'arn:aws:s3:::home/${aws:username}')), 'policy variable in arn:aws:s3:::home/${aws:username}'],
    [policy(allow('a:b', '*', { NotPrincipal: '*' })), 'NotPrincipal'],
    [policy({ Effect: 'Allow', Action: 'a:b' }), 'Resource'],
    [policy(allow('a:b', '*', { NotAction: 'a:c' })), 'exactly one of Action and NotAction'],
    [policy({ ...allow('a:b'), Effect: 'Maybe' }), 'Statement.0.Effect'],
    [{ Version: '2008-10-17', Statement: [] }, 'Version'],
  ])('%j', (document, what) => {
    expect(() => permissions.attach(role, document, 'WorkerPolicy.PolicyDocument')).toThrow(
      expect.objectContaining({ name: 'TemplateNotRunnable', message: expect.stringContaining(what) }),
    );
    expect(() => permissions.attach(role, document, 'WorkerPolicy.PolicyDocument')).toThrow(/^WorkerPolicy/);
  });

  it('a managed policy nobody knows, and a role that is not declared', () => {
    expect(() => permissions.attachManaged(role, 'arn:aws:iam::aws:policy/ReadOnlyAccess', 'Role')).toThrow(
      'managed policy arn:aws:iam::aws:policy/ReadOnlyAccess',
    );
    expect(() => permissions.assume(`arn:aws:iam::${ACCOUNT}:role/none`, 'f')).toThrow('declares no role');
  });
});

describe('for any policies', () => {
  const part = fc.constantFrom('a', 'b', '*', '?', 'ab', '.', '/');
  const pattern = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join(''));
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '.', '/'), maxLength: 6 });
  const statement = fc.record({
    Effect: fc.constantFrom('Allow', 'Deny'),
    Action: fc.array(pattern, { minLength: 1, maxLength: 3 }),
    Resource: pattern,
  });

  /** What a pattern means, said another way: the first characters are taken off both, in every possible way. */
  const matches = (left: string, right: string): boolean => {
    if (left === '') return right === '';
    if (left[0] === '*') return matches(left.slice(1), right) || (right !== '' && matches(left, right.slice(1)));
    return right !== '' && (left[0] === '?' || left[0] === right[0]) && matches(left.slice(1), right.slice(1));
  };

  it('a pattern matches what IAM says it matches', () => {
    fc.assert(
      fc.property(pattern, text, (left, right) => {
        expect(wildcard(left)(right)).toBe(matches(left, right));
      }),
      runs(1_000),
    );
  });

  it('an action is allowed when a statement allows it and none denies it', () => {
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 4 }), text, text, (statements, action, resource) => {
        const some = permissions.declare('role', JSON.stringify([statements, action, resource]));
        permissions.attach(some, policy(...statements), 'Policy');
        key = permissions.assume(some, 'any').accessKeyId;
        const speaking = statements.filter(
          (each) =>
            each.Action.some((one) => matches(one.toLowerCase(), action.toLowerCase())) &&
            matches(each.Resource, resource),
        );
        const expected = speaking.length > 0 && speaking.every(({ Effect }) => Effect === 'Allow');
        expect(allowed(action, resource)).toBe(expected);
      }),
      runs(300),
    );
  });
});
