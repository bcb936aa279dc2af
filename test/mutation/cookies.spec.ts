import '../e2e/clear-site-data.spec.js';
import '../e2e/cookie-reading.spec.js';
import '../e2e/cookie-bytes.spec.js';
import '../e2e/cross-origin.spec.js';
import '../e2e/plain-http.spec.js';
import '../e2e/set-cookie.spec.js';
import '../e2e/transports.spec.js';
import '../e2e/foreign-cookies.spec.js';
