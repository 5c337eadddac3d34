/** What programs can use: configurations, runs, reports, statistics of runs, and the command line itself. */
export { loadConfig } from './config/load.js';
export type { Config } from './config/schema.js';
export { CollmError, ConfigError, RunError, UsageError } from './errors.js';
export type { Io } from './io.js';
export { main } from './main.js';
export { writeReport } from './report/write-report.js';
export { type LoggedEpisode, type MetricsRecord, readEpisodes, readMetrics } from './run-store/records.js';
export * from './statistics/bootstrap.js';
export { interquartileMean, mean, median, quantile } from './statistics/descriptive.js';
export * from './statistics/learning-curve.js';
export * from './statistics/probability-of-improvement.js';
export { openTeam, type Team, type TeamFactory } from './team.js';
