import { setFlagsFromString } from 'node:v8';

// V8 lets the garbage of a long import stand, and more of it on a larger machine. Imported before all else.
setFlagsFromString('--optimize-for-size');
