#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';

// V8 lets the garbage of a long import stand, and more of it on a larger machine. Later, what is loaded by then has made the
// heap grow already: a static import would come first.
setFlagsFromString('--optimize-for-size');
// Node ends with an error where it waits for something that never comes.
await import('./program.js');
