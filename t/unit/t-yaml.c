#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "format/yaml.h"

static struct gv_yaml *
parse(const char *text)
{
	struct gv_yaml *y = NULL;

	if (gv_yaml_parse(&y, "f", text, strlen(text)) < 0)
		fail_msg("%s", gv_err_message());
	return y;
}

static void
assert_refused(const char *text, const char *words)
{
	struct gv_yaml *y = (void *)text;

	assert_int_equal(
	    gv_yaml_parse(&y, "f", text, strlen(text)), GV_EREFUSED);
	if (strstr(gv_err_message(), words) == NULL)
		fail_msg("'%s' does not say '%s'", gv_err_message(), words);
	assert_ptr_equal(y, text);
}

static void
keeps_kinds_lines_and_order(void **state)
{
	struct gv_yaml *y = parse("# a comment\n"
				  "b: text\n"
				  "a:\n"
				  "  - one\n"
				  "  - 'two '\n"
				  "c: {x: 1, y: [2, 3]}\n");
	const struct gv_yaml_node *root = gv_yaml_root(y), *a, *x;

	(void)state;
	assert_int_equal(root->kind, GV_YAML_MAP);
	assert_int_equal(root->n, 3);
	assert_string_equal(root->keys[0]->text, "b");
	assert_int_equal(root->keys[0]->line, 2);
	assert_int_equal(root->keys[2]->line, 6);
	a = gv_yaml_get(root, "a");
	assert_int_equal(a->kind, GV_YAML_LIST);
	assert_int_equal(a->n, 2);
	assert_string_equal(a->values[1]->text, "two ");
	assert_int_equal(a->values[1]->line, 5);
	assert_false(a->values[1]->plain);
	assert_true(a->values[0]->plain);
	x = gv_yaml_get(gv_yaml_get(root, "c"), "x");
	assert_string_equal(x->text, "1");
	assert_int_equal(x->len, 1);
	assert_null(gv_yaml_get(root, "d"));
	assert_null(gv_yaml_get(a, "one"));
	assert_null(gv_yaml_get(NULL, "one"));
	gv_yaml_free(y);
	gv_yaml_free(NULL);
}

static void
an_empty_document_has_no_root(void **state)
{
	static const char *const texts[] = { "", "# nothing\n", "\n\n" };
	struct gv_yaml *y;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		y = parse(texts[i]);
		assert_null(gv_yaml_root(y));
		gv_yaml_free(y);
	}
	y = parse("---\n");
	assert_true(gv_yaml_is_null(gv_yaml_root(y)));
	gv_yaml_free(y);
	y = parse("[~, null, '', \"null\", {}, x]");
	assert_true(gv_yaml_is_null(gv_yaml_root(y)->values[0]));
	assert_true(gv_yaml_is_null(gv_yaml_root(y)->values[1]));
	assert_false(gv_yaml_is_null(gv_yaml_root(y)->values[2]));
	assert_false(gv_yaml_is_null(gv_yaml_root(y)->values[3]));
	assert_false(gv_yaml_is_null(gv_yaml_root(y)->values[4]));
	assert_false(gv_yaml_is_null(gv_yaml_root(y)->values[5]));
	gv_yaml_free(y);
}

static void
an_alias_is_what_it_names(void **state)
{
	struct gv_yaml *y = parse("a: &x [1, 2]\nb: *x\n");
	const struct gv_yaml_node *root = gv_yaml_root(y);

	(void)state;
	assert_int_equal(gv_yaml_get(root, "b")->n, 2);
	assert_string_equal(gv_yaml_get(root, "b")->values[1]->text, "2");
	gv_yaml_free(y);
	assert_refused("a: *x\n", "f:1: an alias has no anchor");
	assert_refused(
	    "a: &x [*x]\n", "f:1: an alias is inside its own anchor");
	assert_refused("a: &x {k: v}\n*x : 1\n", "a key must be a plain text");
}

static void
a_bomb_of_aliases_is_refused(void **state)
{
	struct gv_buf b = GV_BUF_INIT;
	int i, j;

	(void)state;
	gv_buf_addstr(&b, "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
	for (i = 1; i < 10; i++) {
		gv_buf_addf(&b, "a%d: &a%d [", i, i);
		for (j = 0; j < 10; j++)
			gv_buf_addf(&b, "%s*a%d", j ? "," : "", i - 1);
		gv_buf_addstr(&b, "]\n");
	}
	assert_refused(b.p, "its aliases make it so");
	gv_buf_release(&b);
	/* narrow, but deep */
	gv_buf_addstr(&b, "a0: &a0 [x]\n");
	for (i = 1; i < 200; i++)
		gv_buf_addf(&b, "a%d: &a%d [*a%d]\n", i, i, i - 1);
	assert_refused(b.p, "nested too deep");
	gv_buf_release(&b);
}

static void
depth_and_size_are_bounded(void **state)
{
	struct gv_buf b = GV_BUF_INIT;
	struct gv_yaml *y;
	int i;

	(void)state;
	for (i = 0; i < GV_YAML_MAX_DEPTH; i++)
		gv_buf_addch(&b, '[');
	for (i = 0; i < GV_YAML_MAX_DEPTH; i++)
		gv_buf_addch(&b, ']');
	gv_yaml_free(parse(b.p));
	gv_buf_reset(&b);
	for (i = 0; i < 100000; i++)
		gv_buf_addch(&b, '[');
	assert_refused(b.p, "f:1: it is nested too deep");
	gv_buf_reset(&b);
	for (i = 0; i < GV_YAML_MAX_NODES; i++)
		gv_buf_addstr(&b, "- x\n");
	assert_refused(b.p, "the document is too large");
	gv_buf_reset(&b);
	while (b.len <= GV_YAML_MAX_SIZE)
		gv_buf_addstr(&b, "# a line of no use\n");
	assert_refused(b.p, "it is too large");
	gv_buf_release(&b);
	y = NULL;
	assert_int_equal(
	    gv_yaml_parse(&y, "f", "a: \"x\\0y\"", 9), GV_EREFUSED);
	assert_message("zero byte");
}

static void
a_key_stands_once(void **state)
{
	(void)state;
	assert_refused("a: 1\nb: 2\n'a': 3\n",
	    "f:3: the key 'a' is here for the second time");
	assert_refused("x:\n  a: 1\n  a: 1\n", "f:3: the key 'a'");
	gv_yaml_free(parse("x: {a: 1}\ny: {a: 1}\n"));
}

static void
what_is_no_yaml_is_said_with_its_line(void **state)
{
	(void)state;
	assert_refused("a: [1,\n2\nb: 3\n", "this is no YAML");
	assert_refused("a: 1\n\t- b\n", "f:2: this is no YAML");
	assert_refused("a: \xff\xfe\n", "this is no YAML");
	assert_refused("a: 1\n---\nb: 2\n", "f:2: a second document");
}

UNIT(yaml)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_kinds_lines_and_order),
		cmocka_unit_test(an_empty_document_has_no_root),
		cmocka_unit_test(an_alias_is_what_it_names),
		cmocka_unit_test(a_bomb_of_aliases_is_refused),
		cmocka_unit_test(depth_and_size_are_bounded),
		cmocka_unit_test(a_key_stands_once),
		cmocka_unit_test(what_is_no_yaml_is_said_with_its_line),
	};

	return UNIT_RUN(tests);
}
