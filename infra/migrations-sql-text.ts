import { parse, parsePlPgSQL, type ScanToken, type SqlError, scan } from '@libpg-query/parser';

/** Something wrong in a migration's file, at a place an editor can jump to. */
export class SqlFileError extends Error {
  override name = 'SqlFileError';

  constructor(file: string, line: number, column: number, message: string, options?: ErrorOptions) {
    super(`migrations/${file}:${line}:${column}: ${message}`, options);
  }
}

/** A statement of a file: its text without what surrounds it, its tree, and the directives in the comments before it. */
export interface StatementPart {
  /** Byte offset of its first token; all offsets here are bytes, as the parser counts. */
  start: number;
  end: number;
  sql: string;
  node: Record<string, unknown>;
  directives: { value: string; at: number }[];
}

const DIRECTIVE = /^--\s*migrate:\s*(.*?)\s*$/;
/** What a batched statement is given; see Step. */
const PARAMETERS = ['after', 'batch'];

/** Offsets and lengths are left out by the parser when they are 0 or run to the end. */
interface RawStatement {
  stmt?: unknown;
  stmt_location?: number;
  stmt_len?: number;
}

/** The text of one file, as PostgreSQL's scanner and parser read it. */
export class SqlText {
  readonly #file: string;
  readonly #bytes: Buffer;
  readonly #tokens: ScanToken[];
  readonly #statements: RawStatement[];

  private constructor(file: string, bytes: Buffer, tokens: ScanToken[], statements: RawStatement[]) {
    this.#file = file;
    this.#bytes = bytes;
    this.#tokens = tokens;
    this.#statements = statements;
  }

  /** @throws SqlFileError where PostgreSQL's parser would refuse the text, function bodies included */
  static async parse(file: string, source: string): Promise<SqlText> {
    const bytes = Buffer.from(source);
    const tokens = await scanned(source);
    // PostgreSQL knows no `:after`. Same length, so that positions stay: `:after` -> `$1    `.
    const readable = Buffer.from(bytes);
    for (const { at, name, end } of parametersIn(tokens ?? []))
      readable.fill(' ', at, end).write(`$${PARAMETERS.indexOf(name) + 1}`, at);
    const text = tokens === undefined ? withoutParameters(source) : readable.toString();
    if (text.trim() === '') return new SqlText(file, bytes, [], []);
    const { stmts = [] } = await parse(text).catch((error: SqlError) => {
      const before = [...text].slice(0, error.sqlDetails?.cursorPosition ?? 0).join('');
      throw new SqlFileError(file, ...lineAndColumn(before), error.message, { cause: error });
    });
    if (tokens === undefined) throw new SqlFileError(file, 1, 1, 'the parser took what its scanner refused');
    const sqlText = new SqlText(file, bytes, tokens, stmts);
    await sqlText.#checkBodies();
    return sqlText;
  }

  /** The statements in order. @throws SqlFileError for a directive that stands before none */
  *statements(): Generator<StatementPart> {
    const used = new Set<number>();
    for (const { stmt, stmt_location: from = 0, stmt_len: length } of this.#statements) {
      const to = length === undefined ? this.#bytes.length : from + length;
      const inside = this.#tokens.filter((token) => token.start >= from && token.end <= to);
      const own = inside.filter((token) => !isComment(token) && token.text !== ';');
      const start = own[0]?.start ?? from;
      const end = own.at(-1)?.end ?? to;
      const directives = inside.filter((token) => token.end <= start).flatMap(directive);
      for (const { at } of directives) used.add(at);
      yield {
        start,
        end,
        sql: this.#bytes.toString('utf8', start, end),
        node: stmt as StatementPart['node'],
        directives,
      };
    }
    const stray = this.#tokens.flatMap(directive).find(({ at }) => !used.has(at));
    if (stray)
      throw this.error(stray.at, 'a directive stands in the comments before a statement, this is inside or after one');
  }

  /**
   * The Data API takes every `:name` outside of literals for a parameter.
   *
   * @throws SqlFileError when a statement has others than it will be given, or not those it needs
   */
  checkParameters(part: StatementPart, batched: boolean): void {
    const own = this.#tokens.filter((token) => token.start >= part.start && token.end <= part.end);
    const found = parametersIn(own, /^\w+$/);
    const wrong = found.find(({ name }) => !batched || !PARAMETERS.includes(name));
    if (wrong)
      throw this.error(
        wrong.at,
        `:${wrong.name} would be a parameter; only batched statements have some, :after and :batch`,
      );
    const missing = batched ? PARAMETERS.filter((name) => !found.some((one) => one.name === name)) : [];
    if (missing.length > 0)
      throw this.error(
        part.start,
        `a batched statement takes :after and :batch, this has no :${missing.join(', no :')}`,
      );
  }

  error(at: number, message: string): SqlFileError {
    const { line, column } = this.position(at);
    return new SqlFileError(this.#file, line, column, message);
  }

  /** Line and column (in characters), both from 1, of a byte offset. */
  position(at: number): { line: number; column: number } {
    const [line, column] = lineAndColumn(this.#bytes.toString('utf8', 0, at));
    return { line, column };
  }

  /** Function bodies are strings to the parser of statements. plpgsql gives no position: the statement's is given. */
  async #checkBodies(): Promise<void> {
    for (const { start, sql, node } of this.statements()) {
      const { language, body } = functionBody(node);
      const check =
        language === 'plpgsql' ? () => parsePlPgSQL(sql) : language === 'sql' && body ? () => parse(body) : undefined;
      await check?.().catch((error: Error) => {
        throw this.error(start, `in the body of this ${'DoStmt' in node ? 'do block' : 'function'}: ${error.message}`);
      });
    }
  }
}

/** undefined when something is unterminated: the scanner says no more than that, the parser says what and where. */
async function scanned(source: string): Promise<ScanToken[] | undefined> {
  if (source.trim() === '') return [];
  return (await scan(source).catch(() => undefined))?.tokens;
}

function parametersIn(tokens: ScanToken[], names = /^(after|batch)$/): { at: number; end: number; name: string }[] {
  return tokens.flatMap((token, index) => {
    const previous = tokens[index - 1];
    const isOne = previous?.text === ':' && previous.end === token.start && names.test(token.text);
    return isOne ? [{ at: previous.start, end: token.end, name: token.text }] : [];
  });
}

const withoutParameters = (source: string): string =>
  source.replace(/:(after|batch)\b/g, (parameter) => '$1'.padEnd(parameter.length));

const isComment = ({ tokenName }: ScanToken): boolean => tokenName === 'SQL_COMMENT' || tokenName === 'C_COMMENT';

function directive(token: ScanToken): { value: string; at: number }[] {
  const match = token.tokenName === 'SQL_COMMENT' ? DIRECTIVE.exec(token.text) : null;
  return match ? [{ value: String(match[1]), at: token.start }] : [];
}

interface Option {
  DefElem: { defname: string; arg?: { String?: { sval: string }; List?: { items: { String?: { sval: string } }[] } } };
}

function functionBody(node: Record<string, unknown>): { language?: string; body?: string } {
  const block = node.DoStmt as { args: Option[] } | undefined;
  const routine = node.CreateFunctionStmt as { options?: Option[] } | undefined;
  const options = block?.args ?? routine?.options ?? [];
  const option = (name: string) => options.find(({ DefElem }) => DefElem.defname === name)?.DefElem.arg;
  const language = option('language')?.String?.sval ?? (block ? 'plpgsql' : undefined);
  const body = option('as')?.List?.items[0]?.String?.sval;
  return { ...(language === undefined ? {} : { language }), ...(body === undefined ? {} : { body }) };
}

function lineAndColumn(before: string): [line: number, column: number] {
  const lines = before.split('\n');
  return [lines.length, [...String(lines.at(-1))].length + 1];
}
