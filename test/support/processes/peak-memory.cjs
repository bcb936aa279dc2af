// Preloaded by --require: says at the end on stderr how much memory the process took at most, in bytes.
const { readFileSync } = require('node:fs');

/** On Linux, `maxRSS` begins with the memory of the process that made this one. */
function peak() {
  try {
    const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'));
    return Number(kibibytes) * 1024;
  } catch {
    return process.resourceUsage().maxRSS * 1024;
  }
}

process.on('exit', () => process.stderr.write(`${peak()}\n`));
