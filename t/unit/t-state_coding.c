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

#define GZIP_HEAD "\037\213\010\0\0\0\0\0\0\0\0\0\0\0"

/* It unpacks to two bytes, whatever it is; what ends by ! is damaged. */
static int64_t
unpack(void *out, size_t max, const void *data, size_t len)
{
	const unsigned char *p = data;

	if (p[len - 5] == '!' || max < 2)
		return -1;
	memcpy(out, "{}", 2);
	return 2;
}

/* The last four bytes are the length; it may be wrong. */
static void
a_length_that_cannot_be_is_refused(void **state)
{
	static const struct {
		const char *p;
		size_t len;
		const char *message; /* NULL: it is read */
	} files[] = {
		{ BYTES(GZIP_HEAD "....\2\0\0\0"), NULL },
		{ BYTES(GZIP_HEAD "...!\2\0\0\0"), "it is cut off or damaged" },
		{ BYTES(GZIP_HEAD "....\1\0\0\0"), "it is cut off or damaged" },
		{ BYTES(GZIP_HEAD "....\377\377\377\377"), "it has more than" },
		{ BYTES(GZIP_HEAD "..."), "it is cut off" },
	};
	struct gv_state_plain plain;
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		assert_int_equal(gv_state_coding_of(files[i].p, files[i].len),
		    GV_STATE_GZIP);
		r = gv_state_plain_read(&plain, GV_STATE_GZIP, files[i].p,
		    files[i].len, NULL, unpack);
		if (files[i].message) {
			assert_int_equal(r, GV_EREFUSED);
			assert_message(files[i].message);
		} else {
			assert_int_equal(r, 0);
			assert_int_equal(plain.len, 2);
			assert_memory_equal(plain.p, "{}", 2);
		}
		gv_state_plain_release(&plain);
	}
}

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

/* Two bytes for each letter, without end but at `len`. */
static int64_t
give_wide(void *ctx, void *data, size_t len)
{
	struct bytes *b = ctx;
	unsigned char *p = data;
	size_t i, n = b->len - b->at < len ? b->len - b->at : len;

	for (i = 0; i < n; i++, b->at++)
		p[i] = b->at < 2 ? 0xff - b->at : b->at % 2 ? 0 : 'a';
	return (int64_t)n;
}

static int
count_bytes(void *ctx, const struct gv_state_group *group)
{
	((struct bytes *)ctx)->told += group->len;
	return 0;
}

static void
one_that_is_too_long_is_not_decoded(void **state)
{
	struct bytes b = { .len = GV_STATE_CODING_MAX + 2 };
	struct gv_state_source source = { .read = give_wide, .ctx = &b };
	struct gv_state_info info;

	(void)state;
	assert_int_equal(gv_state_run(&info, &source, count_bytes, &b), 0);
	assert_int_equal(b.told, b.len);
	assert_string_equal(info.tool, "opaque");
	assert_non_null(
	    strstr(info.damage, "it is too long to be looked into"));
}

UNIT(state_coding)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_in_it_is_read),
		cmocka_unit_test(a_length_that_cannot_be_is_refused),
		cmocka_unit_test(a_state_in_it_says_what_it_is),
		cmocka_unit_test(one_that_is_too_long_is_not_decoded),
	};

	return UNIT_RUN(tests);
}
