#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';

// During a long `import` command, V8 keeps much garbage in memory by default, and more on a larger machine. This flag keeps
// the heap small. It is set before the program is loaded, because loading already makes the heap grow.
setFlagsFromString('--optimize-for-size');
// Node exits with an error if it waits for something that never comes.
await import('./program.js');
