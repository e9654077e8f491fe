/** The value of a metric in one period, or none. */
export type Value = number | undefined;
type Node = (values: ReadonlyMap<string, Value>) => Value;

/**
 * An expression of CloudWatch's metric math, as far as alarms here use it: arithmetic, comparisons (1 or 0), IF, FILL, and MAX, MIN, SUM of a list. As
 * there, arithmetic with a value that is missing has none, and so has a division by zero; MAX, MIN and SUM pass over it.
 *
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 * @throws on anything it does not know
 */
export function parseMath(expression: string): Node {
  const tokens = expression.match(/\d+(\.\d+)?|[a-zA-Z_]\w*|[<>=!]=|\S/g) ?? [];
  let at = 0;
  const peek = (): string | undefined => tokens[at];
  const take = (expected?: string): string => {
    const token = tokens[at++];
    if (token === undefined || (expected !== undefined && token !== expected))
      throw new Error(`${expression}: expected ${expected ?? 'more'}, got ${token ?? 'the end'}`);
    return token;
  };
  const chain = (operators: Record<string, (a: number, b: number) => number>, operand: () => Node): Node => {
    let left = operand();
    for (let operator = operators[peek() ?? '']; operator; operator = operators[peek() ?? '']) {
      take();
      left = both(left, operand(), operator);
    }
    return left;
  };
  const comparison = (): Node => chain(COMPARISONS, sum);
  const sum = (): Node => chain({ '+': (a, b) => a + b, '-': (a, b) => a - b }, product);
  const product = (): Node => chain({ '*': (a, b) => a * b, '/': (a, b) => a / b }, operand);
  const list = (open: string, close: string): Node[] => {
    take(open);
    const items: Node[] = [];
    while (peek() !== close) {
      if (items.length > 0) take(',');
      items.push(...(peek() === '[' ? list('[', ']') : [comparison()]));
    }
    take(close);
    return items;
  };
  const operand = (): Node => {
    if (peek() === '(') return list('(', ')')[0] as Node;
    const token = take();
    if (/^\d/.test(token)) return () => Number(token);
    if (!/^[a-zA-Z_]/.test(token)) throw new Error(`${expression}: did not expect ${token}`);
    if (peek() !== '(') return (values) => lookUp(values, token);
    const apply = FUNCTIONS[token];
    if (!apply) throw new Error(`${expression}: ${token} is not known here`);
    return apply(list('(', ')'));
  };
  const whole = comparison();
  if (peek() !== undefined) throw new Error(`${expression}: did not expect ${peek()}`);
  return whole;
}

const COMPARISONS = {
  '>=': (a: number, b: number) => Number(a >= b),
  '<=': (a: number, b: number) => Number(a <= b),
  '==': (a: number, b: number) => Number(a === b),
  '>': (a: number, b: number) => Number(a > b),
  '<': (a: number, b: number) => Number(a < b),
};

const both =
  (left: Node, right: Node, operate: (a: number, b: number) => number): Node =>
  (values) => {
    const [a, b] = [left(values), right(values)];
    if (a === undefined || b === undefined) return undefined;
    const result = operate(a, b);
    return Number.isFinite(result) ? result : undefined;
  };

const overAll =
  (operate: (present: number[]) => number) =>
  (items: Node[]): Node =>
  (values) => {
    const present = items.flatMap((item) => item(values) ?? []);
    return present.length === 0 ? undefined : operate(present);
  };

const FUNCTIONS: Record<string, (args: Node[]) => Node> = {
  IF:
    ([condition, yes, no]) =>
    (values) => {
      const holds = condition?.(values);
      return holds === undefined ? undefined : (holds !== 0 ? yes : no)?.(values);
    },
  FILL:
    ([metric, instead]) =>
    (values) =>
      metric?.(values) ?? instead?.(values),
  MAX: overAll((present) => Math.max(...present)),
  MIN: overAll((present) => Math.min(...present)),
  SUM: overAll((present) => present.reduce((a, b) => a + b)),
};

function lookUp(values: ReadonlyMap<string, Value>, id: string): Value {
  if (!values.has(id)) throw new Error(`${id} is no metric of this expression`);
  return values.get(id);
}
