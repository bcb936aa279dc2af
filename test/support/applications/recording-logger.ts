import { inspect } from 'node:util';
import type { LoggerService } from '@nestjs/common';

/** Keeps what an application logs, so that tests can read it. */
export class RecordingLogger implements LoggerService {
  readonly #lines: { level: string; text: string }[] = [];

  log(...parts: unknown[]): void {
    this.#add('log', parts);
  }

  warn(...parts: unknown[]): void {
    this.#add('warn', parts);
  }

  error(...parts: unknown[]): void {
    this.#add('error', parts);
  }

  /** Returns all lines, or those of one level. */
  lines(level?: 'error' | 'log' | 'warn'): string[] {
    return this.#lines
      .filter((line) => level === undefined || line.level === level)
      .map(({ text }) => text);
  }

  clear(): void {
    this.#lines.length = 0;
  }

  #add(level: string, parts: unknown[]): void {
    const texts = parts.map((part) =>
      typeof part === 'string' ? part : inspect(part, { depth: 10, showHidden: true }),
    );
    this.#lines.push({ level, text: texts.join(' ') });
  }
}
