/**
 * Stops a release if something is missing that only the owner can fill in. Runs before `npm publish` and as the first job
 * of the release workflow.
 */
import { readFileSync } from 'node:fs';

const { repository, version } = JSON.parse(readFileSync('package.json', 'utf8'));
const { GITHUB_REPOSITORY, GITHUB_REF_TYPE, GITHUB_REF_NAME } = process.env;
const url = repository?.url ?? '';
const problems = [];

if (url === '') {
  problems.push(
    'package.json has no repository.url. npm compares it with the place where the package was built.',
  );
} else if (GITHUB_REPOSITORY !== undefined && !url.endsWith(`/${GITHUB_REPOSITORY}.git`)) {
  problems.push(
    `repository.url in package.json must end with /${GITHUB_REPOSITORY}.git, got ${url}.`,
  );
}
if (readFileSync('CODE_OF_CONDUCT.md', 'utf8').includes('CONDUCT_CONTACT')) {
  problems.push('CODE_OF_CONDUCT.md still says CONDUCT_CONTACT. Name the contact for reports.');
}
if (GITHUB_REF_TYPE === 'tag' && GITHUB_REF_NAME !== `v${version}`) {
  problems.push(
    `The tag must be v${version}, the version in package.json, got ${GITHUB_REF_NAME}.`,
  );
}

for (const problem of problems) {
  console.error(`Not released: ${problem} See RELEASING.md.`);
}
process.exitCode = problems.length > 0 ? 1 : 0;
