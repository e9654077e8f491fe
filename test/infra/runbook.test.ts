import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { context } from '../../infra/context.ts';
import { alarmsOf } from '../support/cloudwatch/alarm.ts';
import { isDrilled } from '../support/cloudwatch/printed-metrics.ts';
import { ofType, synthesizeTemplate, type Template } from '../support/template.ts';

const root = join(import.meta.dirname, '../..');
const text = readFileSync(join(root, 'infra/monitoring/RUNBOOK.md'), 'utf8');
const [, runbook = ''] = /^# Runbook\n(.*?)^## /ms.exec(text) ?? [];
const [introduction = '', ...parts] = runbook.split(/^### /m);
const sections = parts.map((part) => ({ id: part.split('\n', 1)[0] as string, text: part }));

/** What is to be typed: lines that are set apart, and what stands in the middle of a text. */
const commandsIn = (text: string): string[] =>
  [...text.matchAll(/^ {4}(\S.*)$|`((?:npm|npx|aws) [^`]+)`/gm)].map(([, line, inText]) => (line ?? inText) as string);
const commands = [...new Set(commandsIn(runbook))];
const starting = (start: string) => commands.filter((command) => command.startsWith(start));

let template: Template;
beforeAll(async () => {
  template = await synthesizeTemplate({ modelId: 'amazon.nova-lite-v1:0' });
});

describe('the runbook', () => {
  it('has a section for each alarm, in their order, and none besides', () => {
    const ids = Object.keys(ofType(template, 'AWS::CloudWatch::Alarm'));
    expect(sections.map(({ id }) => id)).toEqual(ids);
  });

  it('names the alarms that cannot be drilled, and why', () => {
    const undrilled = alarmsOf(template, 'NAME').filter((alarm) => !isDrilled(alarm, template));
    const [, list = ''] = /on values given by hand: (.*?)\.\n/s.exec(introduction) ?? [];
    expect(list.split(/,\s+/)).toEqual(undrilled.map(({ id }) => `\`${id}\``));
  });

  it.each(sections)('says of $id what it means and what to do, with the command', ({ text }) => {
    expect(text.split('\n')[1]?.length).toBeGreaterThan(50);
    expect(commandsIn(text)).not.toEqual([]);
  });

  it('is all of commands that this test looks at', () => {
    const known = ['npm run ', 'npx cdk deploy', 'npx vitest run ', 'aws '].flatMap(starting);
    expect(commands.filter((command) => !known.includes(command))).toEqual([]);
  });

  it('runs scripts that there are, with words and options they know', async () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const used = Map.groupBy(starting('npm run '), (command) => command.split(' ')[2] as string);
    await Promise.all(
      [...used].map(async ([script, lines]) => {
        const [, ...args] = scripts[script]?.split(' ') ?? [];
        const { stdout: help } = await promisify(execFile)(process.execPath, [...args, '--help'], { cwd: root });
        for (const line of lines) {
          const [, , , , ...words] = line.split(' ');
          const [action] = words;
          if (action && /^[a-z]/.test(action)) expect(help, line).toContain(`npm run ${script} -- ${action}`);
          for (const option of words.filter((word) => word.startsWith('--'))) expect(help, line).toContain(option);
        }
      }),
    );
  });

  it('deploys with context keys that there are, and values they may have', () => {
    for (const command of starting('npx cdk deploy'))
      for (const [, key = '', value] of command.matchAll(/-c (\w+)=(\S+)/g))
        expect(context.safeParse({ [key]: value }).success, command).toBe(true);
  });

  it('speaks of functions, secrets and queues that the stack has', () => {
    const names = [...runbook.matchAll(/--(?:logical-resource-id|function) (\w+)/g)].map(([, name]) => name as string);
    expect(names.length).toBeGreaterThan(10);
    for (const name of names) expect(Object.keys(template.Resources).filter((id) => id.includes(name))).not.toEqual([]);
  });

  // Each was parsed by the AWS CLI 1.45 (with --generate-cli-skeleton), but `logs tail`, which is of 2.
  it('asks AWS what its CLI can be asked', () => {
    const operations = commands.flatMap((command) => [...command.matchAll(/\baws ([a-z-]+ [a-z-]+)/g)]);
    expect([...new Set(operations.map(([, operation]) => operation))].sort()).toEqual([
      'bedrock list-foundation-models',
      'cloudformation describe-stack-resource',
      'cloudwatch describe-alarms',
      'lambda get-account-settings',
      'lambda invoke',
      'lambda list-event-source-mappings',
      'logs tail',
      'rds describe-events',
      'scheduler list-schedules',
      'secretsmanager rotate-secret',
      'service-quotas list-service-quotas',
      'service-quotas request-service-quota-increase',
      'xray get-trace-summaries',
    ]);
  });
});
