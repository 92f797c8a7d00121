/* lib/state/track_patch and its parts: a value as its ends and the paths to
 * them. No line shows a sensitive value, wherever and however it is written;
 * other values are shown as they are. */
#include "unit/sandbox.h"
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "crypto/secret.h"
#include "state/track_diff.h"
#include "state/track_flat.h"
#include "state/track_patch.h"
#include "toolstate/state.h"

/* ---- ends --------------------------------------------------------------- */

/* The ends of a value, a line each: PATH = VALUE. */
static char *
flatten(const char *value, size_t len)
{
	struct gv_track_flat flat = { .n = 0 };
	struct gv_secret paths = GV_SECRET_INIT;
	struct gv_buf out = GV_BUF_INIT;
	char *copy = malloc(len ? len : 1);
	size_t i;
	int r;

	assert_non_null(copy);
	memcpy(copy, value, len);
	assert_int_equal(gv_secret_ready(), 0);
	r = gv_track_flat_read(&flat, &paths, "a", copy, len);
	if (r == GV_EREFUSED)
		gv_buf_addstr(&out, "refused");
	for (i = 0; r == 0 && i < flat.n; i++) {
		gv_buf_addf(&out, "%s = ", paths.p + flat.list[i].path);
		gv_buf_add(&out, flat.list[i].p, flat.list[i].len);
		gv_buf_addch(&out, '\n');
	}
	gv_track_flat_release(&flat);
	gv_secret_release(&paths);
	free(copy);
	return gv_buf_take(&out);
}

static void
assert_flat(const char *value, const char *expect)
{
	char *is = flatten(value, strlen(value));

	assert_string_equal(is, expect);
	free(is);
}

static void
a_value_is_told_by_its_ends(void **state)
{
	(void)state;
	assert_flat("1.50", "a = 1.50\n");
	assert_flat("null", "a = null\n");
	assert_flat("\"x\\n\"", "a = \"x\\n\"\n");
	assert_flat("{}", "a = {}\n");
	assert_flat(" [ ] ", "a = []\n");
	assert_flat("{\"k\": {\"l\": [true, {}, [[]]]}, \"m\": \"\"}",
	    "a.k.l[0] = true\na.k.l[1] = {}\na.k.l[2][0] = []\na.m = \"\"\n");
	assert_flat("{\"\": 1, \"a b\": 2, \"c.d\": 3, \"\\u0041\": 4}",
	    "a[\"\"] = 1\na[\"a b\"] = 2\na[\"c.d\"] = 3\n"
	    "a[\"\\u0041\"] = 4\n");
	assert_flat("{\"k\": 1, \"k\": 2}", "a.k = 1\na.k = 2\n");
}

static void
what_is_no_json_is_refused(void **state)
{
	static const char *const none[] = { "", "x", "{", "[1,]", "{\"a\"}",
		"1 2", "\"\xff\"", "\"", "{\"a\": 1]" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_flat(none[i], "refused");
}

static void
what_is_too_deep_is_one_end(void **state)
{
	const size_t depth = 500;
	char text[1001], *is;

	(void)state;
	memset(text, '[', depth);
	memset(text + depth, ']', depth);
	is = flatten(text, 2 * depth);
	assert_non_null(strstr(is, "] = [[["));
	assert_null(strchr(is, '\n')[1] ? is : NULL);
	free(is);
}

/* Ways of a hundred thousand ends under a name of a hundred thousand bytes
 * would be ten gigabytes. */
static void
ways_do_not_outgrow_the_value(void **state)
{
	const size_t n = 100000;
	struct gv_buf text = GV_BUF_INIT;
	struct gv_track_flat flat = { .n = 0 };
	struct gv_secret paths = GV_SECRET_INIT;
	size_t i;

	(void)state;
	gv_buf_addstr(&text, "{\"");
	for (i = 0; i < n; i++)
		gv_buf_addch(&text, 'k');
	gv_buf_addstr(&text, "\": [");
	for (i = 0; i < n; i++)
		gv_buf_addf(&text, "%s[1, 2]", i ? "," : "");
	gv_buf_addstr(&text, "]}");
	assert_int_equal(gv_buf_check(&text), 0);
	assert_int_equal(
	    gv_track_flat_read(&flat, &paths, "a", text.p, text.len), 0);
	assert_int_equal(flat.n, 1);
	assert_int_equal(flat.list[0].path_len, 1);
	assert_int_equal(flat.list[0].len, text.len);
	gv_track_flat_release(&flat);
	gv_secret_release(&paths);
	gv_buf_release(&text);
}

/* ---- lines -------------------------------------------------------------- */

#define SECRET "canary-0e5d71b3"

/* An attribute of an item of the index and of the state. */
struct one {
	const char *name, *was, *is;
	unsigned marks;
};

static struct gv_state_attribute
attribute(const struct one *one, const char *value)
{
	return (struct gv_state_attribute){ .name = one->name,
		.name_len = strlen(one->name),
		.value = value,
		.value_len = strlen(value),
		.marks = one->marks };
}

static void
add_value(
    struct gv_buf *out, char sign, const char *path, const char *p, size_t len)
{
	gv_buf_addf(out, "%c %s", sign, path);
	if (p) {
		gv_buf_addstr(out, " = ");
		gv_buf_add(out, p, len);
	}
	gv_buf_addch(out, '\n');
}

/* The lines of a change of these, a text: - and + with values, ~ without. */
static char *
patch_of(struct sandbox *s, const struct one *all, size_t n, unsigned marks)
{
	struct gv_state_attribute a[8], b[8];
	struct gv_track_has has[8];
	struct gv_track_changed names[8];
	struct gv_state_item was = { .attributes = a,
		.n_attributes = n,
		.marks = marks },
			     is = was;
	const struct gv_track_item item = { .has = has, .n_has = n };
	struct gv_track_change c = { .kind = GV_TRACK_MODIFIED,
		.a = &item,
		.b = &item,
		.attributes = names,
		.n = n };
	struct gv_track_patch *patch;
	struct gv_buf out = GV_BUF_INIT;
	size_t i;

	is.attributes = b;
	assert_true(n <= 8);
	for (i = 0; i < n; i++) {
		a[i] = attribute(&all[i], all[i].was);
		b[i] = attribute(&all[i], all[i].is);
		has[i].name = all[i].name;
		names[i] =
		    (struct gv_track_changed){ all[i].name, GV_TRACK_MODIFIED };
	}
	assert_int_equal(gv_secret_ready(), 0);
	assert_int_equal(gv_track_patch_new(&patch, &s->repo), 0);
	assert_int_equal(gv_track_patch_learn(patch, &was), 0);
	assert_int_equal(gv_track_patch_learn(patch, NULL), 0);
	assert_int_equal(gv_track_patch_learn(patch, &is), 0);
	assert_int_equal(gv_track_patch_make(patch, &c, &was, &is), 0);
	for (i = 0; i < c.n_lines; i++) {
		const struct gv_track_line *l = &c.lines[i];

		assert_true(!l->is_sensitive || (!l->before && !l->after));
		if (l->is_sensitive)
			add_value(&out, '~', l->path, NULL, 0);
		if (l->before)
			add_value(&out, '-', l->path, l->before, l->before_len);
		if (l->after)
			add_value(&out, '+', l->path, l->after, l->after_len);
	}
	gv_track_patch_free(patch);
	return gv_buf_take(&out);
}

static void
assert_patch(struct sandbox *s, const struct one *all, size_t n, unsigned marks,
    const char *expect)
{
	char *is = patch_of(s, all, n, marks);

	assert_string_equal(is, expect);
	free(is);
}

#define COUNT(all) (sizeof(all) / sizeof((all)[0]))

static void
what_differs_is_told(void **state)
{
	static const struct one all[] = {
		{ "n", "1", "2", 0 },
		{ "same", "{\"a\": 1}", "{ \"a\":1}", 0 },
		{ "map", "{\"a\": [1, 2], \"b\": \"x\"}",
		    "{\"a\": [1, 3, 4], \"c\": null}", 0 },
		{ "kind", "\"x\"", "{\"x\": true}", 0 },
	};

	assert_patch(*state, all, COUNT(all), 0,
	    "- n = 1\n+ n = 2\n"
	    "- map.a[1] = 2\n+ map.a[1] = 3\n- map.b = \"x\"\n"
	    "+ map.a[2] = 4\n+ map.c = null\n"
	    "- kind = \"x\"\n+ kind.x = true\n");
}

static void
what_is_marked_is_told_nowhere(void **state)
{
	static const struct one all[] = {
		{ "p", "{\"x\": \"" SECRET "\", \"n\": 123456789}", "\"new\"",
		    GV_STATE_SENSITIVE },
		{ "url", "\"pg://" SECRET "@db\"", "\"pg://db\"", 0 },
		{ "hex", "\"\"", "\"63616e6172792d3065356437316233\"", 0 },
		{ "b64", "\"\"", "\"Y2FuYXJ5LTBlNWQ3MWIz\"", 0 },
		{ "key", "{}", "{\"" SECRET "\": 1}", 0 },
		{ "short", "\"old\"", "\"new\"", 0 },
		{ "number", "123456789", "1", 0 },
	};

	assert_patch(*state, all, COUNT(all), 0,
	    "~ p\n~ url\n~ hex\n~ b64\n~ key\n~ short\n~ number\n");
}

/* A cluster keeps in base64 what others are given in clear. */
static void
what_is_marked_in_base64_is_known_in_clear(void **state)
{
	static const struct one all[] = {
		{ "data.key", "\"Y2FuYXJ5LTBlNWQ3MWIz\"", "\"\"",
		    GV_STATE_SENSITIVE },
		{ "args", "[\"--key=" SECRET "\", \"-v\"]", "[\"\", \"-q\"]",
		    0 },
	};

	assert_patch(*state, all, COUNT(all), 0,
	    "~ data.key\n~ args[0]\n- args[1] = \"-v\"\n"
	    "+ args[1] = \"-q\"\n");
}

static void
what_is_marked_as_a_whole_is_told_by_its_id_alone(void **state)
{
	static const struct one all[] = {
		{ "ID", "\"id-1\"", "\"id-2\"", 0 },
		{ "Spec", "{\"Data\": \"" SECRET "\"}", "{}", 0 },
	};

	assert_patch(*state, all, COUNT(all), GV_STATE_SENSITIVE,
	    "- ID = \"id-1\"\n+ ID = \"id-2\"\n~ Spec\n");
}

/* Two with one name: that one of them is marked hides both. */
static void
a_name_that_stands_twice_hides_both(void **state)
{
	static const struct one all[] = {
		{ "private", "\"a-1-b-2\"", "\"c-3-d-4\"", 0 },
		{ "private", "\"" SECRET "\"", "\"\"", GV_STATE_SENSITIVE },
	};

	assert_patch(*state, all, COUNT(all), 0, "~ private\n~ private\n");
}

static void
what_the_scanner_finds_is_told_nowhere(void **state)
{
	char token[64], found[128];
	struct one all[] = {
		{ "doc", "{}", found, 0 },
		{ "outputs.dbPassword", "\"\"", "\"q7Vw2ZrT9xKpL4mB\"", 0 },
		{ "broken", "{", "1", 0 },
		{ "zone", "\"a\"", "\"b\"", 0 },
	};

	/* a key of no one, put together so that no scan finds it here */
	(void)snprintf(
	    token, sizeof(token), "%s%s", "AKIA", "Z7QX2M5VTB4NRKWD");
	(void)snprintf(
	    found, sizeof(found), "{\"t\": \"x=%s\", \"u\": 1}", token);
	assert_patch(*state, all, COUNT(all), 0,
	    "- doc = {}\n~ doc.t\n+ doc.u = 1\n~ outputs.dbPassword\n"
	    "~ broken\n- zone = \"a\"\n+ zone = \"b\"\n");
	/* a key of a map is not part of any value */
	(void)snprintf(found, sizeof(found), "{\"%s\": 1, \"u\": 1}", token);
	assert_patch(*state, all, 1, 0, "~ doc\n");
}

#define IN_SANDBOX(f)                                                          \
	cmocka_unit_test_setup_teardown(f, sandbox_setup, sandbox_teardown)

UNIT(track_patch)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_is_told_by_its_ends),
		cmocka_unit_test(what_is_no_json_is_refused),
		cmocka_unit_test(what_is_too_deep_is_one_end),
		cmocka_unit_test(ways_do_not_outgrow_the_value),
		IN_SANDBOX(what_differs_is_told),
		IN_SANDBOX(what_is_marked_is_told_nowhere),
		IN_SANDBOX(what_is_marked_in_base64_is_known_in_clear),
		IN_SANDBOX(what_is_marked_as_a_whole_is_told_by_its_id_alone),
		IN_SANDBOX(a_name_that_stands_twice_hides_both),
		IN_SANDBOX(what_the_scanner_finds_is_told_nowhere),
	};

	return UNIT_RUN(tests);
}
