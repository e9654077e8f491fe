import { parse, parsePlPgSQL, type SqlError } from '@libpg-query/parser';
import { lex } from './data-api-lexer.ts';

/** Something wrong in a migration's file, at a place an editor can jump to. */
export class SqlFileError extends Error {
  override name = 'SqlFileError';

  constructor(file: string, line: number, column: number, message: string, options?: ErrorOptions) {
    super(`migrations/${file}:${line}:${column}: ${message}`, options);
  }
}

/** A statement of a file: its text from its first token on, its tree, and the directives in the comments before it. */
export interface StatementPart {
  /** Byte offset of the first token; all offsets here are bytes, as the parser counts. */
  start: number;
  sql: string;
  node: Record<string, unknown>;
  directives: Directive[];
}

interface Directive {
  value: string;
  at: number;
}

/** Offsets and lengths are left out by the parser when they are 0 or run to the end. */
interface RawStatement {
  stmt?: unknown;
  stmt_location?: number;
  stmt_len?: number;
}

const DIRECTIVE = /^[ \t]*--[ \t]*migrate:[ \t]*(.*?)[ \t]*$/gm;
/** What a batched statement is given; see Step. */
const PARAMETERS = ['after', 'batch'];

/** The text of one file, as PostgreSQL's parser reads it. */
export class SqlText {
  readonly #file: string;
  readonly #bytes: Buffer;
  readonly #statements: RawStatement[];

  private constructor(file: string, bytes: Buffer, statements: RawStatement[]) {
    this.#file = file;
    this.#bytes = bytes;
    this.#statements = statements;
  }

  /** @throws SqlFileError where PostgreSQL's parser would refuse the text, function bodies included */
  static async parse(file: string, source: string): Promise<SqlText> {
    // The parser knows no `:after`. A null of the same length leaves all positions as they are; the text itself is not changed.
    const text = source.replaceAll(/(?<!:):(?:after|batch)\b/g, (parameter) => 'null'.padEnd(parameter.length));
    const parsed =
      text.trim() === ''
        ? {}
        : await parse(text).catch((error: SqlError) => {
            const before = [...text].slice(0, error.sqlDetails?.cursorPosition ?? 0).join('');
            const { line, column } = lineAndColumn(before);
            throw new SqlFileError(file, line, column, error.message, { cause: error });
          });
    const sqlText = new SqlText(file, Buffer.from(source), parsed.stmts ?? []);
    await sqlText.#checkBodies();
    return sqlText;
  }

  /** The whole file. */
  get text(): string {
    return this.#bytes.toString();
  }

  /** The statements in order. @throws SqlFileError for a directive that stands before none */
  statements(): StatementPart[] {
    let rest = this.#directives();
    const parts = this.#statements.map(({ stmt, stmt_location: from = 0, stmt_len: length }) => {
      const to = length === undefined ? this.#bytes.length : from + length;
      const text = this.#bytes.toString('utf8', from, to);
      const skipped = text.slice(0, lengthOfBlanks(text));
      const start = from + Buffer.byteLength(skipped);
      const directives = rest.filter(({ at }) => at >= from && at < start);
      rest = rest.filter((directive) => !directives.includes(directive));
      return { start, sql: text.slice(skipped.length).trimEnd(), node: stmt as StatementPart['node'], directives };
    });
    const [stray] = rest;
    if (stray)
      throw this.error(stray.at, 'a directive stands in the comments before a statement, this is inside or after one');
    return parts;
  }

  /**
   * The Data API takes every `:name` outside of literals for a parameter.
   *
   * @throws SqlFileError when a statement has others than it will be given, or not those it needs
   */
  checkParameters({ start, sql }: StatementPart, batched: boolean): void {
    const { names } = lex(sql);
    const wrong = names.find((name) => !batched || !PARAMETERS.includes(name));
    if (wrong)
      throw this.error(start, `:${wrong} would be a parameter; only batched statements have some, :after and :batch`);
    const missing = batched ? PARAMETERS.filter((name) => !names.includes(name)) : [];
    if (missing.length > 0)
      throw this.error(start, `a batched statement takes :after and :batch, this has no :${missing.join(', no :')}`);
  }

  error(at: number, message: string): SqlFileError {
    const { line, column } = this.position(at);
    return new SqlFileError(this.#file, line, column, message);
  }

  /** Line and column (in characters), both from 1, of a byte offset. */
  position(at: number): { line: number; column: number } {
    return lineAndColumn(this.#bytes.toString('utf8', 0, at));
  }

  #directives(): Directive[] {
    const text = this.#bytes.toString();
    return [...text.matchAll(DIRECTIVE)].map((match) => ({
      value: String(match[1]),
      at: Buffer.byteLength(text.slice(0, match.index)),
    }));
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

/** How much of `text` is blanks, comments (which nest) and empty statements before its first token. */
function lengthOfBlanks(text: string): number {
  const blanks = /(?:[\s;]+|--[^\n]*)*/y;
  const edge = /\/\*|\*\//g;
  for (let at = 0; ; ) {
    blanks.lastIndex = at;
    at += blanks.exec(text)?.[0].length ?? 0;
    if (!text.startsWith('/*', at)) return at;
    edge.lastIndex = at;
    for (let depth = 0; ; ) {
      depth += edge.exec(text)?.[0] === '/*' ? 1 : -1;
      if (depth <= 0) break;
    }
    at = edge.lastIndex;
  }
}

interface Option {
  DefElem: { defname: string; arg?: { String?: { sval: string }; List?: { items: { String?: { sval: string } }[] } } };
}

function functionBody(node: Record<string, unknown>): { language: string | undefined; body: string | undefined } {
  const block = node.DoStmt as { args: Option[] } | undefined;
  const routine = node.CreateFunctionStmt as { options?: Option[] } | undefined;
  const options = block?.args ?? routine?.options ?? [];
  const option = (name: string) => options.find(({ DefElem }) => DefElem.defname === name)?.DefElem.arg;
  return {
    language: option('language')?.String?.sval ?? (block ? 'plpgsql' : undefined),
    body: option('as')?.List?.items[0]?.String?.sval,
  };
}

function lineAndColumn(before: string): { line: number; column: number } {
  const lines = before.split('\n');
  return { line: lines.length, column: [...String(lines.at(-1))].length + 1 };
}
