/** What programs can use of the command line: configurations, runs, reports and the command line itself. */
export { loadConfig } from './config/load.js';
export type { Config } from './config/schema.js';
export { CollmError, ConfigError, RunError, UsageError } from './errors.js';
export type { Io } from './io.js';
export { main } from './main.js';
export { writeReport } from './report/write-report.js';
export { type LoggedEpisode, type MetricsRecord, readEpisodes, readMetrics } from './run-store/records.js';
export { openTeam, type Team, type TeamFactory } from './team.js';
