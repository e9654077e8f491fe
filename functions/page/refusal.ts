import type { ProjectApi } from './api.ts';
import type { Refused } from './refused.ts';
import { age } from './time.ts';
import { called, failureWords } from './words.ts';

/** Why something did not happen; of a lost race: who won it, and with what. */
export async function refusalWords(api: ProjectApi, refused: Refused): Promise<string> {
  if (refused.reason !== 'published_elsewhere') return `Nothing was changed. ${failureWords(refused)}`;
  const published = await api.publication().catch(() => null);
  if (!published?.version) return 'Nothing was changed. What was published has been unpublished meanwhile.';
  const { version, publishedBy, publishedAt, comment } = published;
  const when = publishedAt === null ? '' : `, ${age(publishedAt, Date.now())}`;
  const why = comment === null ? '' : ` “${comment}”`;
  return `Nothing was changed: ${publishedBy ?? 'Somebody'} published ${called(version)}${when}.${why} The list shows it. Decide again.`;
}
