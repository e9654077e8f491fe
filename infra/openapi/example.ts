/**
 * The project all examples are of. Together they are a story: a build starts, is deployed, gets its metadata, is renamed, published, taken
 * off, rolled back to, deleted and restored. A test sends them so, and compares what comes back but for ids and moments of its own.
 */
export const example = {
  userId: 'ada',
  projectId: 'shop',
  versionId: '01JNGC2E5RXW7M3T9Z0QKB4VHD',
  startedAt: '2025-03-04T09:30:00.000Z',
  deployedAt: '2025-03-04T09:31:12.000Z',
};

/** The version as its build starts. */
export const building = {
  id: example.versionId,
  semver: null,
  name: null,
  description: null,
  type: null,
  status: 'building',
  createdAt: example.startedAt,
  deployedAt: null,
  isPublished: false,
  publishedAt: null,
  publishedBy: null,
  userComment: null,
  previewUrl: null,
  canPreview: false,
  canPublish: false,
  canUnpublish: false,
  canRollback: false,
  canDelete: true,
  reasons: { preview: 'not_deployed', publish: 'not_deployed', unpublish: 'not_published', rollback: 'not_deployed' },
  metadataStatus: 'pending',
  metadataError: null,
  breakingRisk: null,
  autoClassified: null,
  confidence: null,
  parentId: null,
  deletedAt: null,
  stats: { filesChanged: null, linesAdded: null, linesRemoved: null },
};

/** The version once it is deployed. */
export const deployed = {
  ...building,
  status: 'deployed',
  deployedAt: example.deployedAt,
  previewUrl: 'https://shop-1.example.com',
  canPreview: true,
  canPublish: true,
  canRollback: true,
  reasons: { unpublish: 'not_published' },
  stats: { filesChanged: 3, linesAdded: 120, linesRemoved: 4 },
};

/** The version once its metadata has come. */
export const ready = {
  ...deployed,
  semver: '1.0.0',
  name: 'Add search',
  description: 'Add search',
  type: 'major',
  metadataStatus: 'ready',
  breakingRisk: 'none',
  autoClassified: true,
  confidence: 0.8,
};

/** Why it was classified as it was; only the answer for one version says so. */
export const reasoning = 'The first version of a project is major. Rules: it begins with adding.';

/** The version once a person has named it. */
export const edited = { ...ready, name: 'Search', description: 'A search field on every page', autoClassified: false };

/** The version while it is published. */
export const live = {
  ...edited,
  isPublished: true,
  publishedAt: '2025-03-04T10:00:00.000Z',
  publishedBy: example.userId,
  userComment: 'Ready for the spring sale',
  canPublish: false,
  canUnpublish: true,
  canRollback: false,
  canDelete: false,
  reasons: { publish: 'already_published', rollback: 'already_published', delete: 'published' },
};

/** The version taken off: who published it last, when and why is kept. */
export const takenOff = {
  ...edited,
  publishedAt: live.publishedAt,
  publishedBy: live.publishedBy,
  userComment: live.userComment,
};

/** What the publication log says of that, */
export const published = {
  id: 1,
  action: 'published',
  versionId: example.versionId,
  previousVersionId: null,
  by: example.userId,
  comment: live.userComment,
  at: live.publishedAt,
};

/** and after it. */
export const unpublished = {
  ...published,
  id: 2,
  action: 'unpublished',
  previousVersionId: example.versionId,
  comment: 'The sale is over',
  at: '2025-03-09T18:00:00.000Z',
};

/** The version once it is deleted. */
export const removed = {
  ...takenOff,
  deletedAt: '2025-03-10T08:00:00.000Z',
  canPreview: false,
  canPublish: false,
  canRollback: false,
  canDelete: false,
  reasons: {
    preview: 'deleted',
    publish: 'deleted',
    unpublish: 'not_published',
    rollback: 'deleted',
    delete: 'deleted',
  },
};

/** The version that a rollback to it makes. */
export const rolledBack = {
  ...deployed,
  id: '01JNXQ5T1V8G4F6P2S9D0CWYAE',
  semver: '1.0.1',
  name: 'Rollback to 1.0.0',
  type: 'rollback',
  createdAt: '2025-03-09T18:05:00.000Z',
  deployedAt: '2025-03-09T18:05:00.000Z',
  metadataStatus: 'ready',
  parentId: example.versionId,
  userComment: 'Back to the first search',
  stats: building.stats,
};
