/** The secret of contenders that sign or seal what they send. */
export const SECRET = 'a secret of this benchmark, long enough for all';
