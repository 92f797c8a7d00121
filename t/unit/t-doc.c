/* lib/doc/doc: one tree of places for all formats. */
#include "unit.h"

#include <stdlib.h>

#include "base/err.h"
#include "doc_told.h"

static struct gv_doc
read_doc(enum gv_doc_format format, const char *text)
{
	struct gv_doc d;

	assert_int_equal(gv_doc_read(&d, format, text, strlen(text), NULL), 0);
	return d;
}

static void
assert_text(const struct gv_doc *d, uint32_t node, const char *want)
{
	struct gv_buf b = GV_BUF_INIT;

	assert_true(node != GV_DOC_NONE);
	gv_doc_text(&b, d, node);
	assert_string_equal(b.p, want);
	gv_buf_release(&b);
}

static void
a_place_is_a_line_and_a_column(void **state)
{
	static const char text[] = "a: 1\n\303\244\303\266: \303\274 b\n";
	struct gv_doc d = read_doc(GV_DOC_FORMAT_YAML, text);
	size_t line, column;

	(void)state;
	gv_doc_where(&d, 0, &line, &column);
	assert_true(line == 1 && column == 1);
	gv_doc_where(&d, d.nodes[2].at, &line, &column);
	assert_true(line == 2 && column == 5);
	gv_doc_where(&d, d.len + 9, &line, &column);
	assert_true(line == 3 && column == 1);
	gv_doc_release(&d);
}

/* Across the places that are kept, one byte at a time. */
static void
each_place_is_as_counted_from_the_beginning(void **state)
{
	char *text = doc_repeat("", "k\303\266: v\n\n", 2000, "");
	struct gv_doc d = read_doc(GV_DOC_FORMAT_ENV, text);
	size_t i, line, column, l = 1, c = 1;

	(void)state;
	assert_true(d.n_places >= 3);
	for (i = 0; i <= d.len; i++) {
		gv_doc_where(&d, i, &line, &column);
		assert_true(line == l && column == c);
		if (i < d.len && text[i] == '\n') {
			l++;
			c = 1;
		} else {
			c += i < d.len &&
			    ((unsigned char)text[i] & 0xc0) != 0x80;
		}
	}
	gv_doc_release(&d);
	free(text);
}

static void
a_path_finds_the_node_that_it_was_made_of(void **state)
{
	static const struct {
		enum gv_doc_format format;
		const char *text, *path, *want;
	} rows[] = {
		{ GV_DOC_FORMAT_YAML, "a: {b: [0, {c: x}]}", "a.b[1].c", "x" },
		{ GV_DOC_FORMAT_YAML, "a.b: {'c\"d': x}",
		    "[\"a.b\"][\"c\\\"d\"]", "x" },
		{ GV_DOC_FORMAT_YAML, "a: 1\n---\nb: [x]", "b[0]", "x" },
		{ GV_DOC_FORMAT_YAML, "- - x", "[0][0]", "x" },
		{ GV_DOC_FORMAT_JSON, "{\"a\":{\"b\":1},\"a\":{\"b\":2}}",
		    "a.b", "2" },
		{ GV_DOC_FORMAT_HCL, "a \"b\" \"c.d\" {\n e = \"x\"\n}\n",
		    "a.b[\"c.d\"].e", "x" },
		{ GV_DOC_FORMAT_TOML, "[[a]]\nb=1\n[[a]]\nb=\"x\"\n[a.c]\nd=3",
		    "a[1].b", "x" },
		{ GV_DOC_FORMAT_TOML, "[[a]]\n[[a]]\n[a.c]\nd='x'\n",
		    "a[1].c.d", "x" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < DOC_COUNT(rows); i++) {
		struct gv_doc d = read_doc(rows[i].format, rows[i].text);
		uint32_t node = gv_doc_find(&d, GV_DOC_NONE, rows[i].path);
		struct gv_buf b = GV_BUF_INIT;

		assert_text(&d, node, rows[i].want);
		gv_doc_path(&b, &d, node);
		assert_string_equal(b.p, rows[i].path);
		gv_buf_release(&b);
		gv_doc_release(&d);
	}
}

static void
a_path_that_is_not_there_finds_nothing(void **state)
{
	static const char *const paths[] = { "b", "a.c", "a.b[2]", "a.b[0].c",
		"a.", "a.bb", "a.b[", "" };
	struct gv_doc d = read_doc(GV_DOC_FORMAT_YAML, "a: {b: [0, 1]}");
	size_t i;

	(void)state;
	for (i = 0; i < DOC_COUNT(paths); i++)
		if (gv_doc_find(&d, GV_DOC_NONE, paths[i]) != GV_DOC_NONE)
			fail_msg("%s is found", paths[i]);
	gv_doc_release(&d);
}

static void
a_key_is_found_with_its_escapes_read(void **state)
{
	struct gv_doc d = read_doc(GV_DOC_FORMAT_JSON,
	    "{\"\\u006bind\":\"\\u0053ecret\",\"x\":{},\"kin\":1}");
	uint32_t kind = gv_doc_get(&d, 0, "kind");

	(void)state;
	assert_true(gv_doc_is(&d, kind, "Secret"));
	assert_false(gv_doc_is(&d, kind, "Secre"));
	assert_false(gv_doc_is(&d, gv_doc_get(&d, 0, "x"), ""));
	assert_true(gv_doc_get(&d, 0, "ind") == GV_DOC_NONE);
	assert_true(gv_doc_get(&d, kind, "a") == GV_DOC_NONE);
	assert_true(gv_doc_get(&d, GV_DOC_NONE, "a") == GV_DOC_NONE);
	gv_doc_release(&d);
}

static void
merged_maps_are_searched_behind_the_own_keys(void **state)
{
	static const char text[] = "a: &a {x: 1, y: 1}\n"
				   "b: &b {y: 2, z: 2, <<: *a}\n"
				   "c: {<<: [*b, *a], z: 3}\n";
	struct gv_doc d = read_doc(GV_DOC_FORMAT_YAML, text);
	uint32_t c = gv_doc_get(&d, 0, "c");

	(void)state;
	assert_text(&d, gv_doc_get(&d, c, "x"), "1");
	assert_text(&d, gv_doc_get(&d, c, "y"), "2");
	assert_text(&d, gv_doc_get(&d, c, "z"), "3");
	assert_text(&d, gv_doc_find(&d, GV_DOC_NONE, "c.x"), "1");
	assert_true(gv_doc_get(&d, c, "w") == GV_DOC_NONE);
	gv_doc_release(&d);
}

static int
add_value(void *ctx, const struct gv_buf *path, uint32_t node)
{
	struct gv_buf *out = ctx;

	(void)node;
	gv_buf_addf(out, "%s ", path->p);
	return 0;
}

static void
assert_values(const char *text, const char *want)
{
	struct gv_doc d = read_doc(GV_DOC_FORMAT_YAML, text);
	struct gv_buf b = GV_BUF_INIT;

	assert_int_equal(gv_doc_each(&d, d.parts[0].node, add_value, &b), 0);
	assert_string_equal(b.p, want);
	gv_buf_release(&b);
	gv_doc_release(&d);
}

static void
values_are_those_that_a_program_sees(void **state)
{
	(void)state;
	assert_values("a: [1, {}]\nb: {}\nc: {d: e}", "a[0] a[1] b c.d ");
	assert_values("a: &a {x: 1, y: 1}\nb: {<<: *a, y: 2, z: *a}",
	    "a.x a.y b.y b.z.x b.z.y b.x ");
	assert_values(
	    "a: &a {x: 1}\nb: {<<: [*a, {x: 2, w: 3}]}", "a.x b.x b.w ");
	assert_values("[&a x, *a, *b]", "[0] [1] ");
	assert_values("x", " ");
}

static void
aliases_of_aliases_are_bounded(void **state)
{
	struct gv_buf text = GV_BUF_INIT, b = GV_BUF_INIT;
	struct gv_doc d;
	int i, k;

	(void)state;
	gv_buf_addstr(&text, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
	for (i = 1; i < 12; i++) {
		gv_buf_addf(&text, "a%d: &a%d [", i, i);
		for (k = 0; k < 10; k++)
			gv_buf_addf(&text, "%s*a%d", k ? "," : "", i - 1);
		gv_buf_addstr(&text, "]\n");
	}
	d = read_doc(GV_DOC_FORMAT_YAML, text.p);
	assert_int_equal(gv_doc_check(&d), 0);
	assert_int_equal(gv_doc_each(&d, 0, add_value, &b), GV_EREFUSED);
	assert_message("aliases repeat");
	gv_buf_release(&b);
	gv_doc_release(&d);
	gv_buf_release(&text);
}

static void
deep_aliases_are_refused(void **state)
{
	struct gv_buf text = GV_BUF_INIT, b = GV_BUF_INIT;
	struct gv_doc d;
	int i;

	(void)state;
	gv_buf_addstr(&text, "a0: &a0 {x: 1}\n");
	for (i = 1; i <= GV_DOC_DEPTH_MAX; i++)
		gv_buf_addf(&text, "a%d: &a%d [*a%d]\n", i, i, i - 1);
	d = read_doc(GV_DOC_FORMAT_YAML, text.p);
	assert_int_equal(
	    gv_doc_each(&d, gv_doc_get(&d, 0, "a1024"), add_value, &b),
	    GV_EREFUSED);
	assert_message("its aliases nest too deep");
	gv_buf_release(&b);
	gv_doc_release(&d);
	gv_buf_release(&text);
}

/* Each of the last map's merges is of a list of two that merge the same. */
static void
merges_of_merges_are_bounded(void **state)
{
	struct gv_buf text = GV_BUF_INIT, b = GV_BUF_INIT;
	struct gv_doc d;
	int i;

	(void)state;
	gv_buf_addstr(&text, "a0: &a0 {x: 1}\n");
	for (i = 1; i < 60; i++)
		gv_buf_addf(&text, "a%d: &a%d {<<: [*a%d, *a%d]}\n", i, i,
		    i - 1, i - 1);
	d = read_doc(GV_DOC_FORMAT_YAML, text.p);
	assert_int_equal(gv_doc_each(&d, 0, add_value, &b), GV_EREFUSED);
	assert_true(gv_doc_find(&d, GV_DOC_NONE, "a59.y") == GV_DOC_NONE);
	assert_true(
	    gv_doc_get(&d, gv_doc_get(&d, 0, "a59"), "y") == GV_DOC_NONE);
	gv_buf_release(&b);
	gv_doc_release(&d);
	gv_buf_release(&text);
}

static void
what_no_reader_takes_is_marked_as_a_whole(void **state)
{
	static const enum gv_doc_format last = GV_DOC_FORMAT_XML;
	enum gv_doc_format f;

	(void)state;
	for (f = 0; f <= last; f++) {
		assert_doc_error(
		    f, "a\nb\0c", 5, "line 2, column 2: it has a zero byte");
		assert_doc_error(f, "a: \303\244\377", 6,
		    "line 1, column 5: it is not in UTF-8");
	}
}

/* Of each format something deep, which is read as far as it is allowed. */
static void
depth_is_bounded(void **state)
{
	static const struct {
		enum gv_doc_format format;
		const char *before, *part, *after;
	} rows[] = {
		{ GV_DOC_FORMAT_JSON, "", "[", "" },
		{ GV_DOC_FORMAT_JSON, "", "{\"a\":", "" },
		{ GV_DOC_FORMAT_YAML, "", "[", "" },
		{ GV_DOC_FORMAT_YAML, "", "{a: ", "" },
		{ GV_DOC_FORMAT_YAML, "", "- ", "" },
		{ GV_DOC_FORMAT_YAML, "", "{", "" },
		{ GV_DOC_FORMAT_HCL, "a = ", "[", "" },
		{ GV_DOC_FORMAT_HCL, "a = ", "f(", "" },
		{ GV_DOC_FORMAT_HCL, "a = ", "\"${", "" },
		{ GV_DOC_FORMAT_HCL, "a = ", "b ? ", "" },
		{ GV_DOC_FORMAT_HCL, "a = ", "x ? y : ", "" },
		{ GV_DOC_FORMAT_HCL, "a = ", "b[", "" },
		{ GV_DOC_FORMAT_HCL, "", "a {\n", "" },
		{ GV_DOC_FORMAT_TOML, "a = ", "[", "" },
		{ GV_DOC_FORMAT_TOML, "a = ", "{b = ", "" },
		{ GV_DOC_FORMAT_TOML, "", "a.", "b = 1" },
		{ GV_DOC_FORMAT_TOML, "[", "a.", "b]" },
		{ GV_DOC_FORMAT_XML, "", "<a>", "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < DOC_COUNT(rows); i++) {
		char *text = doc_repeat(
		    rows[i].before, rows[i].part, 10000, rows[i].after);
		struct gv_doc d = read_doc(rows[i].format, text);

		if (gv_doc_check(&d) == 0 ||
		    strstr(gv_err_message(), "nested too deep") == NULL)
			fail_msg("%s: %s", rows[i].part, gv_err_message());
		gv_doc_release(&d);
		free(text);
	}
}

static void
a_format_is_known_by_its_name(void **state)
{
	static const struct {
		const char *path, *text;
		int want; /* -1: none */
	} rows[] = {
		{ "a/main.tf", "", GV_DOC_FORMAT_HCL },
		{ "main.tf.json", "{}", GV_DOC_FORMAT_HCL_JSON },
		{ "a.tfvars.json", "{}", GV_DOC_FORMAT_JSON },
		{ "values.yaml", "a: b", GV_DOC_FORMAT_YAML },
		{ "templates/x.yaml", "a: {{ b }}", GV_DOC_FORMAT_TEMPLATE },
		{ "docker-compose.prod.yml", "", GV_DOC_FORMAT_COMPOSE },
		{ "compose.yaml", "", GV_DOC_FORMAT_COMPOSE },
		{ "a/.env.prod", "", GV_DOC_FORMAT_ENV },
		{ "prod.env", "", GV_DOC_FORMAT_ENV },
		{ "x.ini", "", GV_DOC_FORMAT_INI },
		{ "app.properties", "", GV_DOC_FORMAT_PROPERTIES },
		{ "Cargo.toml", "", GV_DOC_FORMAT_TOML },
		{ "a/Dockerfile.dev", "", GV_DOC_FORMAT_DOCKERFILE },
		{ "pom.xml", "", GV_DOC_FORMAT_XML },
		{ "a.tf/x", "", -1 },
		{ ".tf", "", -1 },
		{ "main.c", "", -1 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < DOC_COUNT(rows); i++) {
		enum gv_doc_format format = GV_DOC_FORMAT_XML;
		bool is = gv_doc_format_of(
		    &format, rows[i].path, rows[i].text, strlen(rows[i].text));

		if (is != (rows[i].want >= 0) ||
		    (is && (int)format != rows[i].want))
			fail_msg("%s is %d %d", rows[i].path, is, format);
	}
}

static void
nothing_is_a_document_too(void **state)
{
	static const enum gv_doc_format last = GV_DOC_FORMAT_XML;
	enum gv_doc_format f;

	(void)state;
	for (f = GV_DOC_FORMAT_YAML; f <= last; f++) {
		struct gv_doc d = read_doc(f, "");

		if (f != GV_DOC_FORMAT_HCL_JSON)
			assert_int_equal(gv_doc_check(&d), 0);
		assert_int_equal(d.n_parts, 1);
		gv_doc_release(&d);
		gv_doc_release(&d);
	}
}

/* Add k (or a.k), drop what a path names, or set it to a text. */
static int
change(struct gv_buf *out, const struct gv_doc *d, const char *how,
    const char *path, const char *text)
{
	static const char *const one[] = { "k" }, *const two[] = { "a", "k" };
	const uint32_t node =
	    *path ? gv_doc_find(d, GV_DOC_NONE, path) : GV_DOC_NONE;
	const bool is_deep = strcmp(how, "add two") == 0;
	const struct gv_doc_addition added = {
		.keys = is_deep ? two : one, .n = is_deep ? 2 : 1, .text = text
	};

	assert_true(!*path || node != GV_DOC_NONE);
	if (strncmp(how, "add", 3) == 0)
		return gv_doc_extend(out, d, node, &added);
	return *how == 'd' ? gv_doc_drop(out, d, node)
			   : gv_doc_set(out, d, node, text);
}

static void
what_cannot_be_changed_in_its_place_is_said(void **state)
{
	static const struct {
		enum gv_doc_format format;
		const char *doc, *how, *path, *text, *words;
	} rows[] = {
		{ GV_DOC_FORMAT_YAML, "a: 1\n---\na: 2\n", "add", "", "v",
		    "the file has several documents" },
		{ GV_DOC_FORMAT_YAML, "- a\n", "add", "", "v",
		    "there is no map to add it to" },
		{ GV_DOC_FORMAT_JSON, "[1]", "add", "", "v",
		    "there is no map to add it to" },
		{ GV_DOC_FORMAT_ENV, "A=1\n", "add two", "", "v",
		    "only names at the top can be added to this format" },
		{ GV_DOC_FORMAT_TOML, "a = 1\n", "add", "", "v",
		    "no key can be added to this format" },
		{ GV_DOC_FORMAT_YAML, "a: [b]\n", "drop", "a[0]", "",
		    "the value there has no key of its own, so it cannot be "
		    "removed" },
		{ GV_DOC_FORMAT_YAML, "- a: 1\n  b: 2\n", "drop", "[0].a", "",
		    "it is on a line with something else" },
		{ GV_DOC_FORMAT_YAML, "a: {b: 1}\n", "set", "a", "v",
		    "the value there is a list, a map or an expression, and "
		    "only a single value can be replaced" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct gv_doc d = read_doc(rows[i].format, rows[i].doc);
		struct gv_buf out = GV_BUF_INIT;

		if (change(&out, &d, rows[i].how, rows[i].path, rows[i].text) !=
		    GV_EREFUSED)
			fail_msg("%s of %s was not refused: %s", rows[i].how,
			    rows[i].doc, out.p);
		if (strstr(gv_err_message(), rows[i].words) == NULL)
			fail_msg("%s: %s", rows[i].doc, gv_err_message());
		gv_buf_release(&out);
		gv_doc_release(&d);
	}
}

UNIT(doc)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_place_is_a_line_and_a_column),
		cmocka_unit_test(each_place_is_as_counted_from_the_beginning),
		cmocka_unit_test(a_path_finds_the_node_that_it_was_made_of),
		cmocka_unit_test(a_path_that_is_not_there_finds_nothing),
		cmocka_unit_test(a_key_is_found_with_its_escapes_read),
		cmocka_unit_test(merged_maps_are_searched_behind_the_own_keys),
		cmocka_unit_test(values_are_those_that_a_program_sees),
		cmocka_unit_test(aliases_of_aliases_are_bounded),
		cmocka_unit_test(deep_aliases_are_refused),
		cmocka_unit_test(merges_of_merges_are_bounded),
		cmocka_unit_test(what_no_reader_takes_is_marked_as_a_whole),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(a_format_is_known_by_its_name),
		cmocka_unit_test(nothing_is_a_document_too),
		cmocka_unit_test(what_cannot_be_changed_in_its_place_is_said),
	};

	return UNIT_RUN(tests);
}
