import '../e2e/cookie-options.spec.js';
import '../e2e/set-cookie.spec.js';
import '../e2e/start-report.spec.js';
