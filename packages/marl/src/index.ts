export * from './config.js';
export * from './events.js';
export * from './messages.js';
