import { InvalidArgumentError } from 'commander';

/** Returns the whole number in the value of an option. */
export function parseWholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) {
    throw new InvalidArgumentError('It must be a whole number.');
  }
  return Number(text);
}
