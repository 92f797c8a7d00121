#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "record/manifest.h"
#include "restore/restore_holes.h"

#define SIZE ((size_t)5 * 4096 + 10)

/* What comes of bytes in pieces of a size: a letter a run, and its length. */
static void
cut(char *out, const char *list, const char *p, size_t piece)
{
	struct gv_restore_holes holes = { .list = list };
	size_t at = 0, n, part;
	bool is_hole, was = false;

	*out = '\0';
	for (n = 0; at < SIZE; at += part) {
		size_t len = piece - at % piece;

		len = len < SIZE - at ? len : SIZE - at;
		part = gv_restore_holes_next(&holes, at, p + at, len, &is_hole);
		assert_in_range(part, 1, len);
		if (at && is_hole != was) {
			sprintf(
			    out + strlen(out), "%s%zu ", was ? "h" : "d", n);
			n = 0;
		}
		n += part;
		was = is_hole;
	}
	sprintf(out + strlen(out), "%s%zu", was ? "h" : "d", n);
}

/* Data in blocks 1 and 3, and zeros in each of them, too. */
static void
fill(char *p)
{
	memset(p, 0, SIZE);
	p[4096 + 7] = 'x';
	p[3 * 4096] = 'y';
	p[3 * 4096 + 4095] = 'z';
}

static void
test_follows_the_list_where_bytes_are_zero(void **state)
{
	char p[SIZE], out[200];

	(void)state;
	fill(p);
	cut(out, "4096+4096,12288+4096,20490", p, SIZE);
	assert_string_equal(out, "h4096 d4096 h4096 d4096 h4106");
	/* the content counts, and a list that forgets data loses none */
	cut(out, "4096+4096,20490", p, SIZE);
	assert_string_equal(out, "h4096 d16394");
	cut(out, NULL, p, SIZE);
	assert_string_equal(out, "d20490");
}

static void
test_finds_blocks_of_zeros_where_no_list_says(void **state)
{
	static const size_t pieces[] = { SIZE, 4096, 3 * 4096 };
	char p[SIZE], out[200];
	size_t i;

	(void)state;
	fill(p);
	for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		cut(out, GV_MANIFEST_HOLES_UNSAID, p, pieces[i]);
		assert_string_equal(out, "h4096 d4096 h4096 d4096 h4106");
	}
	/* pieces that end within a block: what is zero of it is left out, and
	 * the rest of the block gives it back */
	cut(out, GV_MANIFEST_HOLES_UNSAID, p, 1000);
	assert_string_equal(out, "h4096 d904 h7288 d712 h3000 d384 h4106");
}

UNIT(restore_holes)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_follows_the_list_where_bytes_are_zero),
		cmocka_unit_test(test_finds_blocks_of_zeros_where_no_list_says),
	};

	return UNIT_RUN(tests);
}
