#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';

// By default, V8 keeps the garbage of a long import, and more of it on a larger machine. This comes before a dynamic
// import, since loading the program makes the heap grow already.
setFlagsFromString('--optimize-for-size');
// Node exits with an error if it waits for something that never comes.
await import('./program.js');
