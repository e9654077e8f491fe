import * as z from 'zod';
import { DataApiError, invalid } from './errors.ts';
import type { Limits } from './limits.ts';

// A number too long for a double arrives as text (see parseBody), so that the whole of int8 fits.
const Long = z.union([z.int(), z.string()]).refine(isInt64);
const Double = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity']), z.string().regex(/^-?\d+$/)]);
const Base64 = z.string().regex(/^[A-Za-z0-9+/]*={0,2}$/);

const Value = z.object({
  isNull: z.boolean().nullish(),
  booleanValue: z.boolean().nullish(),
  longValue: Long.nullish(),
  doubleValue: Double.nullish(),
  stringValue: z.string().nullish(),
  blobValue: Base64.nullish(),
  arrayValue: z.unknown().optional(),
});

const Parameter = z.object({ name: z.string().optional(), value: Value.optional(), typeHint: z.string().optional() });

/** One parameter of a statement, as the service's model has it. */
export type SqlParameter = z.infer<typeof Parameter>;

const Arn = z.string().min(11).max(100);
const target = { resourceArn: Arn, secretArn: Arn };
const database = { database: z.string().max(64).nullish(), schema: z.string().nullish() };
const transactionId = z.string().max(192);

const statement = { ...target, ...database, sql: z.string(), transactionId: transactionId.nullish() };

const SHAPES = {
  Execute: z.object({
    ...statement,
    parameters: z.array(Parameter).nullish(),
    includeResultMetadata: z.boolean().nullish(),
    continueAfterTimeout: z.boolean().nullish(),
    formatRecordsAs: z.enum(['NONE', 'JSON']).nullish(),
    resultSetOptions: z
      .object({
        decimalReturnType: z.enum(['STRING', 'DOUBLE_OR_LONG']).nullish(),
        longReturnType: z.enum(['STRING', 'LONG']).nullish(),
      })
      .nullish(),
  }),
  BatchExecute: z.object({ ...statement, parameterSets: z.array(z.array(Parameter)).nullish() }),
  BeginTransaction: z.object({ ...target, ...database }),
  CommitTransaction: z.object({ ...target, transactionId }),
  RollbackTransaction: z.object({ ...target, transactionId }),
};

export type Operation = keyof typeof SHAPES;
export type Request<Name extends Operation> = z.infer<(typeof SHAPES)[Name]>;

export const OPERATIONS = Object.keys(SHAPES) as Operation[];

/**
 * Parses and checks the body of a request.
 *
 * @throws DataApiError SerializationException when it is not the JSON the operation takes, ValidationException when a value breaks a
 * constraint of the service's model.
 */
export function parseRequest<Name extends Operation>(operation: Name, body: string, limits: Limits): Request<Name> {
  const parsed = SHAPES[operation].safeParse(parseBody(body), { reportInput: true });
  if (!parsed.success) throw explain(parsed.error);
  const request = parsed.data as Request<Name> & { sql?: string; schema?: string | null };
  if (request.schema !== undefined && request.schema !== null) throw invalid("The schema parameter isn't supported");
  if (request.sql !== undefined && request.sql.length > limits.sqlCharacters) {
    throw constraint('sql', `Member must have length less than or equal to ${limits.sqlCharacters}`);
  }
  return request;
}

// `JSON.parse` rounds integers past 2^53; the service does not. Only a body that may hold one pays for the slower way.
function parseBody(body: string): unknown {
  try {
    return /\d{16}/.test(body) ? JSON.parse(body, exactIntegers as Parameters<typeof JSON.parse>[1]) : JSON.parse(body);
  } catch (cause) {
    throw new DataApiError('SerializationException', 'The request body is not valid JSON.', {}, { cause });
  }
}

function exactIntegers(_key: string, value: unknown, context: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  return context.source !== undefined && /^-?\d+$/.test(context.source) ? context.source : value;
}

function isInt64(value: number | string): boolean {
  if (!/^-?\d+$/.test(String(value))) return false;
  const exact = BigInt(value);
  return exact === BigInt.asIntN(64, exact);
}

const constraint = (path: string, rule: string): DataApiError =>
  invalid(`1 validation error detected: Value at '${path}' failed to satisfy constraint: ${rule}`);

function explain(error: z.ZodError): DataApiError {
  const [issue] = error.issues;
  const path = issue?.path.map((key) => (typeof key === 'number' ? key + 1 : String(key))).join('.') ?? '';
  if (issue?.code === 'too_big' && issue.origin === 'string')
    return constraint(path, `Member must have length less than or equal to ${issue.maximum}`);
  if (issue?.code === 'too_small' && issue.origin === 'string')
    return constraint(path, `Member must have length greater than or equal to ${issue.minimum}`);
  if (issue?.code === 'invalid_value')
    return constraint(path, `Member must satisfy enum value set: [${issue.values.join(', ')}]`);
  if (issue?.code === 'invalid_type' && issue.input === undefined) return constraint(path, 'Member must not be null');
  return new DataApiError('SerializationException', `The value at '${path}' is not of the type the operation takes.`);
}
