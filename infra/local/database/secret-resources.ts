import * as z from 'zod';
import type { Account } from '../account.ts';
import type { ResourceKind } from '../template/deploy.ts';
import { ignored, propertiesOf } from '../template/properties.ts';
import { TemplateNotRunnable } from '../template/template.ts';
import { generateSecret } from './secrets.ts';

const flag = z.boolean().optional();

const Secret = z.strictObject({
  Name: z.string().optional(),
  SecretString: z.string().optional(),
  GenerateSecretString: z
    .strictObject({
      SecretStringTemplate: z.string().optional(),
      GenerateStringKey: z.string().optional(),
      PasswordLength: z.coerce.number().optional(),
      ExcludeCharacters: z.string().optional(),
      ExcludePunctuation: flag,
      ExcludeNumbers: flag,
      ExcludeLowercase: flag,
      ExcludeUppercase: flag,
      IncludeSpace: ignored,
      RequireEachIncludedType: ignored,
    })
    .optional(),
  Description: ignored,
  KmsKeyId: ignored,
  Tags: ignored,
});

const Attachment = z.strictObject({
  SecretId: z.string(),
  TargetId: z.string(),
  TargetType: z.literal('AWS::RDS::DBCluster'),
});

/** A secret, generated once and kept in the data folder. */
export const secretResource: ResourceKind<Account> = {
  types: ['AWS::SecretsManager::Secret'],
  deploy: (resource, account) => {
    const properties = propertiesOf(resource, Secret);
    const arn = account.secrets.create(
      resource.logicalId,
      properties.Name ?? `${account.stackName}-${resource.logicalId}`,
      `arn:aws:secretsmanager:${account.region}:${account.accountId}`,
      () => properties.SecretString ?? generateSecret(properties.GenerateSecretString ?? {}),
    );
    return { ref: arn, attribute: (name) => (name === 'Id' ? arn : undefined) };
  },
};

/** Writes into a secret where the database is that it opens. */
export const secretAttachmentResource: ResourceKind<Account> = {
  types: ['AWS::SecretsManager::SecretTargetAttachment'],
  deploy: (resource, account) => {
    const { SecretId, TargetId } = propertiesOf(resource, Attachment);
    const database = account.databases.get(TargetId);
    if (database === undefined)
      throw new TemplateNotRunnable(`${resource.logicalId}: the template declares no database ${TargetId}`);
    account.secrets.extend(SecretId, {
      dbClusterIdentifier: database.identifier,
      engine: 'postgres',
      host: database.host,
      port: database.port,
      dbname: database.name,
    });
    return { ref: SecretId };
  },
};
