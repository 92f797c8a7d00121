#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "state/track_graph.h"
#include "toolstate/state.h"

/* A resource, and up to three that it needs. */
struct row {
	const char *address, *needs[3], *deposed;
	unsigned marks;
};

static int
write_down(void *ctx, enum gv_track_finding kind, const char *sentence)
{
	gv_buf_addf(ctx, "%d %s\n", (int)kind, sentence);
	return gv_buf_check(ctx);
}

/* What is found among the rows, a line each. */
static char *
found(const char *tool, const struct row *rows, size_t n)
{
	struct gv_track_graph *g;
	struct gv_buf out = GV_BUF_INIT;
	size_t i, k;

	assert_int_equal(gv_track_graph_new(&g, tool), 0);
	for (i = 0; i < n; i++) {
		const char *needs[3] = { NULL };
		struct gv_track_item item = { .address = rows[i].address,
			.deposed = (rows[i].deposed ? rows[i].deposed : ""),
			.marks = rows[i].marks,
			.needs = needs };

		for (k = 0; k < 3 && rows[i].needs[k]; k++)
			needs[item.n_needs++] = rows[i].needs[k];
		assert_int_equal(gv_track_graph_add(g, &item), 0);
	}
	gv_buf_addstr(&out, "");
	assert_int_equal(gv_track_graph_check(g, write_down, &out), 0);
	gv_track_graph_free(g);
	return gv_buf_take(&out);
}

#define ROWS(rows) rows, sizeof(rows) / sizeof((rows)[0])

static void
assert_found(
    const char *tool, const struct row *rows, size_t n, const char *expect)
{
	char *text = found(tool, rows, n);

	assert_string_equal(text ? text : "", expect);
	free(text);
}

static void
an_address_is_there_once(void **state)
{
	static const struct row rows[] = { { .address = "a.b" },
		{ .address = "a.b", .deposed = "01" }, { .address = "a.b" } };

	(void)state;
	assert_found("terraform", ROWS(rows), "5 a.b is in it twice\n");
}

static void
unfinished_resources_are_named(void **state)
{
	static const struct row rows[] = { { .address = "a.deposed",
					       .marks = GV_STATE_DEPOSED },
		{ .address = "a.tainted", .marks = GV_STATE_TAINTED },
		{ .address = "a.pending", .marks = GV_STATE_PENDING } };

	(void)state;
	assert_found("terraform", ROWS(rows),
	    "9 a.deposed is deposed: an older one that is yet to be destroyed\n"
	    "9 a.tainted is tainted: it will be replaced\n"
	    "9 a.pending is pending: an operation on it did not end\n");
}

/* Each that is missing is named once. */
static void
a_need_is_there_if_the_tool_says_so(void **state)
{
	static const struct row rows[] = {
		{ .address = "a.x", .needs = { "b.y", "c.z[0].\"k\"" } },
		{ .address = "a.w", .needs = { "b.y" } }
	};

	(void)state;
	assert_found("terraform", ROWS(rows),
	    "6 a.x needs b.y, which is not in it\n"
	    "6 a.x needs c.z.\"k\", which is not in it\n");
	assert_found("cloudformation", ROWS(rows), "");
}

/* Terraform's dependencies say no keys, and a key may hold brackets and quotes. */
static void
keys_of_instances_do_not_count(void **state)
{
	static const struct row rows[] = {
		{ .address = "module.m[\"a]\\\"[\"].b.y[1]" },
		{ .address = "a.x", .needs = { "module.m.b.y" } }
	};

	(void)state;
	assert_found("terraform", ROWS(rows), "");
}

static void
circles_are_named_from_where_they_begin(void **state)
{
	static const struct row rows[] = { { .address = "a", .needs = { "b" } },
		{ .address = "b", .needs = { "c" } },
		{ .address = "c", .needs = { "d", "b" } }, { .address = "d" },
		{ .address = "e", .needs = { "e" } } };

	(void)state;
	assert_found("terraform", ROWS(rows),
	    "7 b needs c, which needs b\n"
	    "7 e needs e\n");
}

/* Pulumi writes what is needed first; what is not there at all is no matter of
 * order. */
static void
an_order_is_held_where_the_tool_has_one(void **state)
{
	static const struct row rows[] = {
		{ .address = "a", .needs = { "b", "c" } }, { .address = "b" }
	};

	(void)state;
	assert_found("pulumi", ROWS(rows),
	    "8 a needs b, which comes after it\n"
	    "6 a needs c, which is not in it\n");
	assert_found(
	    "terraform", ROWS(rows), "6 a needs c, which is not in it\n");
}

static int
refuse(void *ctx, enum gv_track_finding kind, const char *sentence)
{
	(void)kind;
	(void)sentence;
	return ++*(int *)ctx == 2 ? GV_ECANCELED : 0;
}

static void
who_is_told_may_end_it(void **state)
{
	static const char *const address = "a.b";
	struct gv_track_item item = { .address = address, .deposed = "" };
	struct gv_track_graph *g;
	int told = 0, i;

	(void)state;
	assert_int_equal(gv_track_graph_new(&g, "terraform"), 0);
	for (i = 0; i < 4; i++)
		assert_int_equal(gv_track_graph_add(g, &item), 0);
	assert_int_equal(gv_track_graph_check(g, refuse, &told), GV_ECANCELED);
	assert_int_equal(told, 2);
	gv_track_graph_free(g);
	gv_track_graph_free(NULL);
}

UNIT(track_graph)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_is_there_once),
		cmocka_unit_test(unfinished_resources_are_named),
		cmocka_unit_test(a_need_is_there_if_the_tool_says_so),
		cmocka_unit_test(keys_of_instances_do_not_count),
		cmocka_unit_test(circles_are_named_from_where_they_begin),
		cmocka_unit_test(an_order_is_held_where_the_tool_has_one),
		cmocka_unit_test(who_is_told_may_end_it),
	};

	return UNIT_RUN(tests);
}
