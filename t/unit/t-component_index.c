/* lib/component/component_index and component_record: what is written reads
 * back, and what cannot be is refused. */
#include "unit/unit.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "component/component_index.h"
#include "component/component_record.h"
#include "crypto/secret.h"

#define HEAD "git-vault component index 1\nsize "
#define SUM  "\nsum 0101010101010101010101010101010101010101\n"
#define ID   "0202020202020202020202020202020202020202"

static void
index_round_trip(void **state)
{
	struct gv_component_part parts[] = {
		{ 0, 0, 100, 100, GV_COMPONENT_NO_BASE, 0 },
		{ 1, 7, 20, 110, 0, 1 },
	};
	struct gv_component_piece pieces[] = {
		{ 1, { { 2 } }, 0x12345 },
		{ 0, { { 3 } }, 0 },
	};
	const struct gv_component_index index = { .size = 210,
		.parts = parts,
		.n_parts = 2,
		.pieces = pieces,
		.n_pieces = 2 };
	struct gv_component_index back;
	struct gv_secret text = GV_SECRET_INIT;

	(void)state;
	assert_int_equal(gv_component_index_write(&text, &index), 0);
	assert_int_equal(
	    gv_component_index_read(&back, (const char *)text.p, text.len), 0);
	assert_int_equal(back.size, 210);
	assert_int_equal(back.n_parts, 2);
	assert_int_equal(back.n_blocks, 2);
	assert_int_equal(back.parts[1].base, 0);
	assert_int_equal(back.parts[1].depth, 1);
	assert_int_equal(back.parts[1].offset, 7);
	assert_int_equal(back.pieces[0].anchor, 0x12345);
	assert_true(gv_digest_equal(&back.pieces[0].id, &pieces[0].id));
	gv_component_index_release(&back);
	/* any end but the last cuts a line or the sizes */
	assert_int_equal(
	    gv_component_index_read(&back, (const char *)text.p, text.len - 1),
	    GV_ECORRUPT);
	gv_secret_release(&text);
}

static void
index_refused(void **state)
{
	static const char *const texts[] = { "", HEAD, HEAD "1" SUM,
		/* sizes that do not add up */
		HEAD "2" SUM "part 0 0 1 1 -\npiece 0 " ID
		     " 0000000000000000\n",
		/* a base that comes later, or is itself */
		HEAD "1" SUM "part 0 0 1 1 0\npiece 0 " ID
		     " 0000000000000000\n",
		HEAD "1" SUM "part 0 0 1 1 1\npart 0 0 1 1 -\npiece 0 " ID
		     " 0000000000000000\n",
		/* a whole part of another length */
		HEAD "2" SUM "part 0 0 1 2 -\npiece 0 " ID
		     " 0000000000000000\n",
		/* larger than a block */
		HEAD "1" SUM "part 0 262144 1 1 -\npiece 0 " ID
		     " 0000000000000000\n",
		HEAD "1" SUM "part 0 0 1 1 -\npiece 1 " ID
		     " 0000000000000000\n",
		HEAD "1" SUM "part 0 0 1 01 -\npiece 0 " ID
		     " 0000000000000000\n",
		HEAD "18446744073709551617" SUM "part 0 0 1 1 -\npiece 0 " ID
		     " 0000000000000000\n",
		HEAD "1" SUM "other 1\n" };
	struct gv_component_index out;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(
		    gv_component_index_read(&out, texts[i], strlen(texts[i])),
		    GV_ECORRUPT);
}

/* Nine deltas on a whole part are one too many. */
static void
index_chain(void **state)
{
	struct gv_buf text = GV_BUF_INIT;
	struct gv_component_index out;
	unsigned i, n;

	(void)state;
	for (n = 8; n <= 9; n++) {
		gv_buf_reset(&text);
		gv_buf_addstr(&text, HEAD "1" SUM "part 0 0 1 1 -\n");
		for (i = 0; i < n; i++)
			gv_buf_addf(&text, "part 0 0 1 1 %u\n", i);
		gv_buf_addf(&text, "piece %u " ID " 0000000000000000\n", n);
		assert_int_equal(gv_buf_check(&text), 0);
		assert_int_equal(
		    gv_component_index_read(&out, text.p, text.len),
		    n == 8 ? 0 : GV_ECORRUPT);
		gv_component_index_release(&out);
	}
	gv_buf_release(&text);
}

static void
record_round_trip(void **state)
{
	char name[] = "orders", env[] = "prod", engine[] = "postgresql",
	     label[] = "one\ntwo", host[] = "vm";
	struct gv_component_record rec = { .id = "20261130T024421Z-4212d1a1",
		.base = "20261130T024422Z-634eee1b",
		.key = "0a1b2c3d",
		.name = name,
		.env = env,
		.engine = engine,
		.host = host,
		.label = label,
		.bytes = 1000,
		.pieces = 7,
		.deltas = 3 };
	const struct gv_digest binding = { { 9 } };
	struct gv_component_record back;
	struct gv_buf text = GV_BUF_INIT;
	size_t bound, len;

	(void)state;
	gv_component_record_write(&text, &rec);
	len = text.len;
	assert_int_equal(
	    gv_component_record_read(&back, &bound, text.p, text.len),
	    GV_ECORRUPT);
	gv_component_record_write_binding(&text, &binding);
	assert_int_equal(gv_buf_check(&text), 0);
	assert_int_equal(
	    gv_component_record_read(&back, &bound, text.p, text.len), 0);
	assert_int_equal(bound, len);
	assert_string_equal(back.id, rec.id);
	assert_string_equal(back.base, rec.base);
	assert_string_equal(back.label, "one two");
	assert_null(back.point);
	assert_int_equal(back.bytes, 1000);
	assert_true(gv_digest_equal(&back.binding, &binding));
	gv_component_record_release(&back);
	/* nothing may follow what binds it */
	gv_buf_addstr(&text, "point x\n");
	assert_int_equal(
	    gv_component_record_read(&back, &bound, text.p, text.len),
	    GV_ECORRUPT);
	gv_buf_release(&text);
}

UNIT(component_index)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(index_round_trip),
		cmocka_unit_test(index_refused),
		cmocka_unit_test(index_chain),
		cmocka_unit_test(record_round_trip),
	};

	return UNIT_RUN(tests);
}
