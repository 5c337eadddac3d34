/**
 * Values written down as text: JSON as Python's `json.loads` reads it, and Python literals as `ast.literal_eval` does, as
 * far as they hold what JSON can. Reads untrusted text in time linear in its length, and throws nothing: what is malformed,
 * or nested deeper than 100 levels, is undefined.
 */

export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;

export interface JsonObject {
  [key: string]: JsonValue;
}

export type Dialect = 'json' | 'python';

const MAX_DEPTH = 100;

/** Python refuses longer whole numbers too; and long matches could run V8's matcher out of stack. */
const MAX_NUMBER = 4300;

const constants: Readonly<Record<Dialect, Readonly<Record<string, JsonValue>>>> = {
  json: {
    true: true,
    false: false,
    null: null,
    NaN: Number.NaN,
    Infinity: Number.POSITIVE_INFINITY,
  },
  python: { True: true, False: false, None: null },
};

const numbers: Readonly<Record<Dialect, RegExp>> = {
  json: /(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y,
  python:
    /0[xX](?:_?[\da-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|(?:\d(?:_?\d)*)?\.\d(?:_?\d)*(?:[eE][+-]?\d+)?|\d(?:_?\d)*\.?(?:[eE][+-]?\d+)?/y,
};

const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** The value of a whole text, or undefined where it is none. Tuples become lists, keys that are no texts become texts. */
export function readLiteral(text: string, dialect: Dialect): JsonValue | undefined {
  const reader = new LiteralReader(text, dialect);
  const value = reader.value(0);
  return value !== undefined && reader.atEnd() ? value : undefined;
}

/** True for what JSON calls an object. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

class LiteralReader {
  #at = 0;
  readonly #text: string;
  readonly #python: boolean;
  readonly #dialect: Dialect;

  constructor(text: string, dialect: Dialect) {
    this.#text = text;
    this.#dialect = dialect;
    this.#python = dialect === 'python';
  }

  atEnd(): boolean {
    this.#skipBlanks();
    return this.#at === this.#text.length;
  }

  value(depth: number): JsonValue | undefined {
    if (depth > MAX_DEPTH) return undefined;
    this.#skipBlanks();
    const first = this.#text[this.#at];
    if (first === '{') return this.#object(depth);
    if (first === '[') return this.#list(depth, ']')?.items;
    if (first === '(' && this.#python) return this.#parenthesis(depth);
    if (first === '"' || (first === "'" && this.#python)) return this.#strings();
    return this.#number() ?? this.#word();
  }

  #object(depth: number): JsonObject | undefined {
    const entries: [string, JsonValue][] = [];
    this.#at++;
    while (!this.#take('}')) {
      if (entries.length > 0 && !this.#take(',')) return undefined;
      if (entries.length > 0 && this.#python && this.#take('}')) break;
      const key = this.#key(depth);
      if (key === undefined || !this.#take(':')) return undefined;
      const value = this.value(depth + 1);
      if (value === undefined) return undefined;
      entries.push([key, value]);
    }
    // Defines own properties, whatever the keys are called.
    return Object.fromEntries(entries);
  }

  #key(depth: number): string | undefined {
    const key = this.value(depth + 1);
    if (typeof key === 'string') return key;
    if (key === undefined || !this.#python || (typeof key === 'object' && key !== null)) return undefined;
    return JSON.stringify(key);
  }

  /** The items up to the closing bracket; the reader stands at the opening one. */
  #list(depth: number, end: ']' | ')'): { items: JsonValue[]; commas: number } | undefined {
    const items: JsonValue[] = [];
    let commas = 0;
    this.#at++;
    while (!this.#take(end)) {
      if (items.length > 0) {
        if (!this.#take(',')) return undefined;
        commas++;
        if (this.#python && this.#take(end)) break;
      }
      const item = this.value(depth + 1);
      if (item === undefined) return undefined;
      items.push(item);
    }
    return { items, commas };
  }

  /** A tuple; without a comma, `(1)` is what it holds. */
  #parenthesis(depth: number): JsonValue | undefined {
    const list = this.#list(depth, ')');
    return list?.items.length === 1 && list.commas === 0 ? list.items[0] : list?.items;
  }

  /** A string; in Python, all that stand side by side. */
  #strings(): string | undefined {
    let text = this.#string(false);
    while (text !== undefined && this.#python) {
      this.#skipBlanks();
      const next = this.#text[this.#at];
      if (next !== '"' && next !== "'") break;
      const more = this.#string(false);
      text = more === undefined ? undefined : text + more;
    }
    return text;
  }

  #string(raw: boolean): string | undefined {
    const quote = this.#text[this.#at] as string;
    const long = this.#python && this.#text.startsWith(quote.repeat(3), this.#at);
    const end = long ? quote.repeat(3) : quote;
    this.#at += end.length;
    const parts: string[] = [];
    let start = this.#at;
    while (this.#at < this.#text.length) {
      const character = this.#text[this.#at] as string;
      if (this.#text.startsWith(end, this.#at)) {
        parts.push(this.#text.slice(start, this.#at));
        this.#at += end.length;
        return parts.join('');
      }
      if (character === '\\') {
        parts.push(this.#text.slice(start, this.#at));
        const escaped = this.#escape(raw);
        if (escaped === undefined) return undefined;
        parts.push(escaped);
        start = this.#at;
        continue;
      }
      if (this.#python ? !long && /[\n\r\0]/.test(character) : character < ' ') return undefined;
      this.#at++;
    }
    return undefined;
  }

  /** What a backslash and what follows it stand for. */
  #escape(raw: boolean): string | undefined {
    const next = this.#text[this.#at + 1];
    if (next === undefined) return undefined;
    this.#at += 2;
    if (raw) return `\\${next}`;
    if (next === 'u') return this.#codePoint(4);
    if (!this.#python) return next === '/' ? '/' : escapes[next];
    if (next === 'U') return this.#codePoint(8);
    if (next === 'x') return this.#codePoint(2);
    if (next === '\n') return '';
    if (next === "'") return next;
    // Python keeps the backslash of an escape that it does not know.
    return escapes[next] ?? `\\${next}`;
  }

  #codePoint(digits: number): string | undefined {
    const code = this.#text.slice(this.#at, this.#at + digits);
    if (code.length < digits || !/^[\da-fA-F]+$/.test(code)) return undefined;
    this.#at += digits;
    const value = Number.parseInt(code, 16);
    return value > 0x10ffff ? undefined : String.fromCodePoint(value);
  }

  #number(): number | undefined {
    const start = this.#at;
    const sign = this.#text[this.#at];
    const signed = sign === '-' || (sign === '+' && this.#python);
    if (signed) this.#at++;
    const pattern = numbers[this.#dialect];
    pattern.lastIndex = 0;
    const [written] = pattern.exec(this.#text.slice(this.#at, this.#at + MAX_NUMBER)) ?? [];
    if (written === undefined) {
      if (signed && !this.#python && this.#text.startsWith('Infinity', this.#at)) {
        this.#at += 'Infinity'.length;
        return Number.NEGATIVE_INFINITY;
      }
      this.#at = start;
      return undefined;
    }
    this.#at += written.length;
    // Python refuses whole numbers that begin with 0, such as 012.
    if (this.#python && /^0[\d_]*[1-9]/.test(written) && /^[\d_]+$/.test(written)) return undefined;
    const value = Number(written.replaceAll('_', ''));
    return sign === '-' ? 0 - value : value;
  }

  /** A constant; in Python also a string with a prefix. */
  #word(): JsonValue | undefined {
    const words = /[A-Za-z]{1,9}/y;
    words.lastIndex = this.#at;
    const [word = ''] = words.exec(this.#text) ?? [];
    this.#at += word.length;
    const quote = this.#text[this.#at];
    if (this.#python && /^[rRuU]$/.test(word) && (quote === '"' || quote === "'")) {
      return this.#string(word.toLowerCase() === 'r');
    }
    const known = constants[this.#dialect];
    return Object.hasOwn(known, word) ? known[word] : undefined;
  }

  /** Goes past a character if it comes next, blanks aside. */
  #take(character: string): boolean {
    this.#skipBlanks();
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #skipBlanks(): void {
    for (;;) {
      const character = this.#text[this.#at];
      if (character === ' ' || character === '\t' || character === '\n' || character === '\r') this.#at++;
      else if (character === '#' && this.#python) {
        while (this.#at < this.#text.length && this.#text[this.#at] !== '\n') this.#at++;
      } else return;
    }
  }
}
