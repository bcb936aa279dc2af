import { QueryTypes } from 'sequelize';
import { connect } from '../places.mjs';
import { serveCalls, spreadOver } from './serve-calls.mjs';

/** `sequelize.query` with bind, the statement of a single lookup. */
serveCalls(async ({ place, tokens }) => {
  const sequelize = await connect(place);
  const token = spreadOver(tokens);
  const sql = `SELECT * FROM ${place.table} WHERE id IN ($id)`;
  return {
    calls: {
      retrieve: (n) =>
        sequelize.query(sql, { bind: { id: idOf(token(n)) }, type: QueryTypes.SELECT }),
    },
    close: () => sequelize.close(),
  };
});

const idOf = (token) => token.slice(0, 36);
