/* lib/format/yamlevent: the events of plain YAML, as libyaml reports them. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "format/yamlevent.h"

/* Events as text. A block has no end of its own: libyaml names the place of the
 * token that comes next, which no caller uses. */
static int
tell(void *ctx, const struct gv_yamlevent *e)
{
	static const char kinds[] = "DSALME";

	gv_buf_addf(ctx, "%c", kinds[e->kind]);
	if (e->kind == GV_YAMLEVENT_DOCUMENT || e->kind == GV_YAMLEVENT_SCALAR)
		gv_buf_addf(ctx, "%zu-%zu", e->at, e->end);
	else if (e->kind != GV_YAMLEVENT_END)
		gv_buf_addf(ctx, "%zu", e->at);
	else if (e->end > e->at)
		gv_buf_addf(ctx, "%zu", e->end);
	gv_buf_addf(ctx, "%c ", e->style ? e->style : ',');
	return 0;
}

/* What the plain reader takes, libyaml reports in the same words. The result:
 * whether it took it. */
static bool
is_the_same(const char *text)
{
	struct gv_buf plain = GV_BUF_INIT, yaml = GV_BUF_INIT;
	struct gv_yamlevent_error error = { 0 };
	const size_t len = strlen(text);
	int r = gv_yamlevent_plain(text, 0, len, tell, &plain), l;

	l = gv_yamlevent_each_library(text, len, tell, &yaml, &error);
	if (r < 0 && l == 0)
		fail_msg("libyaml takes this:\n%s", text);
	if (r == 0 && (l != 0 || !gv_buf_equal(&plain, &yaml)))
		fail_msg("%s\nis      %s\nlibyaml %s (%d)", text,
		    plain.p ? plain.p : "", yaml.p ? yaml.p : "", l);
	gv_buf_release(&plain);
	gv_buf_release(&yaml);
	return r == 0;
}

static void
plain_documents_have_the_events_of_libyaml(void **state)
{
	static const char *const texts[] = {
		"",
		"# none\n",
		"a: b\n",
		"a: b",
		"\n\n  a: b # c\n  c: 'd' \n",
		"---\na: b\n",
		"--- # why\n\na:\n  b:\n  - c\n  - d: e\n    f:\n  -\n",
		"---\n",
		"a:\n- b\n- c\nd: e\n",
		"- - a\n  - b\n- c: d\n",
		"a: |\n  one\n\n  two\n\n\n# comment\nb: >-\n  x\n  y\n",
		"a: |+\n  one\n\n\nb: |\nc: |\n\n",
		"a: {}\nb: []  # none\nc: \"d: e\"\n\"f g\" : h\n",
		"a:\nb:\n  c:\n\n  # here\n  d: -1\ne: /x:y\n",
		"a: b\r\nc:\r\n  - d\r\n",
		"a: |\n  b\r\n  c\r\nd: e\r\n",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (!is_the_same(texts[i]))
			fail_msg("not plain:\n%s", texts[i]);
}

static unsigned
draw(unsigned *seed)
{
	*seed = *seed * 1103515245 + 12345;
	return *seed >> 16;
}

/* Lines put together at random, in a fixed order of seeds. */
static void
documents_of_random_lines_have_them(void **state)
{
	static const char *const pieces[] = { "a: b", "c:", "- d", "-",
		"- e: f", "g: |", "- >-", "h: \"i\" # j", "'k': l", "# m", "",
		"  ", "- - n", "o: {}", "p: [q]", "r: -1", "s", "---", "t: 'u",
		"v: |+", "- w: |", "x:  ", "y: *z", "a b: c d", "b:c",
		"\"d\":e", "-f", "g: h: i", "j: k #l", "m: #n" };
	const size_t n = sizeof(pieces) / sizeof(pieces[0]);
	char text[512];
	unsigned seed = 20261129;
	size_t i, k, lines, taken = 0;

	(void)state;
	for (i = 0; i < 60000; i++) {
		lines = 1 + draw(&seed) % 7;
		*text = '\0';
		for (k = 0; k < lines; k++)
			sprintf(text + strlen(text), "%*s%s%s",
			    (int)(draw(&seed) % 4 * 2), "",
			    pieces[draw(&seed) % n],
			    k + 1 < lines || draw(&seed) % 4 ? "\n" : "");
		taken += is_the_same(text);
	}
	/* else it compared nothing */
	assert_true(taken > 5000);
}

static int
stop(void *ctx, const struct gv_yamlevent *e)
{
	(void)e;
	return --*(int *)ctx ? 0 : -7;
}

static void
it_stops_where_it_is_told_to(void **state)
{
	int left;

	(void)state;
	left = 3;
	assert_int_equal(gv_yamlevent_plain("a: b\n", 0, 5, stop, &left), -7);
	left = 99;
	assert_int_equal(gv_yamlevent_plain("a: b\n", 0, 5, stop, &left), 0);
	assert_int_equal(left, 99 - 5);
}

UNIT(yamlevent)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_documents_have_the_events_of_libyaml),
		cmocka_unit_test(documents_of_random_lines_have_them),
		cmocka_unit_test(it_stops_where_it_is_told_to),
	};

	return UNIT_RUN(tests);
}
