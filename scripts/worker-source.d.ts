/** Matches the files that are the program of a worker thread. */
export declare const WORKER: RegExp;

/** Returns a module that exports the program of a worker thread as a string. */
export declare function workerModule(path: string, text?: string): string;
