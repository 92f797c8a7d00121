/* lib/component/component_proof: what programs print when they fail half-way
 * and end with 0 all the same is no dump. */
#include "unit/unit.h"

#include <string.h>

#include "base/err.h"
#include "component/component_proof.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static int
prove(enum gv_component_proof_kind kind, const void *data, size_t len,
    size_t portion)
{
	struct gv_component_proof p;
	size_t at, n;

	gv_component_proof_begin(&p, kind, "all done");
	for (at = 0; at < len; at += n) {
		n = len - at < portion ? len - at : portion;
		gv_component_proof_add(&p, (const unsigned char *)data + at, n);
	}
	return gv_component_proof_end(&p);
}

static const struct row {
	enum gv_component_proof_kind kind;
	int want;
	const char *text;
} rows[] = {
	{ GV_COMPONENT_PROOF_PG, 0,
	    "--\n-- PostgreSQL database dump complete\n--\n\n" },
	{ GV_COMPONENT_PROOF_PG, 0,
	    "--\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict "
	    "0\n\n" },
	{ GV_COMPONENT_PROOF_PG, GV_ECORRUPT, "COPY t (a) FROM stdin;\n1\n" },
	{ GV_COMPONENT_PROOF_PG, GV_ECORRUPT,
	    "-- PostgreSQL database dump complete\nselect 1;\n" },
	{ GV_COMPONENT_PROOF_PG, GV_ECORRUPT, "" },
	{ GV_COMPONENT_PROOF_MARIADB, 0, "/*!40 */;\n\n-- Dump completed\n" },
	{ GV_COMPONENT_PROOF_MARIADB, 0,
	    "\n-- Dump completed on 2026-11-30  2:00:00\n" },
	/* an invalid view ends it with status 2, and with --force this is there
	 */
	{ GV_COMPONENT_PROOF_MARIADB, GV_ECORRUPT,
	    "DROP TABLE IF EXISTS `v`;\n" },
	{ GV_COMPONENT_PROOF_SQLITE, 0, "INSERT INTO t VALUES(1);\nCOMMIT;\n" },
	/* of a damaged file, with status 0 */
	{ GV_COMPONENT_PROOF_SQLITE, GV_ECORRUPT,
	    "INSERT INTO t VALUES(1);\nROLLBACK; -- due to errors\n" },
	{ GV_COMPONENT_PROOF_TEXT, 0, "1\n2\nnow all done.\n" },
	{ GV_COMPONENT_PROOF_TEXT, GV_ECORRUPT, "all done\n2\n" },
	{ GV_COMPONENT_PROOF_NONE, 0, "x" },
	{ GV_COMPONENT_PROOF_NONE, GV_ECORRUPT, "" },
	{ GV_COMPONENT_PROOF_RDB, GV_ECORRUPT, "REDIS0010 and no end" },
	{ GV_COMPONENT_PROOF_ETCD, GV_ECORRUPT, "short" },
	{ GV_COMPONENT_PROOF_TAR, GV_ECORRUPT, "no archive" },
	{ GV_COMPONENT_PROOF_GZIP, GV_ECORRUPT, "\x1f\x8b" },
	{ GV_COMPONENT_PROOF_MONGO, GV_ECORRUPT, "m\xe2\x99\x81 more of it" },
};

static void
trailers(void **state)
{
	size_t i, portion;

	(void)state;
	for (i = 0; i < N(rows); i++)
		for (portion = 1; portion < 9; portion += 7)
			assert_int_equal(prove(rows[i].kind, rows[i].text,
					     strlen(rows[i].text), portion),
			    rows[i].want);
}

/* Of a redis 7.0.15 without keys, as it sent it. */
static const unsigned char rdb[] = "REDIS0010\xfa\x09redis-ver\x06"
				   "7.0.15\xff";

static void
rdb_checksum(void **state)
{
	unsigned char file[sizeof(rdb) - 1 + 8];

	(void)state;
	memcpy(file, rdb, sizeof(rdb) - 1);
	memset(file + sizeof(rdb) - 1, 0, 8); /* checksums are off */
	assert_int_equal(
	    prove(GV_COMPONENT_PROOF_RDB, file, sizeof(file), 3), 0);
	file[sizeof(rdb) - 1] = 1;
	assert_int_equal(
	    prove(GV_COMPONENT_PROOF_RDB, file, sizeof(file), 3), GV_ECORRUPT);
	/* the check value of that CRC: of "123456789" */
	assert_int_equal(
	    prove(GV_COMPONENT_PROOF_RDB, file, sizeof(file) - 1, 3),
	    GV_ECORRUPT);
}

static void
etcd_checksum(void **state)
{
	unsigned char file[8192 + 32];
	struct gv_hash_sha256 h;
	size_t portion;

	(void)state;
	memset(file, 'x', 8192);
	gv_hash_sha256_init(&h);
	gv_hash_sha256_update(&h, file, 8192);
	gv_hash_sha256_finish(&h, file + 8192);
	for (portion = 1; portion < 10000; portion = portion * 7 + 1)
		assert_int_equal(
		    prove(GV_COMPONENT_PROOF_ETCD, file, sizeof(file), portion),
		    0);
	file[77] = 'y';
	assert_int_equal(
	    prove(GV_COMPONENT_PROOF_ETCD, file, sizeof(file), 5000),
	    GV_ECORRUPT);
	file[77] = 'x';
	assert_int_equal(
	    prove(GV_COMPONENT_PROOF_ETCD, file, sizeof(file) - 512, 5000),
	    GV_ECORRUPT);
}

static void
archives(void **state)
{
	unsigned char file[4096] = { 'n', 'a', 'm', 'e' };

	(void)state;
	assert_int_equal(
	    prove(GV_COMPONENT_PROOF_TAR, file, sizeof(file), 100), 0);
	file[sizeof(file) - 600] = 1;
	assert_int_equal(prove(GV_COMPONENT_PROOF_TAR, file, sizeof(file), 100),
	    GV_ECORRUPT);
	assert_int_equal(
	    prove(GV_COMPONENT_PROOF_TAR, file, 3000, 100), GV_ECORRUPT);
}

UNIT(component_proof)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trailers),
		cmocka_unit_test(rdb_checksum),
		cmocka_unit_test(etcd_checksum),
		cmocka_unit_test(archives),
	};

	return UNIT_RUN(tests);
}
