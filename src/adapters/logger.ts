/** One pino logger to stderr: stdout belongs to commands. Event names and ids only, never a person's name or position. */
import { type Logger, pino } from 'pino';

export function createLogger(level: string): Logger {
  return pino({ level, base: null }, pino.destination({ dest: 2, sync: true }));
}
