import { DataApiError, tooLarge } from './errors.ts';
import type { Limits } from './limits.ts';
import { columnMetadata } from './metadata.ts';
import type { Request } from './request.ts';
import type { Session } from './session.ts';
import type { Outcome } from './statement.ts';
import { columnTypes } from './types.ts';
import { encoder } from './values.ts';

type Wanted = Pick<Request<'Execute'>, 'formatRecordsAs' | 'includeResultMetadata' | 'resultSetOptions'>;

/**
 * The JSON text of an ExecuteStatement answer.
 *
 * @throws DataApiError UnsupportedResultException for a type the API cannot return, BadRequestException for an answer over the limit.
 */
export async function executeAnswer(
  outcome: Outcome,
  wanted: Wanted,
  session: Session,
  limits: Limits,
): Promise<string> {
  if (outcome.bytes > limits.answerBytes) throw tooLarge();
  const updated = updatedRows(outcome);
  const { columns, rows } = outcome;
  if (columns === undefined) return `{"generatedFields":[],"numberOfRecordsUpdated":${updated}}`;

  const types = await columnTypes(
    columns.map(({ dataTypeID }) => dataTypeID),
    session,
  );
  // JSON is for SELECT alone; on other statements the option is ignored, and so are the result options with it (D).
  const asJson = wanted.formatRecordsAs === 'JSON' && (outcome.tags[0] ?? '').startsWith('SELECT');
  const encoders = types.map((type) =>
    encoder(type, {
      decimalAsNumber: !asJson && wanted.resultSetOptions?.decimalReturnType === 'DOUBLE_OR_LONG',
      longAsString: !asJson && wanted.resultSetOptions?.longReturnType === 'STRING',
    }),
  );
  if (asJson) {
    const labels = uniqueLabels(columns.map(({ name }) => name));
    const records = rows.map(
      (row) => `{${row.map((text, index) => `${labels[index]}:${encoders[index]?.plain(text)}`)}}`,
    );
    const formatted = `[${records}]`;
    if (Buffer.byteLength(formatted) > limits.formattedBytes) throw tooLarge();
    return `{"columnMetadata":null,"formattedRecords":${JSON.stringify(formatted)},"numberOfRecordsUpdated":0,"records":null}`;
  }
  const metadata = wanted.includeResultMetadata
    ? `"columnMetadata":${JSON.stringify(await columnMetadata(columns, types, session))},`
    : '';
  const records = rows.map((row) => `[${row.map((text, index) => encoders[index]?.field(text))}]`);
  const generated = updated > 0 ? '"generatedFields":[],' : '';
  const answer = `{${metadata}${generated}"numberOfRecordsUpdated":${updated},"records":[${records}]}`;
  if (Buffer.byteLength(answer) > limits.answerBytes) throw tooLarge();
  return answer;
}

/** The JSON text of a BatchExecuteStatement answer: rows are not returned (D), and nothing is generated in PostgreSQL (D). */
export const batchAnswer = (executions: number): string =>
  `{"updateResults":[${Array(executions).fill('{"generatedFields":[]}')}]}`;

// `INSERT 0 5`, `UPDATE 3`, `MERGE 2`. A SELECT updates nothing; CREATE TABLE AS says `SELECT 5` and returns no rows: JDBC counts it (?).
function updatedRows({ tags, columns }: Outcome): number {
  const [verb, ...counts] = (tags[0] ?? '').split(' ');
  if (columns !== undefined && !/^(INSERT|UPDATE|DELETE|MERGE)$/.test(verb ?? '')) return 0;
  return Number(counts.at(-1) ?? 0) || 0;
}

function uniqueLabels(names: string[]): string[] {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  // That it is an error is documented; its words are a guess (?).
  if (twice !== undefined)
    throw new DataApiError('UnsupportedResultException', `The result contains duplicate column label: ${twice}`);
  return names.map((name) => JSON.stringify(name));
}
