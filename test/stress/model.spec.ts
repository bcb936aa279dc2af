// More runs than in `npm test`, unless the environment says how many.
process.env['MODEL_RUNS'] ??= process.env['STRESS'] === 'short' ? '500' : '10000';
await import('../model/session-model.spec.js');
