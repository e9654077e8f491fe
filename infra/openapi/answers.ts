import * as z from 'zod';
import type { VersionPage } from '../../functions/versions/list.ts';
import type { Publication } from '../../functions/versions/publication.ts';
import type { PublicationPage } from '../../functions/versions/publications.ts';
import type { VersionDetails } from '../../functions/versions/read.ts';
import type { Version } from '../../functions/versions/version.ts';

/**
 * What the API answers, as schemas for readers: nothing is parsed with them when a request is served. The lines that end in
 * `satisfies Same<...>` do not compile when one of them and the domain's own type differ.
 */
type Same<Answer, Schema extends z.ZodType> = [Answer] extends [z.output<Schema>]
  ? [z.output<Schema>] extends [Answer]
    ? true
    : 'the answer has what the schema lacks'
  : 'the schema has what the answer lacks';

const moment = (description: string) => z.string().meta({ format: 'date-time', description });
const words = (description: string) => z.string().describe(description);
const yes = (description: string) => z.boolean().describe(description);

const unusable = z.enum(['deleted', 'not_deployed', 'artifact_missing']);

export const version = z
  .strictObject({
    id: words('A ULID; builds older than the system may have other ids.'),
    semver: words('Its semantic version; null until its metadata has come.').nullable(),
    name: words('A short name.').nullable(),
    description: words('What changed, at most the first 500 characters.').nullable(),
    type: z
      .enum(['major', 'minor', 'patch', 'rollback'])
      .nullable()
      .describe('The kind of change. A patch is a checkpoint: lists leave it out unless asked.'),
    status: z.enum(['building', 'deployed', 'failed']),
    createdAt: moment('When its build started.'),
    deployedAt: moment('When it was deployed.').nullable(),
    isPublished: yes('Whether visitors see it. At most one version of a project is.'),
    publishedAt: moment('When it was published.').nullable(),
    publishedBy: words('The user who published it.').nullable(),
    userComment: words('What that user said of it.').nullable(),
    previewUrl: words('Where it can be seen.').nullable(),
    canPreview: yes('Whether it can be previewed.'),
    canPublish: yes('Whether it can be published.'),
    canUnpublish: yes('Whether it can be unpublished.'),
    canRollback: yes('Whether the project can be rolled back to it.'),
    canDelete: yes('Whether it can be deleted.'),
    reasons: z
      .strictObject({
        preview: unusable.exactOptional(),
        publish: z.enum([...unusable.options, 'already_published']).exactOptional(),
        unpublish: z.literal('not_published').exactOptional(),
        rollback: z.enum([...unusable.options, 'already_published']).exactOptional(),
        delete: z.enum(['deleted', 'published']).exactOptional(),
      })
      .describe('Why not, for each of the five that cannot be done.'),
    metadataStatus: z
      .enum(['none', 'pending', 'ready', 'failed'])
      .describe('`none`: never asked for. `pending`: on its way. `failed`: see metadataError.'),
    metadataError: words('Why its metadata could not be generated.').nullable(),
    breakingRisk: words('none, low, medium or high.').nullable(),
    autoClassified: yes('False once a person has edited its metadata.').nullable(),
    confidence: z.number().nullable().describe('How sure the classification is, 0 to 1.'),
    parentId: words('The version it was made from.').nullable(),
    deletedAt: moment('When it was deleted.').nullable(),
    stats: z
      .strictObject({
        filesChanged: z.int().nullable(),
        linesAdded: z.int().nullable(),
        linesRemoved: z.int().nullable(),
      })
      .describe('What is not known is null, not 0.'),
  })
  .meta({ id: 'Version', description: 'A version of a project. What is not known is null.' });

export const versionPage = z
  .strictObject({
    versions: z.array(version),
    total: z.int().nullable().describe('How many there are; null on pages after a cursor.'),
    nextCursor: words('Send it back as `cursor` for the next page; null on the last.').nullable(),
  })
  .meta({ id: 'VersionPage', description: 'A page of a project’s history, newest first.' });

export const versionDetails = z
  .strictObject({
    ...version.shape,
    projectId: words('The project it is a version of.'),
    fullDescription: words('What changed, whole.').nullable(),
    reasoning: words('Why it was classified as it was.').nullable(),
    metadataGenerator: z
      .enum(['document', 'model', 'rules'])
      .nullable()
      .describe('Where the metadata came from: the finished document of the build, a model, or rules.'),
    metadataAttempts: z.int().min(0).describe('Deliveries that worked on the metadata.'),
    metadataMs: z.int().min(0).nullable().describe('How long generating it took, in milliseconds.'),
    durations: z
      .strictObject({
        installMs: z.int().min(0).nullable(),
        buildMs: z.int().min(0).nullable(),
        deployMs: z.int().min(0).nullable(),
      })
      .describe('How long the parts of the build took, in milliseconds, as the pipeline reported them.'),
    recommendations: z
      .looseObject({})
      .nullable()
      .describe(
        'What to build next, as the finished document of the model says. The prompts in it are for the project’s owner: a caller signed with IAM gets it without them.',
      ),
  })
  .meta({ id: 'VersionDetails', description: 'A version with all that is known of it.' });

export const publication = z
  .strictObject({
    version: version.nullable(),
    publishedAt: moment('When it was published.').nullable(),
    publishedBy: words('The user who published it.').nullable(),
    comment: words('What that user said of it.').nullable(),
    rolledBackFrom: words('The version that a published rollback took the place of.').nullable(),
  })
  .meta({ id: 'Publication', description: 'What visitors of a project see: a version, or nothing.' });

export const publicationPage = z
  .strictObject({
    publications: z.array(
      z
        .strictObject({
          id: z.int(),
          action: z.enum(['published', 'unpublished']),
          versionId: words('The version.'),
          previousVersionId: words('What was published until then.').nullable(),
          by: words('The user who did it.'),
          comment: words('What that user said of it.').nullable(),
          at: moment('When.'),
        })
        .meta({ id: 'PublicationEntry', description: 'One thing published or unpublished.' }),
    ),
    nextCursor: words('Send it back as `cursor` for the next page; null on the last.').nullable(),
  })
  .meta({ id: 'PublicationPage', description: 'A page of a project’s publication log, newest first.' });

true satisfies Same<Version, typeof version>;
true satisfies Same<VersionPage, typeof versionPage>;
true satisfies Same<Publication, typeof publication>;
true satisfies Same<PublicationPage, typeof publicationPage>;
// A document of the model's may hold more than this program knows.
true satisfies Same<
  Omit<VersionDetails, 'recommendations'>,
  ReturnType<typeof versionDetails.omit<{ recommendations: true }>>
>;
