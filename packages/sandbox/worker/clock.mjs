/** Clocks and calendar of the interpreter, which lives in UTC. */
import { checkTime, putText, view } from './machine.mjs';

/** @typedef {import('./machine.mjs').Machine} Machine */

/** @param {Machine} machine @returns {Record<string, (...args: any[]) => unknown>} */
export function clockCalls(machine) {
  /** @param {number} at @param {Date} date */
  const putDate = (at, date) => {
    const v = view(machine);
    const yearStart = Date.UTC(date.getUTCFullYear(), 0, 1);
    const fields = [
      date.getUTCSeconds(),
      date.getUTCMinutes(),
      date.getUTCHours(),
      date.getUTCDate(),
      date.getUTCMonth(),
      date.getUTCFullYear() - 1900,
      date.getUTCDay(),
      Math.floor((date.getTime() - yearStart) / 86_400_000),
      0,
      0,
    ];
    for (const [index, field] of fields.entries()) v.setInt32((at >>> 0) + 4 * index, field, true);
  };
  /** @param {number} at */
  const takeDate = (at) => {
    const v = view(machine);
    const [second = 0, minute = 0, hour = 0, day = 0, month = 0, year = 0] = [0, 4, 8, 12, 16, 20].map(
      (offset) => v.getInt32((at >>> 0) + offset, true),
    );
    const date = new Date(0);
    date.setUTCFullYear(year + 1900, month, day);
    date.setUTCHours(hour, minute, second);
    if (Number.isNaN(date.getTime())) return -1n;
    putDate(at, date);
    return BigInt(Math.floor(date.getTime() / 1000));
  };
  /** @param {bigint} seconds @param {number} at */
  const split = (seconds, at) => putDate(at, new Date(Number(seconds) * 1000));
  return {
    emscripten_date_now: () => Date.now(),
    emscripten_get_now: () => {
      checkTime(machine);
      return performance.now();
    },
    clock_time_get: (clock, _precision, at) => {
      const ms = clock === 0 ? performance.timeOrigin + performance.now() : performance.now();
      view(machine).setBigInt64(at >>> 0, BigInt(Math.round(ms * 1e6)), true);
      return 0;
    },
    clock_res_get: (_clock, at) => {
      view(machine).setBigInt64(at >>> 0, 1000n, true);
      return 0;
    },
    _tzset_js: (timezone, daylight, standardName, daylightName) => {
      view(machine).setInt32(timezone >>> 0, 0, true);
      view(machine).setInt32(daylight >>> 0, 0, true);
      putText(machine, standardName, 'UTC', 17);
      putText(machine, daylightName, 'UTC', 17);
    },
    _gmtime_js: split,
    _localtime_js: split,
    _timegm_js: takeDate,
    _mktime_js: takeDate,
  };
}
