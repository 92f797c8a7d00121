/* lib/merge: three versions of a file by key, against a model of values. */
#include "unit.h"

#include <stdlib.h>

#include "layer_told.h"
#include "merge/merge.h"

/* ---- cases by hand ------------------------------------------------------- */

static int
label(void *ctx, struct gv_buf *out, enum gv_merge_side side, const char *key,
    size_t line)
{
	(void)ctx;
	gv_buf_addf(out, "%d %s %zu", side, key, line);
	return 0;
}

static int
merge(struct gv_merge_out *out, enum gv_doc_format format, const char *base,
    const char *ours, const char *theirs)
{
	const struct gv_merge_in in = { .format = format,
		.sides = { { base, strlen(base) }, { ours, strlen(ours) },
		    { theirs, strlen(theirs) } },
		.marker = 7,
		.label = label };

	return gv_merge_keys(out, &in);
}

static const struct by_hand {
	enum gv_doc_format format;
	const char *base, *ours, *theirs, *expect;
	size_t conflicts;
} by_hand[] = {
	/* neighbours, which lines would be in conflict for */
	{ GV_DOC_FORMAT_YAML, "a: 1\nb: 1\n", "a: 2\nb: 1\n", "a: 1\nb: 2\n",
	    "a: 2\nb: 2\n", 0 },
	/* the same key at two places, which lines would both keep */
	{ GV_DOC_FORMAT_YAML, "a: 1\nb: 1\nc: 1\nd: 1\n",
	    "x: 5\na: 1\nb: 1\nc: 1\nd: 1\n", "a: 1\nb: 1\nc: 1\nd: 1\nx: 5\n",
	    "x: 5\na: 1\nb: 1\nc: 1\nd: 1\n", 0 },
	/* a value of one side, the comment of the other */
	{ GV_DOC_FORMAT_YAML, "a: 1 # one\n", "a: 1 # ours\n", "a: 2 # one\n",
	    "a: 2 # ours\n", 0 },
	{ GV_DOC_FORMAT_YAML, "# x\na: 1\nb: 1\n", "# y\na: 1\nb: 2\n",
	    "# z\na: 2\nb: 1\n", "# y\n# z\na: 2\nb: 2\n", 0 },
	/* other indentation */
	{ GV_DOC_FORMAT_YAML, "m:\n  a: 1\n  b: 1\n",
	    "m:\n    a: 2\n    b: 1\n",
	    "m:\n  a: 1\n  b:\n    - 1\n    - 2\n  c: |\n    x\n      y\n",
	    "m:\n    a: 2\n    b:\n      - 1\n      - 2\n    c: |\n      x\n"
	    "        y\n",
	    0 },
	/* lists and texts on several lines */
	{ GV_DOC_FORMAT_YAML, "l:\n- a\n- b\n- c\n- d\nz: 1\n",
	    "l:\n- A\n- b\n- c\n- d\nz: 2\n", "l:\n- a\n- b\n- c\n- D\nz: 1\n",
	    "l:\n- A\n- b\n- c\n- D\nz: 2\n", 0 },
	{ GV_DOC_FORMAT_YAML, "f: {a: 1, b: 2}\n", "f: {a: 2, b: 2}\n",
	    "f: {a: 1, b: 2, c: 3}\n", "f: {a: 2, b: 2, c: 3}\n", 0 },
	{ GV_DOC_FORMAT_YAML, "x: &x {a: 1}\ny: *x\nz: 1\n",
	    "x: &x {a: 2}\ny: *x\nz: 2\n", "x: &x {a: 1}\ny: *x\nz: 1\nw: 1\n",
	    "x: &x {a: 2}\ny: *x\nz: 2\nw: 1\n", 0 },
	/* removed */
	{ GV_DOC_FORMAT_YAML, "a: 1\n# b\nb: 1\nc: 1\n", "a: 1\nc: 2\n",
	    "a: 2\n# b\nb: 1\nc: 1\n", "a: 2\nc: 2\n", 0 },
	{ GV_DOC_FORMAT_YAML, "a: 1\nb: 1\n", "a: 1\n", "a: 1\nb: 2\n",
	    "a: 1\n<<<<<<< 1 b 0\n=======\nb: 2\n>>>>>>> 2 b 2\n", 1 },
	/* a conflict is one of its key alone */
	{ GV_DOC_FORMAT_YAML, "a: 1\nb: 1\n", "a: 2\nb: 2\n",
	    "a: 3\nb: 1\nc: 1\n",
	    "<<<<<<< 1 a 1\na: 2\n=======\na: 3\n>>>>>>> 2 a 1\nb: 2\nc: 1\n",
	    1 },
	{ GV_DOC_FORMAT_YAML, "a: 1\n", "a: {b: 1}\n", "a: [1]\n",
	    "<<<<<<< 1 a 1\na: {b: 1}\n=======\na: [1]\n>>>>>>> 2 a 1\n", 1 },
	{ GV_DOC_FORMAT_JSON, "{\"a\": 1, \"b\": 1}", "{\"a\": 2, \"b\": 1}",
	    "{\"a\": 1, \"b\": 3, \"c\": []}",
	    "{\"a\": 2, \"b\": 3, \"c\": []}", 0 },
	{ GV_DOC_FORMAT_JSON, "{\n  \"a\": 1,\n  \"b\": 1\n}\n",
	    "{\n  \"a\": 1\n}\n", "{\n  \"a\": 1,\n  \"b\": 2\n}\n",
	    "{\n  \"a\": 1\n<<<<<<< 1 b 0\n=======\n  , \"b\": 2\n"
	    ">>>>>>> 2 b 3\n}\n",
	    1 },
	{ GV_DOC_FORMAT_JSON, "{}", "{\"a\": 1}", "{\"b\": 2}",
	    "{\"b\": 2,\"a\": 1}", 0 },
	{ GV_DOC_FORMAT_ENV, "# a\nA=1\nexport B=\"1\"\n",
	    "# a\nA=2 # two\nexport B=\"1\"\n",
	    "# a\nA=1\nexport B=\"2\"\nC=\n",
	    "# a\nA=2 # two\nexport B=\"2\"\nC=\n", 0 },
	{ GV_DOC_FORMAT_HCL, "m = {\n  a = 1 # x\n  b = 1\n}\n",
	    "m = {\n  a = 2 # x\n  b = 1\n}\n",
	    "m = {\n  a = 1 # x\n  b = [\n    1,\n  ]\n}\n",
	    "m = {\n  a = 2 # x\n  b = [\n    1,\n  ]\n}\n", 0 },
};

static void
keys_are_merged_each_by_itself(void **state)
{
	struct gv_merge_out out;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(by_hand) / sizeof(by_hand[0]); i++) {
		const struct by_hand *c = &by_hand[i];

		if (merge(&out, c->format, c->base, c->ours, c->theirs) < 0)
			fail_msg("%zu: %s", i, gv_err_message());
		assert_string_equal(out.text.p, c->expect);
		assert_int_equal(out.conflicts, c->conflicts);
		gv_merge_release(&out);
	}
}

static void
what_is_not_sure_is_refused(void **state)
{
	static const struct {
		const char *base, *ours, *theirs, *why;
	} rows[] = {
		{ "a: 1\n", "a: 2\na: 3\n", "a: 1\nb: 1\n",
		    "this side: it has a key twice" },
		{ "a: 1\n", "a: 2\n", "a: [\n", "the other side: line " },
		{ "- 1\n", "- 2\n", "- 3\n",
		    "the common version: it is no map" },
		{ "a: 1\n---\nb: 1\n", "a: 2\n", "a: 3\n",
		    "the common version: it has several documents" },
		{ "a: 1\n", "", "a: 2\n", "its keys are not written so" },
		{ "? [1]\n: 1\nb: 1\n", "? [1]\n: 2\nb: 1\n",
		    "? [1]\n: 1\nb: 2\n", "" },
	};
	struct gv_merge_out out;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(merge(&out, GV_DOC_FORMAT_YAML, rows[i].base,
				     rows[i].ours, rows[i].theirs),
		    GV_EREFUSED);
		assert_message(rows[i].why);
		gv_merge_release(&out);
	}
}

/* ---- a model ------------------------------------------------------------- */

#define LEAVES 20
#define MAPS   4

/* Where each leaf is: a map by its number, and its name there. Maps are in
 * their parents; 0 is the root. */
static const struct place {
	int map;
	const char *name;
} leaves[LEAVES] = { { 0, "s0" }, { 0, "s1" }, { 0, "s2" }, { 0, "s3" },
	{ 0, "l0" }, { 0, "l1" }, { 1, "s0" }, { 1, "s1" }, { 1, "s2" },
	{ 1, "l0" }, { 2, "s0" }, { 2, "s1" }, { 2, "s2" }, { 3, "s0" },
	{ 3, "s1" }, { 3, "s2" }, { 0, "s4" }, { 0, "s5" }, { 1, "s3" },
	{ 3, "s3" } };
static const struct place maps[MAPS] = { { -1, "" }, { 0, "m0" }, { 0, "m1" },
	{ 1, "m2" } };

/* 0: there is no such key. */
struct model {
	unsigned value[LEAVES], comment[LEAVES];
	bool clash_leaf[LEAVES], clash_map[MAPS];
	bool has_empty; /* the format has maps without keys */
	unsigned clashes;
};

struct style {
	enum gv_doc_format format;
	int indent;
	bool is_reversed; /* keys in another order */
};

static unsigned
draw(uint32_t *seed, unsigned n)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % n;
}

static bool
is_in(int map, int of)
{
	for (; map >= 0; map = maps[map].map)
		if (map == of)
			return true;
	return false;
}

static bool
has_map(const struct model *m, int map)
{
	int i;

	for (i = 0; i < LEAVES; i++)
		if (m->value[i] && is_in(leaves[i].map, map))
			return true;
	return false;
}

static bool
same_map(const struct model *a, const struct model *b, int map)
{
	int i;

	for (i = 0; i < LEAVES; i++)
		if (is_in(leaves[i].map, map) && a->value[i] != b->value[i])
			return false;
	return true;
}

static void
take_map(struct model *out, const struct model *from, int map)
{
	int i;

	for (i = 0; i < LEAVES; i++)
		if (is_in(leaves[i].map, map))
			out->value[i] = from ? from->value[i] : 0;
}

static void
merge_leaf(struct model *out, const struct model *in, int i)
{
	const unsigned o = in[0].value[i], a = in[1].value[i],
		       b = in[2].value[i];

	out->value[i] = o == a ? b : a;
	out->clash_leaf[i] = o != a && o != b && a != b;
	out->clashes += out->clash_leaf[i];
}

static void
merge_map(struct model *out, const struct model *in, int map)
{
	const struct model before = *out;
	int i;

	for (i = 0; i < LEAVES; i++)
		if (leaves[i].map == map)
			merge_leaf(out, in, i);
	for (i = 1; i < MAPS; i++) {
		if (maps[i].map != map)
			continue;
		if (has_map(&in[1], i) && has_map(&in[2], i)) {
			merge_map(out, in, i);
		} else if (same_map(&in[0], &in[1], i)) {
			take_map(out, &in[2], i);
		} else if (same_map(&in[0], &in[2], i) ||
		    same_map(&in[1], &in[2], i)) {
			take_map(out, &in[1], i);
		} else {
			take_map(out, &in[1], i);
			out->clash_map[i] = true;
			out->clashes++;
		}
	}
	/* each side took some keys, and none is left: nobody meant that */
	if (map && !out->has_empty && out->clashes == before.clashes &&
	    !has_map(out, map)) {
		*out = before;
		take_map(out, &in[1], map);
		out->clash_map[map] = true;
		out->clashes++;
	}
}

static void
change(struct model *m, uint32_t *seed, unsigned edits, bool is_flat)
{
	unsigned i;

	for (; edits > 0; edits--) {
		i = draw(seed, LEAVES);
		if (is_flat && leaves[i].map)
			continue;
		m->value[i] = draw(seed, 4) ? 1 + draw(seed, 9) : 0;
		if (draw(seed, 2))
			m->comment[i] = draw(seed, 99);
	}
}

/* ---- its text ------------------------------------------------------------ */

static void
write_leaf(struct gv_buf *out, const struct model *m, const struct style *s,
    int i, int depth, bool is_last)
{
	const unsigned v = m->value[i];
	const bool is_json = s->format == GV_DOC_FORMAT_JSON;
	const bool is_list = leaves[i].name[0] == 'l';
	const int pad = depth * s->indent;

	if (!is_json)
		gv_buf_addf(out, "%*s# of %d: %u\n", pad, "", i, m->comment[i]);
	gv_buf_addf(
	    out, is_json ? "%*s\"%s\"" : "%*s%s", pad, "", leaves[i].name);
	gv_buf_addstr(out,
	    s->format == GV_DOC_FORMAT_ENV       ? "="
		: s->format == GV_DOC_FORMAT_HCL ? " = "
						 : ": ");
	if (s->format == GV_DOC_FORMAT_ENV)
		gv_buf_addf(out, "v%u", v);
	else
		gv_buf_addf(out,
		    is_list          ? "[%u, 1]"
			: v % 3 == 0 ? "\"text %u\""
				     : "%u",
		    v);
	gv_buf_addstr(out, is_json && !is_last ? ",\n" : "\n");
}

static void
write_map(struct gv_buf *out, const struct model *m, const struct style *s,
    int map, int depth)
{
	const bool is_json = s->format == GV_DOC_FORMAT_JSON;
	int i, k, n = 0;

	for (i = 0; i < LEAVES; i++)
		n += leaves[i].map == map && m->value[i];
	for (i = 0; i < MAPS; i++)
		n += i && maps[i].map == map && has_map(m, i);
	for (i = 0; i < LEAVES; i++) {
		k = s->is_reversed ? LEAVES - 1 - i : i;
		if (leaves[k].map == map && m->value[k])
			write_leaf(out, m, s, k, depth, --n == 0);
	}
	for (i = 1; i < MAPS; i++) {
		const int pad = depth * s->indent;

		if (maps[i].map != map || !has_map(m, i))
			continue;
		gv_buf_addf(out,
		    is_json                              ? "%*s\"%s\": {\n"
			: s->format == GV_DOC_FORMAT_HCL ? "%*s%s = {\n"
							 : "%*s%s:\n",
		    pad, "", maps[i].name);
		write_map(out, m, s, i, depth + 1);
		n--;
		if (is_json || s->format == GV_DOC_FORMAT_HCL)
			gv_buf_addf(
			    out, "%*s}%s\n", pad, "", is_json && n ? "," : "");
	}
}

static void
write_model(struct gv_buf *out, const struct model *m, const struct style *s)
{
	const bool is_json = s->format == GV_DOC_FORMAT_JSON;

	gv_buf_addstr(out, is_json ? "{\n" : "");
	write_map(out, m, s, 0, is_json);
	gv_buf_addstr(out, is_json ? "}\n" : "");
	assert_int_equal(gv_buf_check(out), 0);
}

/* ---- what became of it --------------------------------------------------- */

/* The text with all conflicts resolved to one side. */
static void
resolve(struct gv_buf *out, const char *p, bool to_ours)
{
	int where = 0;
	size_t len;

	for (; *p; p += len) {
		len = strcspn(p, "\n");
		len += p[len] == '\n';
		if (strncmp(p, "<<<<<<< ", 8) == 0)
			where = 1;
		else if (strncmp(p, "=======", 7) == 0)
			where = 2;
		else if (strncmp(p, ">>>>>>> ", 8) == 0)
			where = 0;
		else if (where == 0 || (where == 1) == to_ours)
			gv_buf_add(out, p, len);
	}
}

static void
path_of(struct gv_buf *out, int map, const char *name)
{
	if (map > 0 && map < MAPS) {
		path_of(out, maps[map].map, maps[map].name);
		gv_buf_addch(out, '.');
	}
	gv_buf_addstr(out, name);
}

static bool
clashes(const struct model *m, int leaf)
{
	int i = leaves[leaf].map;

	for (; i > 0; i = maps[i].map)
		if (m->clash_map[i])
			return true;
	return m->clash_leaf[leaf];
}

static void
assert_says(const char *text, const struct model *expect,
    const struct model *side, const struct style *s)
{
	struct gv_layer layer;
	struct gv_buf path = GV_BUF_INIT, number = GV_BUF_INIT;
	int i;

	if (told_read(&layer, "f", s->format, text, 0) < 0)
		fail_msg("%s\n%s", gv_err_message(), text);
	for (i = 0; i < LEAVES; i++) {
		const unsigned v =
		    clashes(expect, i) ? side->value[i] : expect->value[i];
		const struct gv_layer_value *is;

		gv_buf_reset(&path);
		gv_buf_reset(&number);
		path_of(&path, leaves[i].map, leaves[i].name);
		gv_buf_addf(&number, "%u", v);
		is = gv_layer_find(layer.tree.root, path.p);
		if (is && is->kind == GV_LAYER_LIST)
			is = is->items[0];
		if ((is != NULL) != (v != 0) ||
		    (is && strstr(is->text, number.p) == NULL))
			fail_msg("%s is not %u in\n%s", path.p, v, text);
	}
	gv_layer_release(&layer);
	gv_buf_release(&path);
	gv_buf_release(&number);
}

/* A comment that one side changed, or none, is there as that side has it. */
static void
assert_comments(
    const char *text, const struct model *in, const struct model *expect)
{
	char line[64];
	int i;

	for (i = 0; i < LEAVES; i++) {
		const unsigned o = in[0].comment[i], a = in[1].comment[i],
			       b = in[2].comment[i];

		if (expect->value[i] == 0 || clashes(expect, i) ||
		    in[1].value[i] == 0 || in[2].value[i] == 0 ||
		    (o != a && o != b))
			continue;
		snprintf(
		    line, sizeof(line), "# of %d: %u\n", i, o == a ? b : a);
		if (strstr(text, line) == NULL)
			fail_msg("no %s in\n%s", line, text);
	}
}

static bool
run_case(uint32_t *seed, enum gv_doc_format format)
{
	const bool is_flat = format == GV_DOC_FORMAT_ENV;
	struct model in[3] = { 0 }, expect = { 0 };
	struct gv_buf texts[3] = { GV_BUF_INIT, GV_BUF_INIT, GV_BUF_INIT };
	struct gv_buf ours = GV_BUF_INIT, theirs = GV_BUF_INIT;
	const struct style plain = { .format = format, .indent = 2 };
	struct style s;
	struct gv_merge_out out;
	int i, r;

	in[0].value[0] = in[0].value[1] = 1;
	change(&in[0], seed, 25, is_flat);
	in[0].value[16] = 1;
	for (i = 0; i < 3; i++) {
		if (i) {
			in[i] = in[0];
			change(&in[i], seed, draw(seed, 8), is_flat);
			in[i].value[16] = 1;
		}
		s = plain;
		s.indent = i && draw(seed, 8) == 0 ? 4 : 2;
		s.is_reversed = i && draw(seed, 8) == 0;
		write_model(&texts[i], &in[i], &s);
	}
	expect.has_empty = format == GV_DOC_FORMAT_JSON;
	merge_map(&expect, in, 0);
	r = merge(&out, format, texts[0].p, texts[1].p, texts[2].p);
	assert_true(r == 0 || r == GV_EREFUSED);
	if (r == 0) {
		if (out.conflicts != expect.clashes)
			fail_msg(
			    "%zu conflicts, not %u, in\n%s---\n%s---\n%s---\n%s",
			    out.conflicts, expect.clashes, texts[0].p,
			    texts[1].p, texts[2].p, out.text.p);
		resolve(&ours, out.text.p, true);
		resolve(&theirs, out.text.p, false);
		assert_says(ours.p, &expect, &in[1], &plain);
		assert_says(theirs.p, &expect, &in[2], &plain);
		if (format != GV_DOC_FORMAT_JSON)
			assert_comments(ours.p, in, &expect);
	}
	for (i = 0; i < 3; i++)
		gv_buf_release(&texts[i]);
	gv_buf_release(&ours);
	gv_buf_release(&theirs);
	gv_merge_release(&out);
	return r == 0;
}

static void
merges_are_those_of_the_model(void **state)
{
	static const enum gv_doc_format formats[] = { GV_DOC_FORMAT_YAML,
		GV_DOC_FORMAT_JSON, GV_DOC_FORMAT_ENV, GV_DOC_FORMAT_HCL };
	const size_t n = unit_stride(1, 8) == 1 ? 20000 : 2500;
	uint32_t seed = 42;
	size_t i, k, refused = 0;

	(void)state;
	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		for (k = 0; k < n; k++)
			refused += !run_case(&seed, formats[i]);
	print_message("%zu of %zu were refused\n", refused, 4 * n);
	/* a case that cannot be merged by key is left to lines: few are */
	assert_in_range(refused, 0, 4 * n / 1000);
}

/* ---- hostile files ------------------------------------------------------- */

/* Whatever is cut off, swapped or put in, the answer is a merge or a refusal.
 */
static void
no_file_breaks_it(void **state)
{
	static const char bytes[] = "{}[]:,#\"'&*|>-\n\t =$<?\0\377";
	uint32_t seed = 7;
	struct gv_merge_out out;
	char text[3][256];
	size_t i, k, n;
	int r;

	(void)state;
	for (i = 0; i < 20000; i++) {
		const struct by_hand *c =
		    &by_hand[i % (sizeof(by_hand) / sizeof(by_hand[0]))];
		const char *from[] = { c->base, c->ours, c->theirs };

		for (k = 0; k < 3; k++) {
			snprintf(text[k], sizeof(text[k]), "%s", from[k]);
			n = strlen(text[k]);
			while (n && draw(&seed, 3) == 0)
				text[k][draw(&seed, (unsigned)n)] =
				    bytes[draw(&seed, sizeof(bytes))];
		}
		r = merge(&out, c->format, text[0], text[1], text[2]);
		assert_true(r == 0 || r == GV_EREFUSED);
		gv_merge_release(&out);
	}
}

UNIT(merge)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_merged_each_by_itself),
		cmocka_unit_test(what_is_not_sure_is_refused),
		cmocka_unit_test(merges_are_those_of_the_model),
		cmocka_unit_test(no_file_breaks_it),
	};

	return UNIT_RUN(tests);
}
