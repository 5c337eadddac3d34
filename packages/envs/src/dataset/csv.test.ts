import { describe, expect, it } from 'vitest';
import { parseCsv, readCsv } from './csv.js';

const rows = (text: string) => parseCsv(text).map((row) => Object.fromEntries(row));

describe('CSV', () => {
  it('reads quoted fields, any line end, short and long rows', () => {
    expect(rows('string,difficulty\r\n"a ""b"", c",1\nd\re,2,3')).toEqual([
      { string: 'a "b", c', difficulty: '1' },
      { string: 'd' },
      { string: 'e', difficulty: '2' },
    ]);
  });

  it('takes empty lines for no rows, but blank ones for rows', () => {
    expect(rows('string\n\na\n \n')).toEqual([{ string: 'a' }, { string: ' ' }]);
  });

  it('ignores a byte order mark', () => {
    expect(rows('\ufeffstring\na')).toEqual([{ string: 'a' }]);
  });

  it('has no columns where the first line is empty', () => {
    expect(rows('\nstring\na')).toEqual([]);
  });

  it('wants a header, a closed quote and a readable file', () => {
    expect(() => parseCsv('')).toThrow(expect.objectContaining({ code: 'bad_dataset' }));
    expect(() => parseCsv('string\n"a')).toThrow(expect.objectContaining({ code: 'bad_dataset' }));
    expect(() => readCsv('no/such/file.csv')).toThrow(/`no\/such\/file\.csv` cannot be read/);
  });
});
