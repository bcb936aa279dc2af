// Preloaded by --require: says at the end on stderr how much memory the process took at most, in bytes.
process.on('exit', () => process.stderr.write(`${process.resourceUsage().maxRSS * 1024}\n`));
