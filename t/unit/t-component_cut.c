/* lib/component/component_cut: pieces join to the dump, whatever portions it
 * comes in; and a dump with changed and moved rows has nearly the same ones. */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/map.h"
#include "component/component_cut.h"

struct pieces {
	struct gv_buf all;
	uint64_t anchors[4096];
	size_t n, largest;
};

static int
take(void *ctx, const void *data, size_t len, uint64_t anchor)
{
	struct pieces *p = ctx;

	gv_buf_add(&p->all, data, len);
	p->largest = len > p->largest ? len : p->largest;
	assert_true(p->n < 4096);
	p->anchors[p->n++] = anchor;
	return 0;
}

static void
cut(struct pieces *out, const struct gv_buf *dump, size_t portion)
{
	struct gv_component_cut c = { .piece = take, .ctx = out };
	size_t at, n;

	memset(out, 0, sizeof(*out));
	out->all = (struct gv_buf)GV_BUF_INIT;
	for (at = 0; at < dump->len; at += n) {
		n = dump->len - at < portion ? dump->len - at : portion;
		assert_int_equal(gv_component_cut_add(&c, dump->p + at, n), 0);
	}
	assert_int_equal(gv_component_cut_finish(&c), 0);
	gv_component_cut_release(&c);
}

static void
check_joined(const struct gv_buf *dump, size_t portion)
{
	struct pieces p;

	cut(&p, dump, portion);
	assert_int_equal(p.all.len, dump->len);
	assert_true(dump->len == 0 || memcmp(p.all.p, dump->p, dump->len) == 0);
	assert_true(p.largest <= GV_COMPONENT_PIECE_MAX);
	gv_buf_release(&p.all);
}

/* Rows with a key, of which every 100th may be changed and at the end. */
static void
fill(struct gv_buf *out, unsigned rows, int changed)
{
	unsigned i, pass;

	gv_buf_addstr(out, "--\n-- a dump\n--\n\nCOPY t (a, b) FROM stdin;\n");
	for (pass = 0; pass < 2; pass++)
		for (i = 1; i <= rows; i++)
			if ((changed >= 0 && i % 100 == (unsigned)changed) ==
			    (pass == 1))
				gv_buf_addf(out, "%u\t%s row %u of many %u\n",
				    i, pass ? "new" : "old", i * 7919,
				    i * 104729);
	gv_buf_addstr(out, "\\.\n\n-- end\n");
	assert_int_equal(gv_buf_check(out), 0);
}

static void
joins(void **state)
{
	static const size_t portions[] = { 1, 13, 4096, 65536, 1 << 20 };
	struct gv_buf dump = GV_BUF_INIT;
	size_t i;

	(void)state;
	fill(&dump, 20000, -1);
	for (i = 1; i < sizeof(portions) / sizeof(portions[0]); i++)
		check_joined(&dump, portions[i]);
	gv_buf_truncate(&dump, 70000);
	check_joined(&dump, 1);
	/* a row that is longer than pieces, and one that never ends */
	gv_buf_reset(&dump);
	for (i = 0; i < 700000; i++)
		gv_buf_addch(&dump, i % 300001 == 9 ? '\n' : 'x');
	check_joined(&dump, 5000);
	/* what is no text */
	for (i = 0; i < 300000; i++)
		gv_buf_addch(&dump, (char)(i * i >> 5));
	dump.p[3] = '\0';
	check_joined(&dump, 7777);
	gv_buf_reset(&dump);
	check_joined(&dump, 1);
	gv_buf_release(&dump);
}

static void
same_anchors(void **state)
{
	struct gv_buf was = GV_BUF_INIT, is = GV_BUF_INIT;
	struct gv_map known = GV_MAP_INIT;
	struct pieces a, b;
	size_t i, same = 0;

	(void)state;
	fill(&was, 100000, -1);
	fill(&is, 100000, 37);
	cut(&a, &was, 9999);
	cut(&b, &is, 4321);
	for (i = 0; i < a.n; i++)
		assert_int_equal(gv_map_put(&known, &a.anchors[i],
				     sizeof(a.anchors[i]), &a.anchors[i]),
		    0);
	for (i = 0; i < b.n; i++)
		same += gv_map_get(&known, &b.anchors[i],
			    sizeof(b.anchors[i])) != NULL;
	assert_true(a.n > 20);
	/* all but those of the rows at the end */
	assert_true(same * 100 >= b.n * 85);
	gv_map_release(&known);
	gv_buf_release(&was);
	gv_buf_release(&is);
	gv_buf_release(&a.all);
	gv_buf_release(&b.all);
}

/* What is forced to end where nothing begins ends at a row, too. */
static void
ends_at_rows(void **state)
{
	struct gv_buf dump = GV_BUF_INIT;
	struct pieces p;

	(void)state;
	fill(&dump, 100000, -1);
	cut(&p, &dump, 50000);
	assert_true(p.n >= dump.len / GV_COMPONENT_PIECE_MAX);
	assert_true(p.n <= dump.len / GV_COMPONENT_PIECE_MIN + 1);
	gv_buf_release(&p.all);
	gv_buf_release(&dump);
}

UNIT(component_cut)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(joins),
		cmocka_unit_test(same_anchors),
		cmocka_unit_test(ends_at_rows),
	};

	return UNIT_RUN(tests);
}
