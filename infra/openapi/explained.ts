import * as z from 'zod';

/** The schema, with what a reader of the description is told of it. What handlers parse with is zod/mini, whose schemas have no method for that. */
export function explained<Schema extends z.core.$ZodType>(schema: Schema, meta: z.core.GlobalMeta): Schema {
  const told = z.clone(schema);
  z.globalRegistry.add(told, meta);
  return told;
}
