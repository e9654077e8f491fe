import { beforeAll, describe, expect, it } from 'vitest';
import { existingCluster, ofType, resource, synthesizeTemplate, type Template } from '../support/template.ts';

const usernameIn = (template: Template, id: string): string =>
  JSON.parse(resource(template, id).Properties.GenerateSecretString.SecretStringTemplate).username;

describe('the logins of the functions', () => {
  let template: Template;
  beforeAll(async () => {
    template = await synthesizeTemplate({ ...existingCluster, stackName: 'Shop-Staging' });
  });

  it('are one role a stack, since stacks may share a cluster', () => {
    expect(usernameIn(template, 'ApiSecret')).toBe('project_versions_api_shop_staging');
    expect(usernameIn(template, 'WorkerSecret')).toBe('project_versions_worker_shop_staging');
  });

  it('have names PostgreSQL keeps apart, also where the stacks have long ones', async () => {
    const names: string[] = [];
    for (const last of ['a', 'b']) {
      const long = await synthesizeTemplate({ ...existingCluster, stackName: `S${'x'.repeat(62)}${last}` });
      names.push(...['ApiSecret', 'WorkerSecret'].map((id) => usernameIn(long, id)));
    }
    for (const name of names) expect(name).toMatch(/^[a-z][a-z0-9_]{0,62}$/);
    expect(new Set(names).size).toBe(4);
  });

  it('have generated passwords that are rotated every 30 days, not before their roles exist', () => {
    const [custom] = Object.keys(ofType(template, 'Custom::Migrations'));
    const schedules = Object.values(ofType(template, 'AWS::SecretsManager::RotationSchedule'));
    expect(schedules.map(({ Properties }) => Properties)).toEqual(
      ['ApiSecret', 'WorkerSecret'].map((Ref) => ({
        SecretId: { Ref },
        RotationLambdaARN: { 'Fn::GetAtt': ['RotateSecrets', 'Arn'] },
        RotationRules: { AutomaticallyAfterDays: 30 },
        RotateImmediatelyOnUpdate: false,
      })),
    );
    for (const { DependsOn } of schedules) expect(DependsOn).toContain(custom);
  });
});
