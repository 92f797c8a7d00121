/* lib/toolstate/state_coding: the encoding that a file's first bytes show, its
 * decoded content, and a state that is read through it. */
#include "unit.h"

#include <string.h>

#include "base/err.h"
#include "toolstate/state.h"
#include "toolstate/state_coding.h"

struct row {
	const char *p;
	size_t len;
	enum gv_state_coding coding;
	const char *plain; /* NULL: it cannot be read */
};

#define BYTES(text) (text), sizeof(text) - 1

static const struct row rows[] = {
	{ BYTES("{}"), GV_STATE_UNCODED, NULL },
	{ BYTES(""), GV_STATE_UNCODED, NULL },
	{ BYTES("\357\273\277{}"), GV_STATE_UTF8_MARK, "{}" },
	{ BYTES("\357\273\277"), GV_STATE_UTF8_MARK, "" },
	{ BYTES("\377\376{\0}\0"), GV_STATE_UTF16_LITTLE, "{}" },
	{ BYTES("\376\377\0{\0}"), GV_STATE_UTF16_BIG, "{}" },
	{ BYTES("{\0\"\0"), GV_STATE_UTF16_LITTLE, "{\"" },
	{ BYTES("\0{\0\""), GV_STATE_UTF16_BIG, "{\"" },
	{ BYTES("\377\376\344\0\254\040\075\330\000\336"),
	    GV_STATE_UTF16_LITTLE, "\303\244\342\202\254\360\237\230\200" },
	{ BYTES("\377\376{\0}"), GV_STATE_UTF16_LITTLE, NULL },
	{ BYTES("\377\376\075\330x\0"), GV_STATE_UTF16_LITTLE, NULL },
	{ BYTES("\037\213\010\000"), GV_STATE_GZIP, NULL },
	{ BYTES("\0\0\0\0"), GV_STATE_UNCODED, NULL },
};

static void
what_is_in_it_is_read(void **state)
{
	struct gv_state_plain plain;
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (gv_state_coding_of(rows[i].p, rows[i].len) !=
		    rows[i].coding)
			fail_msg("row %zu: coding %d", i,
			    (int)gv_state_coding_of(rows[i].p, rows[i].len));
		if (rows[i].coding == GV_STATE_UNCODED)
			continue;
		r = gv_state_plain_read(
		    &plain, rows[i].coding, rows[i].p, rows[i].len, NULL, NULL);
		if (rows[i].plain == NULL && r != GV_EREFUSED)
			fail_msg("row %zu: %d", i, r);
		if (rows[i].plain &&
		    (r != 0 || plain.len != strlen(rows[i].plain) ||
			memcmp(plain.p, rows[i].plain, plain.len) != 0))
			fail_msg("row %zu is read as something else", i);
		gv_state_plain_release(&plain);
	}
}

/* ---- a state ------------------------------------------------------------ */

struct bytes {
	const char *p;
	size_t len, at, told;
};

static int64_t
give(void *ctx, void *data, size_t len)
{
	struct bytes *b = ctx;
	size_t n = b->len - b->at;

	/* a byte at a time at first */
	n = n && len && b->at < 6 ? 1 : n < len ? n : len;
	memcpy(data, b->p + b->at, n);
	b->at += n;
	return (int64_t)n;
}

static int
hold_against(void *ctx, const struct gv_state_group *group)
{
	struct bytes *b = ctx;

	assert_memory_equal(b->p + b->told, group->text, group->len);
	assert_int_equal(group->n_items, 0);
	b->told += group->len;
	return 0;
}

static void
a_state_in_it_says_what_it_is(void **state)
{
	static const char text[] =
	    "{\"version\":4,\"terraform_version\":\"1.9.0\",\"serial\":3,"
	    "\"lineage\":\"7e1f\",\"outputs\":{},\"resources\":[]}\n";
	char wide[2 * sizeof(text)] = "\377\376";
	struct bytes b = { .p = wide, .len = 2 * sizeof(text) };
	struct gv_state_source source = { .read = give, .ctx = &b };
	struct gv_state_info info;
	size_t i;

	(void)state;
	for (i = 0; i + 1 < sizeof(text); i++)
		wide[2 * i + 2] = text[i];
	assert_int_equal(gv_state_run(&info, &source, hold_against, &b), 0);
	assert_int_equal(b.told, b.len);
	assert_string_equal(info.tool, "terraform");
	assert_string_equal(info.lineage, "7e1f");
	assert_int_equal(info.serial, 3);
	assert_true(info.is_coded);
	assert_string_equal(info.damage, "");
	assert_non_null(strstr(info.warning, "UTF-16"));
	/* cut off */
	b = (struct bytes){ .p = wide, .len = 100 };
	assert_int_equal(gv_state_run(&info, &source, hold_against, &b), 0);
	assert_int_equal(b.told, 100);
	assert_non_null(strstr(info.damage, "UTF-16"));
}

UNIT(state_coding)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_in_it_is_read),
		cmocka_unit_test(a_state_in_it_says_what_it_is),
	};

	return UNIT_RUN(tests);
}
