import { QueryTypes, type Sequelize } from 'sequelize';

const MARIADB = [
  `SELECT ordinal_position, column_name, column_type, is_nullable, column_default, column_key, extra,
          character_set_name, collation_name
     FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = $table
    ORDER BY ordinal_position`,
  `SELECT index_name, non_unique, seq_in_index, column_name, collation, sub_part, nullable, index_type
     FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = $table
    ORDER BY index_name, seq_in_index`,
  `SELECT engine, row_format, table_collation, create_options
     FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = $table`,
];

/** Queries of each database's catalogue for a table: its columns, its indexes, and what else belongs to it. */
const CATALOGUE: Record<string, readonly string[]> = {
  sqlite: [
    'SELECT * FROM pragma_table_xinfo($table)',
    `SELECT list.name, list."unique", list.origin, list.partial, info.*
       FROM pragma_index_list($table) AS list, pragma_index_xinfo(list.name) AS info
      ORDER BY list.name, info.seqno`,
    `SELECT type, name, replace(replace(sql, char(10), ''), ' ', '') AS sql
       FROM sqlite_master WHERE tbl_name = $table ORDER BY name`,
  ],
  postgres: [
    `SELECT attnum, attname, format_type(atttypid, atttypmod) AS type, attnotnull, collname,
            pg_get_expr(adbin, adrelid) AS "default", attidentity, attgenerated, attstorage
       FROM pg_attribute
       LEFT JOIN pg_collation ON pg_collation.oid = attcollation
       LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
      WHERE attrelid = to_regclass($table) AND attnum > 0 ORDER BY attnum`,
    `SELECT pg_get_indexdef(indexrelid) AS definition, indisunique, indisprimary, indisvalid
       FROM pg_index WHERE indrelid = to_regclass($table) ORDER BY 1`,
    `SELECT conname, pg_get_constraintdef(oid) AS definition
       FROM pg_constraint WHERE conrelid = to_regclass($table) ORDER BY conname`,
    'SELECT relkind, relpersistence, reloptions FROM pg_class WHERE oid = to_regclass($table)',
  ],
  mariadb: MARIADB,
  mysql: MARIADB,
};

/** Returns all that the catalogue says about a table; the result is equal for equal tables. */
export async function describeTable(sequelize: Sequelize, table: string): Promise<object[][]> {
  const queries = CATALOGUE[sequelize.getDialect()]!;
  return Promise.all(
    queries.map((sql) => sequelize.query(sql, { bind: { table }, type: QueryTypes.SELECT })),
  );
}
