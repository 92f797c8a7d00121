#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "project/lineage.h"
#include "project/registry.h"

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C "cccccccccccccccccccccccccccccccc"

/* Three projects, and links between them as the configuration has them. */
struct world {
	struct gv_registry registry;
	struct gv_registered items[3];
	struct gv_lineage lineage;
};

static void
load(struct world *w, const char *const (*links)[2], size_t n)
{
	static const char *const names[] = { "a", "b", "c" };
	static const char *const ids[] = { A, B, C };
	struct gv_buf text = GV_BUF_INIT;
	size_t i, len;
	char *config;

	memset(w, 0, sizeof(*w));
	for (i = 0; i < 3; i++) {
		w->items[i].name = names[i];
		w->items[i].path = w->items[i].key = i == 0 ? "/w/a"
		    : i == 1                                ? "/w/b"
							    : "/w/c";
		gv_buf_addf(&text, "global%cvault./w/%s.id\n%s%c", 0, names[i],
		    ids[i], 0);
	}
	for (i = 0; i < n; i++)
		gv_buf_addf(&text, "%s%cvault./w/%s.from\n%s%c",
		    links[i][0][0] == '!' ? "local" : "global", 0,
		    links[i][0] + (links[i][0][0] == '!'), links[i][1], 0);
	w->registry.items = w->items;
	w->registry.n = 3;
	len = text.len;
	config = gv_buf_take(&text);
	assert_int_equal(
	    gv_config_parse(&w->registry.config, config, len, false), 0);
	assert_int_equal(gv_lineage_load(&w->lineage, &w->registry), 0);
}

static void
unload(struct world *w)
{
	gv_lineage_release(&w->lineage);
	gv_config_release(&w->registry.config);
}

/* The names that a project goes back to: "b c". */
static const char *
back(struct world *w, size_t from)
{
	static char out[200];
	const struct gv_lineage_link *links[GV_LINEAGE_MOST];
	const struct gv_lineage_end end = { .project = &w->items[from] };
	struct gv_buf text = GV_BUF_INIT;
	size_t i, n = gv_lineage_back(links, &w->lineage, &end);

	for (i = 0; i < n; i++) {
		gv_buf_addstr(&text, i ? " " : "");
		gv_lineage_add_name(&text, &links[i]->old);
	}
	snprintf(out, sizeof(out), "%s", text.p);
	gv_buf_release(&text);
	return out;
}

#define LOAD(w, links) load((w), (links), sizeof(links) / sizeof((links)[0]))

static void
a_line_goes_back_over_several_projects(void **state)
{
	static const char *const links[][2] = { { "a", B }, { "b", C } };
	struct world w;

	(void)state;
	LOAD(&w, links);
	assert_true(gv_lineage_is_any(&w.registry.config));
	assert_string_equal(back(&w, 0), "b c");
	assert_string_equal(back(&w, 1), "c");
	assert_string_equal(back(&w, 2), "");
	unload(&w);
}

static void
a_circle_that_somebody_wrote_ends(void **state)
{
	static const char *const links[][2] = { { "a", B }, { "b", A },
		{ "c", C } };
	struct world w;

	(void)state;
	LOAD(&w, links);
	assert_string_equal(back(&w, 0), "b a");
	assert_string_equal(back(&w, 2), "c");
	unload(&w);
}

static void
folders_and_branches_are_named(void **state)
{
	static const char *const links[][2] = { { "a",
						    A "//old/web//php//web" },
		{ "a", B "////v1" }, { "b", C "//x" } };
	struct world w;

	(void)state;
	LOAD(&w, links);
	assert_int_equal(w.lineage.n, 3);
	assert_string_equal(w.lineage.links[0].new.folder, "web");
	assert_string_equal(back(&w, 0), "a/old/web@php b@v1 c/x");
	unload(&w);
}

static void
what_is_no_link_is_passed_over(void **state)
{
	static const char *const links[][2] = { { "a", "" }, { "a", "b" },
		{ "x", B }, { "!a", B } };
	struct world w;

	(void)state;
	LOAD(&w, links);
	assert_int_equal(w.lineage.n, 0);
	unload(&w);
}

static void
a_project_that_is_not_listed_is_named(void **state)
{
	static const char *const links[][2] = { { "a",
	    "dddddddddddddddddddddddddddddddd" } };
	struct world w;

	(void)state;
	LOAD(&w, links);
	assert_null(w.lineage.links[0].old.project);
	assert_string_equal(back(&w, 0), "a project that is not listed");
	unload(&w);
}

static void
a_circle_is_refused(void **state)
{
	static const char *const links[][2] = { { "a", B }, { "b", C } };
	struct gv_lineage_end a, c;
	struct world w;

	(void)state;
	LOAD(&w, links);
	a = (struct gv_lineage_end){ .project = &w.items[0], .id = A };
	c = (struct gv_lineage_end){ .project = &w.items[2], .id = C };
	assert_int_equal(gv_lineage_join(&w.lineage, &c, &a), GV_EREFUSED);
	assert_int_equal(gv_lineage_join(&w.lineage, &a, &a), GV_EREFUSED);
	c.id = NULL;
	assert_int_equal(gv_lineage_join(&w.lineage, &a, &c), GV_EREFUSED);
	unload(&w);
}

UNIT(lineage)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_goes_back_over_several_projects),
		cmocka_unit_test(a_circle_that_somebody_wrote_ends),
		cmocka_unit_test(folders_and_branches_are_named),
		cmocka_unit_test(what_is_no_link_is_passed_over),
		cmocka_unit_test(a_project_that_is_not_listed_is_named),
		cmocka_unit_test(a_circle_is_refused),
	};

	return UNIT_RUN(tests);
}
