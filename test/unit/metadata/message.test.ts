import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readMessage } from '../../../functions/metadata/message.ts';
import { runs } from '../../support/effort.ts';

const valid = { type: 'generate-metadata', versionId: '01J0000000000000000000000A', projectId: 'shop' };

describe('readMessage', () => {
  test('reads a message with everything in it', () => {
    const message = {
      ...valid,
      isInitialBuild: true,
      changes: { filesChanged: 1, linesAdded: 2, linesRemoved: 0, commits: ['Add search', ''] },
      recommendations: {
        schemaVersion: 1,
        recommendations: [
          {
            id: 1,
            title: 'Add a cart',
            description: 'So that people can buy.',
            category: 'feature',
            complexity: 'medium',
            impact: 'high',
            versionHint: 'minor',
            prompt: 'Add a cart page',
          },
        ],
        project_info: {
          type: 'shop',
          framework: 'react',
          version: '1.0.0',
          version_description: 'First version.',
          change_type: 'major',
          breaking_risk: 'none',
        },
      },
    };
    expect(readMessage(JSON.stringify(message))).toEqual({ kind: 'generate', message });
  });

  test('the retired job is known whatever else it carries', () => {
    expect(readMessage('{"type":"classify-version","anything":[1]}')).toEqual({ kind: 'retired' });
  });

  test.each([
    ['{', 'the body is not JSON'],
    ['null', 'message'],
    ['[]', 'message'],
    [JSON.stringify({ ...valid, type: 'delete-everything' }), 'type'],
    [JSON.stringify({ ...valid, versionId: 'nope' }), 'versionId'],
    [JSON.stringify({ ...valid, projectId: 'a\0b' }), 'projectId'],
    [JSON.stringify({ ...valid, surprise: 1 }), 'surprise'],
    [JSON.stringify({ ...valid, changes: { commits: ['half \ud800 pair'] } }), 'changes.commits.0'],
    [JSON.stringify({ ...valid, changes: { filesChanged: -1 } }), 'changes.filesChanged'],
    [JSON.stringify({ ...valid, changes: { filesChanged: 99_999_999_999 } }), 'changes.filesChanged'],
    [JSON.stringify({ ...valid, recommendations: { schemaVersion: 2 } }), 'recommendations.schemaVersion'],
  ])('%s is refused with a reason that names what is wrong', (body, named) => {
    const read = readMessage(body);
    expect(read).toMatchObject({ kind: 'invalid', reason: expect.stringContaining(named) });
  });

  test('a reason is text that SQS takes as an attribute, whatever the keys are', () => {
    const read = readMessage(JSON.stringify({ ...valid, ['\u0001\uffff😀'.repeat(200)]: 1 }));
    const { reason } = read as { reason: string };
    expect(reason.isWellFormed()).toBe(true);
    expect(reason).toMatch(/^[\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]{1,300}$/u);
  });

  test('never throws, and never quotes a value', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (body) => {
        const read = readMessage(body);
        expect(['generate', 'retired', 'invalid']).toContain(read.kind);
        if (read.kind === 'invalid') expect(read.reason.isWellFormed()).toBe(true);
      }),
      runs(500),
    );
    const read = readMessage(JSON.stringify({ ...valid, projectId: 'a secret\nprompt' }));
    expect(JSON.stringify(read)).not.toContain('secret');
  });
});
