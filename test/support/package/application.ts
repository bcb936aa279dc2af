import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serving } from '../processes/serving.js';
import { run } from './run.js';

/** An application in a new, empty folder. */
export class Application {
  readonly folder = mkdtempSync(join(tmpdir(), 'shop-'));

  write(file: string, text: string): void {
    writeFileSync(join(this.folder, file), text);
  }

  /** Changes a JSON file, such as package.json. */
  configure(file: string, change: (settings: Record<string, any>) => void): void {
    const settings = JSON.parse(readFileSync(join(this.folder, file), 'utf8'));
    change(settings);
    this.write(file, JSON.stringify(settings, undefined, 2));
  }

  /** Runs a program in the folder. */
  run(program: string, ...args: readonly string[]): Promise<string> {
    return run(this.folder, program, args);
  }

  /** Runs a program that a package has installed. */
  bin(name: string, ...args: readonly string[]): Promise<string> {
    return this.run(join(this.folder, 'node_modules/.bin', name), ...args);
  }

  /** Runs a compiled server while `work` sends requests to it. */
  serve(node: string, file: string, work: (port: number) => Promise<void>): Promise<void> {
    return serving({ node, file, folder: this.folder }, work);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}
