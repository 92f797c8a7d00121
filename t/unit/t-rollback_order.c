/* lib/rollback/rollback_order: in which order resources go back, on small
 * states and on random ones against what must hold of any order. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "rollback/rollback_graph.h"
#include "rollback/rollback_order.h"
#include "state/track_diff.h"
#include "unit/sandbox.h"

#define MAX 40

/* Resources r0 … of two versions, and what each needs in them. */
struct state {
	size_t n;
	char names[MAX][24];
	bool is_there[2][MAX], needs[2][MAX][MAX];
};

static struct gv_rollback_graph *
graph_of(const struct state *s, int version)
{
	struct gv_rollback_graph *g = gv_rollback_graph_new(true);
	const char *needs[MAX];
	size_t i, k;

	assert_non_null(g);
	for (i = 0; i < s->n; i++) {
		struct gv_track_item item = { .address = s->names[i],
			.needs = needs };

		for (k = 0; k < s->n; k++)
			if (s->needs[version][i][k])
				needs[item.n_needs++] = s->names[k];
		if (s->is_there[version][i])
			assert_int_equal(gv_rollback_graph_add(g, &item), 0);
	}
	gv_rollback_graph_rank(g);
	return g;
}

static void
order(struct gv_rollback_order *out, const struct state *s)
{
	struct gv_rollback_graph *before = graph_of(s, 0);
	struct gv_rollback_graph *after = graph_of(s, 1);
	size_t i;

	memset(out, 0, sizeof(*out));
	for (i = 0; i < s->n; i++) {
		struct gv_track_item item = { .address = s->names[i] };
		struct gv_track_change c = {
			.kind = !s->is_there[0][i] ? GV_TRACK_ADDED
			    : !s->is_there[1][i]   ? GV_TRACK_DELETED
			    : i % 3                ? GV_TRACK_MODIFIED
						   : GV_TRACK_REPLACED,
			.a = s->is_there[0][i] ? &item : NULL,
			.b = s->is_there[1][i] ? &item : NULL,
		};

		if (c.a || c.b)
			assert_int_equal(gv_rollback_order_add(out, &c), 0);
	}
	gv_rollback_order_sort(out, before, after);
	gv_rollback_graph_free(before);
	gv_rollback_graph_free(after);
}

static size_t
place_of(const struct gv_rollback_order *o, const char *name)
{
	size_t i;

	for (i = 0; i < o->n && strcmp(o->steps[i].address, name) != 0; i++)
		;
	return i;
}

static void
assert_order(const struct state *s, const char *want)
{
	struct gv_rollback_order o;
	char got[256] = "";
	size_t i, n = 0;

	order(&o, s);
	for (i = 0; i < o.n; i++)
		n += (size_t)snprintf(got + n, sizeof(got) - n, "%s%s %s",
		    i ? ", " : "", gv_rollback_actions[o.steps[i].action],
		    o.steps[i].address);
	gv_rollback_order_release(&o);
	assert_string_equal(got, want);
}

static void
name_all(struct state *s, size_t n)
{
	size_t i;

	memset(s, 0, sizeof(*s));
	s->n = n;
	for (i = 0; i < n; i++)
		snprintf(s->names[i], sizeof(s->names[i]), "r%zu", i);
}

static void
what_is_needed_comes_first_and_goes_last(void **state)
{
	struct state s;

	(void)state;
	name_all(&s, 4);
	/* r1 needs r2: both come; r3 needs r0: both go */
	s.is_there[1][1] = s.is_there[1][2] = true;
	s.is_there[0][0] = s.is_there[0][3] = true;
	s.needs[1][1][2] = s.needs[0][3][0] = true;
	assert_order(&s, "create r2, create r1, remove r3, remove r0");
	/* which version says so matters */
	s.needs[1][1][2] = s.needs[0][3][0] = false;
	s.needs[0][1][2] = s.needs[1][3][0] = true;
	assert_order(&s, "create r1, create r2, remove r3, remove r0");
}

static void
a_circle_ends(void **state)
{
	struct state s;

	(void)state;
	name_all(&s, 3);
	s.is_there[1][0] = s.is_there[1][1] = s.is_there[1][2] = true;
	s.needs[1][0][1] = s.needs[1][1][2] = s.needs[1][2][0] = true;
	s.needs[1][1][1] = true;
	assert_order(&s, "create r2, create r1, create r0");
}

static void
instances_are_one_resource(void **state)
{
	const char *const needs[] = { "a.b", "module.m.missing" };
	const struct gv_track_item items[] = {
		{ .address = "c.d[0]", .needs = needs, .n_needs = 2 },
		{ .address = "a.b[\"x\"]" },
		{ .address = "a.b[\"y\"]" },
	};
	struct gv_rollback_graph *g = gv_rollback_graph_new(true);
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++)
		assert_int_equal(gv_rollback_graph_add(g, &items[i]), 0);
	gv_rollback_graph_rank(g);
	assert_int_equal(gv_rollback_graph_of(g, "a.b[\"y\"]"), 1);
	assert_int_equal(gv_rollback_graph_of(g, "c.d[7]"), 2);
	assert_int_equal(gv_rollback_graph_of(g, "module.m.missing"), 0);
	gv_rollback_graph_free(g);
}

/* Without circles: a resource needs only those with a higher number. */
static void
draw(struct state *s, uint64_t *seed)
{
	size_t i, k, v;

	name_all(s, 1 + next_number(seed) % MAX);
	for (v = 0; v < 2; v++)
		for (i = 0; i < s->n; i++) {
			s->is_there[v][i] = next_number(seed) % 3;
			for (k = i + 1; k < s->n; k++)
				s->needs[v][i][k] = next_number(seed) % 5 == 0;
		}
}

static void
random_states_go_back_in_order(void **state)
{
	struct gv_rollback_order o;
	static struct state s;
	uint64_t seed = 37;
	size_t round, i, k;

	(void)state;
	for (round = 0; round < 500; round++) {
		draw(&s, &seed);
		order(&o, &s);
		for (i = 0; i < s.n; i++) {
			size_t at = place_of(&o, s.names[i]);

			assert_true((at < o.n) ==
			    (s.is_there[0][i] || s.is_there[1][i]));
			for (k = 0; at < o.n && k < s.n; k++) {
				size_t to = place_of(&o, s.names[k]);
				bool stays = s.is_there[1][i];

				if (to == o.n || stays != s.is_there[1][k] ||
				    !s.needs[stays][i][k])
					continue;
				assert_true(stays ? to < at : at < to);
			}
		}
		for (i = 1; i < o.n; i++)
			assert_true(o.steps[i].action == GV_ROLLBACK_REMOVE ||
			    o.steps[i - 1].action != GV_ROLLBACK_REMOVE);
		gv_rollback_order_release(&o);
	}
}

UNIT(rollback_order)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_needed_comes_first_and_goes_last),
		cmocka_unit_test(a_circle_ends),
		cmocka_unit_test(instances_are_one_resource),
		cmocka_unit_test(random_states_go_back_in_order),
	};

	return UNIT_RUN(tests);
}
