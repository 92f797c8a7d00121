/* lib/component/component_guard: what a dump of SQLite and of PostgreSQL may
 * have, and what would read files or run programs. */
#include "unit/unit.h"

#include <string.h>

#include "component/component_guard.h"

/* Also in pieces of a byte: each answer has to be the same. */
static const char *
take(enum gv_component_guard_kind kind, const char *text, size_t len)
{
	struct gv_component_guard whole, pieces;
	const char *why, *same = NULL;
	size_t i;

	gv_component_guard_init(&whole, kind);
	gv_component_guard_init(&pieces, kind);
	why = gv_component_guard_take(&whole, text, len);
	for (i = 0; same == NULL && i < len; i++)
		same = gv_component_guard_take(&pieces, text + i, 1);
	assert_ptr_equal(why, same);
	return why;
}

static void
assert_taken(enum gv_component_guard_kind kind, const char *text)
{
	const char *why = take(kind, text, strlen(text));

	if (why)
		fail_msg("refused for %s: %s", why, text);
}

static void
assert_refused(enum gv_component_guard_kind kind, const char *text)
{
	if (take(kind, text, strlen(text)) == NULL)
		fail_msg("not refused: %s", text);
}

#define HEAD "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n"

static void
what_sqlite_dumps_is_taken(void **state)
{
	static const char *const all[] = { HEAD "COMMIT;\n",
		"PRAGMA application_id=-5;\nPRAGMA user_version=3;\n",
		"CREATE TABLE t(a integer primary key, \"select\" text, "
		"check (a in (1,2)), c as (a*2)) WITHOUT ROWID;\n",
		"CREATE TABLE t(with text, go text\n);\n",
		"INSERT INTO t VALUES(1,'it''s; -- /* \n select',NULL,-1.5,"
		"1e999,X'00ff');\n",
		"INSERT INTO t(a,b) VALUES(replace('a\\nb','\\n',char(10)));\n",
		"INSERT INTO \"select\" VALUES(unistr('\\u000a'));\n",
		"PRAGMA writable_schema=ON;\n"
		"INSERT INTO sqlite_schema(type,name,tbl_name,rootpage,sql)"
		"VALUES('table','f','f',0,'CREATE VIRTUAL TABLE f USING "
		"fts5(a)');\nPRAGMA writable_schema=OFF;\n",
		"CREATE TABLE IF NOT EXISTS 'f_data'(id INTEGER PRIMARY KEY, "
		"block BLOB);\n",
		"DELETE FROM sqlite_sequence;\n"
		"INSERT INTO sqlite_sequence VALUES('t',7);\n",
		"ANALYZE sqlite_schema;\n"
		"INSERT INTO sqlite_stat1 VALUES('t','i','1 1');\n",
		"CREATE VIEW v AS SELECT a,\n a\n / 2 FROM t -- ; go\n WHERE 1;\n",
		"CREATE TRIGGER r AFTER INSERT ON t BEGIN\n UPDATE t SET a = "
		"CASE WHEN 1 THEN 2 END;\n SELECT 1;\nEND;\nCOMMIT;\n",
		"CREATE UNIQUE INDEX i ON t(a) WHERE a IS NOT NULL;\n",
		"/****** CORRUPTION ERROR *******/\nROLLBACK; -- due to errors\n",
		"CREATE VIEW v AS SELECT 'x\n.y';\n",
		"CREATE TABLE [odd ; name](`a;b`);\nCOMMIT;" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		assert_taken(GV_COMPONENT_GUARD_SQLITE, all[i]);
}

static void
what_could_read_a_file_is_refused(void **state)
{
	static const char *const all[] = { "SELECT * FROM fsdir('/');\n",
		"BEGIN;\nINSERT INTO t SELECT * FROM fsdir('/x');\n",
		"INSERT INTO t VALUES((SELECT data FROM fsdir('/x')));\n",
		"INSERT INTO t VALUES('/x' IN fsdir('/'));\n",
		"INSERT INTO t VALUES(\"readfile\"('/x'));\n",
		"INSERT INTO t WITH q AS (VALUES(1)) SELECT * FROM q;\n",
		"INSERT INTO t VALUES(1) RETURNING (a IN fsdir('/'));\n",
		"CREATE TABLE t AS SELECT data FROM fsdir('/x');\n",
		"CREATE TABLE t AS VALUES(1 IN fsdir('/'));\n",
		"CREATE TABLE t(a); SELECT 1;\n",
		"CREATE TABLE t(a) ; /* */ VALUES(1);\n",
		"CREATE TEMP VIEW v AS SELECT * FROM fsdir('/');\n",
		("CREATE TEMPORARY TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; "
		 "END;\n"),
		"CREATE VIRTUAL TABLE z USING zipfile('/x');\n",
		"CREATE VIEW v AS SELECT 1\ngo\nSELECT * FROM fsdir('/');\n",
		"CREATE VIEW v AS SELECT 1\n GO -- now\nSELECT 1;\n",
		"CREATE VIEW v AS SELECT 1\n/\nSELECT * FROM fsdir('/');\n",
		("CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END; "
		 "SELECT 2;\n"),
		("CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; /* x */\n "
		 "end; SELECT 2;\n"),
		"DELETE FROM t WHERE a IN fsdir('/');\n",
		"PRAGMA temp_store_directory='/x';\n",
		"PRAGMA writable_schema=RESET;\n", "ATTACH '/x' AS y;\n",
		"VACUUM INTO '/x';\n", "EXPLAIN SELECT 1;\n",
		"UPDATE t SET a = 1;\n", "COMMIT;\n.shell id\n",
		"/*\n.shell id\n*/", ";\n.shell id\n", "COMMIT;;SELECT 1;\n",
		"'a';\n", "(1);\n" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		assert_refused(GV_COMPONENT_GUARD_SQLITE, all[i]);
	assert_non_null(take(GV_COMPONENT_GUARD_SQLITE, "BEGIN\0;", 7));
}

#define KEY    "0123456789abcdefGH"
#define BEFORE "--\n-- PostgreSQL database dump\n--\n\n\\restrict " KEY "\n"
#define BEHIND "\\unrestrict " KEY "\n\n"

static void
a_dump_that_is_restricted_to_its_end_is_taken(void **state)
{
	static const char *const all[] = { BEFORE BEHIND,
		BEFORE "SET x = 1;\n" BEHIND "-- end\n--\n",
		BEFORE "COPY t FROM stdin;\n\\N\\\\unrestrict\n\\.\n" BEHIND,
		BEFORE "select 'unrestrict', '\\\\', '\\unrestricd';\n" BEHIND,
		BEFORE "\xc3\xa9\\\\ \\N\xe3\x81\x82\\\\x\n\\.\n" BEHIND };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		assert_taken(GV_COMPONENT_GUARD_PG, all[i]);
}

static void
what_psql_would_run_is_refused(void **state)
{
	static const char *const all[] = { "SELECT 1;\n", "\\! id\n",
		"--\n\\restrictx " KEY "\n", "\\restrict short\n",
		"\\restrict `id`\n", "-\n", "- -\n",
		BEFORE "\\unrestrict " KEY "\n\\! id\n",
		BEFORE "\\unrestrict " KEY "\nselect 1;\n",
		BEFORE "select 1 \\unrestrict " KEY " \\\\ \\! id\n",
		BEFORE "\\unrestrict `id`\n", BEFORE "\\unrestrict\t" KEY "\n",
		BEFORE "\\unrestrict '0'123456789abcdefGH\n",
		BEFORE "select 1 \\\\\\unrestrict " KEY "\nselect 2;\n",
		/* UTF-8: two bytes; and a first byte without a second */
		BEFORE "select '\xc3\xa9'\xc3\xa9\\unrestrict " KEY "\nx\n",
		BEFORE "\xc3\\unrestrict " KEY "\nselect 2;\n",
		/* Shift JIS: the second byte is that of a backslash */
		BEFORE "select '\x83\\'\x83\\\\unrestrict " KEY "\nx\n",
		BEFORE "\x83\\\\unrestrict `id`\n",
		BEFORE "\x83\\\\\\unrestrict " KEY "\nselect 2;\n" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		assert_refused(GV_COMPONENT_GUARD_PG, all[i]);
}

/* Of a dump that nothing restricts: what may be given behind a line of ours. */
static void
a_dump_of_an_older_program_is_restricted_by_the_giver(void **state)
{
	static const struct {
		const char *text;
		bool is_open, is_taken;
	} all[] = { { "--\n-- a dump\n--\n\nSET x = 1;\n", true, true },
		{ "COPY t FROM stdin;\n\\\\unrestrict `id`\n\\.\n", true,
		    true },
		{ "\\! id\n", true, true }, /* psql refuses it then */
		{ "SET x = 1;\n\\unrestrict `id`\n", true, false },
		{ "SET x = 1;\n\\unrestrict deadbeef\n", true, false },
		{ BEFORE BEHIND, false, true },
		{ BEFORE BEHIND "select 1;\n", false, false },
		{ BEFORE "\\unrestrict `id`\n", false, false } };
	struct gv_component_guard guard;
	const char *why;
	bool is_open;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		gv_component_guard_init(&guard, GV_COMPONENT_GUARD_PG);
		why = gv_component_guard_first(
		    &guard, &is_open, KEY, all[i].text, strlen(all[i].text));
		assert_int_equal(is_open, all[i].is_open);
		assert_int_equal(why == NULL, all[i].is_taken);
	}
}

UNIT(component_guard)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_sqlite_dumps_is_taken),
		cmocka_unit_test(what_could_read_a_file_is_refused),
		cmocka_unit_test(a_dump_that_is_restricted_to_its_end_is_taken),
		cmocka_unit_test(what_psql_would_run_is_refused),
		cmocka_unit_test(
		    a_dump_of_an_older_program_is_restricted_by_the_giver),
	};

	return UNIT_RUN(tests);
}
