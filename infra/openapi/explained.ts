import * as z from 'zod';

/** The schema with metadata for the API’s description. Handlers parse with zod/mini, whose schemas have no method for it. */
export function explained<Schema extends z.core.$ZodType>(schema: Schema, meta: z.core.GlobalMeta): Schema {
  const explained = z.clone(schema);
  z.globalRegistry.add(explained, meta);
  return explained;
}
