/* lib/format/spantree: places in documents of YAML and JSON, in any spelling.
 */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "format/spantree.h"

/* "key=value " of each scalar, in order; of an alias what it stands for. */
static void
tell(char *out, size_t size, const struct gv_spantree *tree)
{
	size_t i, n = 0;

	out[0] = '\0';
	for (i = 0; i < tree->n; i++) {
		const struct gv_spantree_node *node =
		    gv_spantree_follow(tree, &tree->nodes[i]);

		if (node == NULL || node->kind != GV_SPANTREE_SCALAR)
			continue;
		n += (size_t)snprintf(out + n, size - n, "%.*s=%.*s ",
		    (int)tree->nodes[i].key.len,
		    tree->text + tree->nodes[i].key.at, (int)node->value.len,
		    tree->text + node->value.at);
	}
}

static void
every_spelling_is_read(void **state)
{
	static const struct {
		const char *text, *want;
		bool is_json;
	} rows[] = {
		{ "a: b\n", "a=b ", false },
		{ "\"a\": 'b'\n", "a=b ", false },
		{ "{a: b, \"c\": d}\n", "a=b c=d ", false },
		{ "a: !!str b # c\n", "a=b ", false },
		{ "a: &x b\nc: *x\n", "a=b c=b ", false },
		{ "a:\n  b\nc: |\n  d\n  e\n", "a=b c=d\n  e ", false },
		{ "? a\n: b\n", "a=b ", false },
		{ "\357\273\277a: b\r\nc: d\r\n", "a=b c=d ", false },
		{ "a: b\n---\nc: {{ d }}x\n---\ne: f\n", "a=b e=f ", false },
		{ "%YAML 1.2\n---\na: b\n...\n", "a=b ", false },
		{ "- a: b\n  c: [d, e]\n", "a=b =d =e ", false },
		{ "a: \303\244\303\266\nb: c\n", "a=\303\244\303\266 b=c ",
		    false },
		{ "{\"a\": \"b\\n\", \"c\": [1, {\"d\": null}]}",
		    "a=b\\n =1 d=null ", true },
		{ "{\"a\":1}\n{\"b\":2}\n", "a=1 b=2 ", true },
		{ "{\"a\": \"b\", // c\n}", "a=b // c= ", true },
		{ "\357\273\277{\"a\":\"b\"}", "a=b ", true },
		{ "", "", false },
		{ "a: [", "", false },
	};
	struct gv_spantree tree;
	char got[512];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(gv_spantree_read(&tree, rows[i].text,
				     strlen(rows[i].text), rows[i].is_json),
		    0);
		tell(got, sizeof(got), &tree);
		if (strcmp(got, rows[i].want) != 0)
			fail_msg("%s\nis %s, not %s", rows[i].text, got,
			    rows[i].want);
		gv_spantree_release(&tree);
	}
}

/* What is read without libyaml: the same nodes, or 1 to ask libyaml, or refused
 * as libyaml does. */
static void
plain_documents_are_read_without_libyaml(void **state)
{
	static const struct {
		const char *text;
		int want;
	} rows[] = {
		{ "", 0 },
		{ "# a\n\n---\n", 1 },
		{ "---\n# a\n", 0 },
		{ "---  # a\nb: c # d\n\"e\": 'f''g'  # h\n", 0 },
		{ "a:\n- b: c\n  d: e\n-\n  - f\n  - - g\nh:\ni: {}\n", 0 },
		{ "a: |\n\n  b\n   c\n\n  d\ne: >-\nf: \"g\\n\"\n", 0 },
		{ "a:\n  b: c\r\n  d: |+ # e\r\n    f\r\ng: http://h:1\r\n",
		    0 },
		{ "kind: Secret\ndata:\n  a: b\nki", GV_EREFUSED },
		{ "a: b: c\n", 1 },
		{ "a: b\n  c\n", 1 },
		{ "a: {b: c}\n", 1 },
		{ "a: &b c\n", 1 },
		{ "a: \"b\n  c\"\n", 1 },
		{ "a: 'b' c\n", 1 },
		{ "a: b\n- c\n", 1 },
		{ "  a: b\nc: d\n", 1 },
		{ "a:\tb\n", 1 },
		{ "a: b\rc: d\n", 1 },
		{ "a: |2\n    b\n", 1 },
		{ "a: |\n      \n  b\n", 1 },
		{ "a: b\n...\n", 1 },
		{ "a: \"\\$\"\n", 1 },
		/* a byte in the middle of a character, without its first */
		{ "a: \266[b\n", 1 },
		{ "a:\266 b\n", 1 },
		{ "\266a: b\n", 1 },
		{ "a: \303\244\266[b\n", 0 },
	};
	char plain[512], yaml[512];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const size_t len = strlen(rows[i].text);
		struct gv_spantree a = { .text = rows[i].text }, b = a;
		int r = gv_spantree_read_plain(&a, 0, len);

		if (r != rows[i].want)
			fail_msg("%s\nis %d", rows[i].text, r);
		if (r <= 0) {
			assert_int_equal(gv_spantree_read_yaml(&b, 0, len), r);
			assert_true(r < 0 || a.n == b.n);
			tell(plain, sizeof(plain), &a);
			tell(yaml, sizeof(yaml), &b);
			if (r == 0)
				assert_string_equal(plain, yaml);
		}
		gv_spantree_release(&a);
		gv_spantree_release(&b);
	}
}

static void
escapes_are_read_in_keys_and_words(void **state)
{
	static const char text[] = "{\"\\u006bind\": \"\\u0053ecret\", "
				   "\"b\": \"Secre\", \"c\": \"Secret2\"}";
	struct gv_spantree tree;
	const struct gv_spantree_node *kind;

	(void)state;
	assert_int_equal(gv_spantree_read(&tree, text, strlen(text), true), 0);
	kind = gv_spantree_get(&tree, &tree.nodes[0], "kind");
	assert_non_null(kind);
	assert_true(gv_spantree_is(&tree, &kind->value, "Secret"));
	kind = gv_spantree_get(&tree, &tree.nodes[0], "b");
	assert_false(gv_spantree_is(&tree, &kind->value, "Secret"));
	kind = gv_spantree_get(&tree, &tree.nodes[0], "c");
	assert_false(gv_spantree_is(&tree, &kind->value, "Secret"));
	assert_null(gv_spantree_get(&tree, &tree.nodes[0], "d"));
	gv_spantree_release(&tree);
}

static void
structure_is_told_from_texts(void **state)
{
	static const char text[] = "a: b\nc: |\n  kind: x\n---\nd: {{ e }}f\n";
	struct gv_spantree_cursor c = { .doc = 0 };
	struct gv_spantree tree;

	(void)state;
	assert_int_equal(gv_spantree_read(&tree, text, strlen(text), false), 0);
	assert_true(gv_spantree_knows(&tree, 0, &c));
	assert_false(gv_spantree_knows(
	    &tree, (size_t)(strstr(text, "kind") - text), &c));
	assert_false(gv_spantree_knows(
	    &tree, (size_t)(strchr(text, 'd') - text) + 2, &c));
	assert_false(
	    gv_spantree_knows(&tree, (size_t)(strstr(text, "f\n") - text), &c));
	gv_spantree_release(&tree);
}

/* {{a: 1}: 1}: maps as keys, so many in each other. */
static size_t
docs_with_nested_keys(size_t depth)
{
	static const char value[] = ": 1}";
	char text[2048] = "";
	struct gv_spantree tree;
	size_t n = depth, i;

	memset(text, '{', depth);
	text[n++] = 'a';
	for (i = 0; i < depth; i++, n += sizeof(value) - 1)
		memcpy(text + n, value, sizeof(value));
	assert_int_equal(gv_spantree_read(&tree, text, n, false), 0);
	n = tree.n_docs;
	gv_spantree_release(&tree);
	return n;
}

static void
keys_are_no_deeper_than_values(void **state)
{
	(void)state;
	assert_int_equal(docs_with_nested_keys(GV_SPANTREE_DEPTH / 2), 1);
	assert_int_equal(docs_with_nested_keys(GV_SPANTREE_DEPTH * 2), 0);
}

UNIT(spantree)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_spelling_is_read),
		cmocka_unit_test(plain_documents_are_read_without_libyaml),
		cmocka_unit_test(escapes_are_read_in_keys_and_words),
		cmocka_unit_test(structure_is_told_from_texts),
		cmocka_unit_test(keys_are_no_deeper_than_values),
	};

	return UNIT_RUN(tests);
}
