import * as z from 'zod';
import type { Declared } from './deploy.ts';
import { TemplateNotRunnable } from './template.ts';

/** For properties that change nothing on one machine; said one by one, so that a new property is never ignored by accident. */
export const ignored = z.unknown().optional();

/**
 * The resource's properties, parsed. A strict schema makes an unknown property stop the start, as an unknown type does.
 *
 * @throws TemplateNotRunnable naming the resource, its type and each property that is not as expected.
 */
export function propertiesOf<T>(resource: Declared, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(resource.properties);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => [path.join('.'), message].filter(Boolean).join(': '));
  throw new TemplateNotRunnable(
    `${resource.logicalId} (${resource.type}) cannot be run locally as declared: ${problems.join('; ')}. ` +
      'Change the template, or teach the local stack in infra/local.',
  );
}
