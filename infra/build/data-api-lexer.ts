/** Where the Data API sees its parameters in a SQL text: the endpoint binds them by this, the migrations are checked by it. */
/** A SQL text with its named parameters made positional. */
export interface Lexed {
  /** The text PostgreSQL gets: each `:name` replaced by `$n`. */
  text: string;
  /** Names in the order of their numbers; a name used twice has one number. */
  names: string[];
  /** The first word, lower-case: `select`, `rollback`, ... Empty when there is nothing but blanks and comments. */
  verb: string;
  /** The text holds a `$1` of its own. */
  positional: boolean;
  /** The statement may change what a session keeps: settings, prepared statements, temporary tables, advisory locks. */
  touchesSession: boolean;
}

// Sticky patterns, each a rule of PostgreSQL's own scanner (src/backend/parser/scan.l, version 17), tried in this order.
const BLANK = /[ \t\n\r\f\v]+|--[^\n\r]*/y;
const IDENTIFIER = /[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*/y;
const NUMBER = /[0-9][0-9A-Za-z_]*/y;
const DOLLAR_QUOTE = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y;
const POSITIONAL = /\$[0-9]+/y;
// A name is what PostgreSQL takes for one word.
const PARAMETER = /:[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*/y;
// drizzle-orm's driver calls its parameters 1, 2, ... and the service takes them (R). In brackets the same is a slice, x[1:2] (?).
const NUMBERED_PARAMETER = /:[0-9]+(?![0-9A-Za-z_\u0080-\uffff]|\.(?!\.))/y;
const CAST = /::|:=/y;
const STRING = /'(?:[^']+|'')*'?/y;
const ESCAPE_STRING = /'(?:[^'\\]+|\\[\s\S]|'')*'?/y;
const QUOTED_IDENTIFIER = /"(?:[^"]+|"")*"?/y;
// A string goes on in the next literal when a line break is between them, comments or not; it is still an escape string then.
const CONTINUATION = /(?:[ \t\f\v]|--[^\n\r]*)*[\n\r](?:[ \t\n\r\f\v]|--[^\n\r]*[\n\r])*(?=')/y;

/**
 * Finds the `:name` parameters of a SQL text, outside string literals, quoted identifiers, comments and dollar quotes; `::type` is a
 * cast. Unfinished literals and comments reach to the end: PostgreSQL will say what is wrong with them.
 */
export function lex(sql: string): Lexed {
  const numbers = new Map<string, number>();
  let [text, copied, at, verb, positional, brackets] = ['', 0, 0, '', false, 0];

  const match = (rule: RegExp): string | undefined => {
    rule.lastIndex = at;
    const found = rule.exec(sql)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };

  while (at < sql.length) {
    if (match(BLANK)) continue;
    if (sql.startsWith('/*', at)) {
      at = afterComment(sql, at);
      continue;
    }
    const word = match(IDENTIFIER);
    if (word !== undefined) {
      if (sql[at] === "'" && (word === 'e' || word === 'E'))
        while (match(ESCAPE_STRING)) if (!match(CONTINUATION)) break;
      verb ||= word.toLowerCase();
      continue;
    }
    if (match(NUMBER) || match(STRING) || match(QUOTED_IDENTIFIER) || match(CAST)) continue;
    const quote = match(DOLLAR_QUOTE);
    if (quote !== undefined) {
      const end = sql.indexOf(quote, at);
      at = end === -1 ? sql.length : end + quote.length;
      continue;
    }
    if (match(POSITIONAL)) {
      positional = true;
      continue;
    }
    const start = at;
    const parameter = match(PARAMETER) ?? (brackets === 0 ? match(NUMBERED_PARAMETER) : undefined);
    if (parameter === undefined) {
      if (sql[at] === '[') brackets += 1;
      else if (sql[at] === ']') brackets = Math.max(0, brackets - 1);
      at++;
      continue;
    }
    const name = parameter.slice(1);
    const number = numbers.get(name) ?? numbers.size + 1;
    numbers.set(name, number);
    text += `${sql.slice(copied, start)}$${number}`;
    copied = at;
  }
  const touchesSession = SESSION_VERBS.has(verb) || SESSION_WORDS.test(sql);
  return { text: text + sql.slice(copied), names: [...numbers.keys()], verb, positional, touchesSession };
}

// What a function does inside cannot be seen from here. `set_config(..., false)` in one leaks; the service says nothing about it.
const SESSION_VERBS = new Set('set reset prepare listen load declare begin start do call'.split(' '));
const SESSION_WORDS = /set_config|advisory_|\btemp(orary)?\b/i;

/** Comments nest. */
function afterComment(sql: string, from: number): number {
  const edge = /\/\*|\*\//g;
  edge.lastIndex = from;
  for (let depth = 0; ; ) {
    const found = edge.exec(sql);
    if (found === null) return sql.length;
    depth += found[0] === '/*' ? 1 : -1;
    if (depth === 0) return edge.lastIndex;
  }
}
