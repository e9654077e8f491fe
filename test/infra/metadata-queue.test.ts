import { beforeAll, describe, expect, it } from 'vitest';
import { ofType, resource, synthesizeTemplate, type Template } from '../support/template.ts';

const day = 24 * 60 * 60;

describe('the metadata queue', () => {
  let template: Template;
  let queue: Record<string, unknown>;
  let deadLetters: Record<string, unknown>;
  beforeAll(async () => {
    template = await synthesizeTemplate({
      metadataTimeoutSeconds: 20,
      metadataBatchWindowSeconds: 3,
      maxReceiveCount: 2,
    });
    queue = resource(template, 'MetadataQueue').Properties;
    deadLetters = resource(template, 'MetadataDeadLetterQueue').Properties;
  });

  it('hides a message for six timeouts and the batch window, from whatever these are', () => {
    expect(resource(template, 'GenerateMetadata').Properties.Timeout).toBe(20);
    expect(queue.VisibilityTimeout).toBe(6 * 20 + 3);
  });

  it('takes at most 256 KiB, and moves what was received too often to the dead letters', () => {
    expect(queue).toMatchObject({
      MaximumMessageSize: 262_144,
      RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['MetadataDeadLetterQueue', 'Arn'] }, maxReceiveCount: 2 },
    });
  });

  it('keeps dead letters longer than messages, since a moved message keeps its age', () => {
    expect([queue.MessageRetentionPeriod, deadLetters.MessageRetentionPeriod]).toEqual([4 * day, 14 * day]);
  });

  it('is encrypted and refuses plain HTTP, the dead letters too', () => {
    expect([queue.SqsManagedSseEnabled, deadLetters.SqsManagedSseEnabled]).toEqual([true, true]);
    const policies = Object.values(ofType(template, 'AWS::SQS::QueuePolicy')).map(({ Properties }) => Properties);
    expect(policies.map(({ Queues }) => Queues[0].Ref)).toEqual(
      expect.arrayContaining(['MetadataDeadLetterQueue', 'MetadataQueue']),
    );
    for (const { PolicyDocument } of policies) {
      expect(PolicyDocument.Statement).toEqual([
        expect.objectContaining({
          Effect: 'Deny',
          Action: 'sqs:*',
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        }),
      ]);
    }
  });

  it('is worked on in batches of ten, five at once, of which single messages may fail', () => {
    const mappings = Object.values(ofType(template, 'AWS::Lambda::EventSourceMapping'));
    expect(mappings.find(({ Properties }) => Properties.FunctionName.Ref === 'GenerateMetadata')?.Properties).toEqual({
      EventSourceArn: { 'Fn::GetAtt': ['MetadataQueue', 'Arn'] },
      FunctionName: { Ref: 'GenerateMetadata' },
      BatchSize: 10,
      MaximumBatchingWindowInSeconds: 3,
      ScalingConfig: { MaximumConcurrency: 5 },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
  });
});
