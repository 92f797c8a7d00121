/* lib/infra/hcl: which blocks stand in a file, whatever else does. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "infra/hcl.h"

typedef int reader(const char *, size_t, gv_hcl_fn *, void *);

static void
add(struct gv_buf *out, const char *what, struct gv_hcl_span s)
{
	if (s.p == NULL)
		return;
	gv_buf_addf(out, "%s", what);
	gv_buf_add(out, s.p, s.len);
}

/* A line: KIND LABEL.LABEL :LINE * <SOURCE >FROM =TO */
static int
tell(void *ctx, const struct gv_hcl_block *b)
{
	static const char *const names[] = { "resource", "data", "ephemeral",
		"module", "moved", "import", "removed" };
	struct gv_buf *out = ctx;

	gv_buf_addstr(out, names[b->kind]);
	add(out, " ", b->labels[0]);
	add(out, ".", b->labels[1]);
	gv_buf_addf(out, " :%zu%s", b->line, b->is_counted ? " *" : "");
	add(out, " <", b->source);
	add(out, " >", b->from);
	add(out, " =", b->to);
	gv_buf_addch(out, '\n');
	return 0;
}

/* Of bytes that nothing stands behind. */
static int
read_some(reader *read, struct gv_buf *out, const char *text, size_t len)
{
	char *copy = malloc(len ? len : 1);
	int r;

	assert_non_null(copy);
	memcpy(copy, text, len);
	r = read(copy, len, tell, out);
	free(copy);
	return r;
}

static void
assert_blocks(reader *read, const char *text, const char *expect)
{
	struct gv_buf out = GV_BUF_INIT;
	size_t cut;
	int r = read_some(read, &out, text, strlen(text));

	if (r != 0)
		fail_msg("%s: %s", gv_err_message(), text);
	assert_string_equal(out.p, expect);
	/* less of it is refused with a sentence, or is less */
	for (cut = 0; cut < strlen(text); cut++) {
		gv_buf_reset(&out);
		r = read_some(read, &out, text, cut);
		if (r < 0) {
			assert_int_equal(r, GV_EREFUSED);
			assert_message("line ");
		}
		assert_int_equal(
		    memcmp(out.p, expect,
			out.len < strlen(expect) ? out.len
						 : strlen(expect) + 1),
		    0);
	}
	gv_buf_release(&out);
}

static void
assert_refused(reader *read, const char *text, size_t len, const char *why)
{
	struct gv_buf out = GV_BUF_INIT;

	assert_int_equal(read_some(read, &out, text, len), GV_EREFUSED);
	if (strstr(gv_err_message(), why) == NULL)
		fail_msg("%s: %.60s", gv_err_message(), text);
	gv_buf_release(&out);
}

/* ---- the language ---- */

static void
blocks_are_told_with_what_they_are_called(void **state)
{
	(void)state;
	assert_blocks(gv_hcl_read, "", "");
	assert_blocks(gv_hcl_read, "# only\n// this\n/* and\nthis */", "");
	assert_blocks(gv_hcl_read,
	    "\xef\xbb\xbfresource \"aws_vpc\" \"main\" {\n"
	    "  cidr = \"10.0.0.0/16\" # a { in a remark\n"
	    "  tags = {\n    a = \"}\"\n    \"b\" : [1, 2,\n    3]\n  }\n"
	    "  dynamic \"x\" {\n    for_each = var.y\n    content {}\n  }\n"
	    "}\n"
	    "data aws_ami b {\n  count = 0\n}\n"
	    "resource \"x_y\" \"z-1\" { for_each = toset([]) }\n"
	    "variable \"v\" { default = \"resource\" }\r\n"
	    "locals {\r\n  a = 1\r\n}\r\n"
	    "ephemeral \"random_password\" \"p\" {}",
	    "resource aws_vpc.main :1\ndata aws_ami.b :13 *\n"
	    "resource x_y.z-1 :16 *\nephemeral random_password.p :21\n");
}

static void
where_a_module_comes_from_is_told_if_it_is_plain(void **state)
{
	(void)state;
	assert_blocks(gv_hcl_read,
	    "module \"a\" {\n  source = \"../net\"  // here\n  count = 1\n}\n"
	    "module \"b\" { source = \"${path.module}/net\" }\n"
	    "module \"c\" {\n  source = \"./x\" == \"\" ? \"./x\" : \"./y\"\n}\n"
	    "module d {\n  providers = { aws = aws.b }\n}\n"
	    "module \"e\" { source = \"./a\\\"b\" }\n",
	    "module a :1 * <../net\nmodule b :5\nmodule c :6\nmodule d :9\n"
	    "module e :12\n");
}

static void
what_is_moved_is_told_as_it_is_written(void **state)
{
	(void)state;
	assert_blocks(gv_hcl_read,
	    "moved {\n  from = aws_vpc.a[\"x}\"]\n  to   = module.m.aws_vpc.b\n"
	    "}\n"
	    "removed {\n  from = aws_vpc.c\n  lifecycle {\n    destroy = false\n"
	    "    from = not.this\n  }\n}\n"
	    "import {\n  to = aws_vpc.d\n  id = \"vpc-1\"\n}\n",
	    "moved :1 >aws_vpc.a[\"x}\"] =module.m.aws_vpc.b\n"
	    "removed :5 >aws_vpc.c\nimport :12 =aws_vpc.d\n");
}

static void
only_data_stands_in_a_check(void **state)
{
	(void)state;
	assert_blocks(gv_hcl_read,
	    "check \"c\" {\n  data \"http\" \"h\" {\n    url = \"x\"\n  }\n"
	    "  resource \"a\" \"b\" {}\n"
	    "  assert {\n    data \"no\" \"no\" {}\n  }\n}\n"
	    "variable \"v\" {\n  data \"no\" \"no\" {}\n}\n",
	    "data http.h :2\n");
}

static void
nothing_in_a_text_is_a_block(void **state)
{
	(void)state;
	assert_blocks(gv_hcl_read,
	    "locals {\n  a = <<EOT\n}\nresource \"a\" \"b\" {\nEOT2\n EOTx\n"
	    "${ join(\"}\", [ \"EOT\",\n\"x\" ]) } $${ %%{ %{ if x }y%{ endif }\n"
	    "EOT\n"
	    "  b = \"\\\"} ${ \"${ { a = \"}\" }[\"a\"] }\" } $${ %%{ \\\\\"\n"
	    "  c = [<<-X\n    in a list\n    X\n    , <<Y\nY\n  ]\n"
	    "  d = \"%{ if a ~}b%{~ else ~}c%{ endif }\"\n"
	    "  e = \"${ /* \" */ upper(\"x\") }\"\n"
	    "}\nresource \"r\" \"s\" {}\n",
	    "resource r.s :20\n");
}

static void
what_is_wrong_is_said_with_its_place(void **state)
{
	static const char *const rows[][2] = {
		{ "a", "line 1, column 2: " },
		{ "a =\n", "line 1, column 4: an argument without" },
		{ "a = 1 }", "line 1, column 7: something after" },
		{ "a = (1]", "line 1, column 7: a bracket is not closed" },
		{ "a = [1\n\n", "line 3, column 1: a comma or a ]" },
		{ "a = 1)", "line 1, column 6: something after" },
		{ "a = 1, 2", "line 1, column 6: something after" },
		{ "a = 'x'", "line 1, column 5: no value" },
		{ "a = ~1", "line 1, column 5: no value" },
		{ "a = \"x", "line 1, column 5: a text does not end" },
		{ "a = \"x\n\"", "line 1, column 5: a text does not end" },
		{ "a = \"\\x\"", "line 1, column 6: a backslash" },
		{ "a = \"${x", "line 1, column 6: a template is not" },
		{ "a = \"${x)\"", "line 1, column 6: a template is not" },
		{ "a = <<E\nx\n", "line 1, column 5: the last line" },
		{ "a = <<\nx\n", "line 1, column 5: '<<' begins" },
		{ "a = <<E x\nE\n", "line 1, column 5: '<<' begins" },
		{ "a /* x", "line 1, column 3: a comment" },
		{ "a {\nb = 1", "line 1, column 1: a block is not closed" },
		{ "a { b = 1\n}", "line 1, column 10: a block that begins" },
		{ "a { b {} }", "line 1, column 7: a block of one line" },
		{ "a {\n} b = 1", "line 2, column 3: something after" },
		{ "a {\nb = 1 }\n", "line 2, column 7: something after" },
		{ "a \"${x}\" {}", "a label that is no plain text" },
		{ "a \"b {}\n", "a label that is no plain text" },
		{ "}", "line 1, column 1: expected an arg" },
		{ "\"a\" = 1", "line 1, column 1: expected an arg" },
		{ "a 1 {}", "line 1, column 3: expected an arg" },
		{ "resource \"a\" {}", "line 1, column 1: a block with other" },
		{ "\nmodule \"a\" \"b\" {}",
		    "line 2, column 1: a block with other" },
		{ "moved \"a\" {}", "line 1, column 1: a block with other" },
		{ "\303\244\377 = 1", "line 1, column 2: it is not in UTF-8" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_refused(
		    gv_hcl_read, rows[i][0], strlen(rows[i][0]), rows[i][1]);
	assert_refused(gv_hcl_read, "a = \0\n", 6, "line 1, column 5: it has");
	assert_refused(gv_hcl_read, "a \0 {}\n", 7, "line 1, column 3: it has");
	assert_refused(gv_hcl_read, "a = \"\\\0\"", 8, "a zero byte");
}

/* So many of a text, one in the other; how it is read. */
static int
nest(const char *begin, const char *open, const char *close, size_t n)
{
	struct gv_buf b = GV_BUF_INIT, out = GV_BUF_INIT;
	size_t i;
	int r;

	gv_buf_addstr(&b, begin);
	for (i = 0; i < n; i++)
		gv_buf_addstr(&b, open);
	gv_buf_addstr(&b, *begin ? "1" : "");
	for (i = 0; i < n; i++)
		gv_buf_addstr(&b, close);
	assert_int_equal(gv_buf_check(&b), 0);
	r = read_some(gv_hcl_read, &out, b.p, b.len);
	gv_buf_release(&out);
	gv_buf_release(&b);
	return r;
}

static void
what_is_nested_too_deep_is_refused(void **state)
{
	static const char *const rows[][3] = { { "a = ", "(", ")" },
		{ "a = ", "[", "]" }, { "a = ", "{x=", "}" },
		{ "a = ", "\"${", "}\"" }, { "", "a {\n", "}\n" } };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *const *row = rows[i];

		assert_int_equal(nest(row[0], row[1], row[2], 90), 0);
		assert_int_equal(
		    nest(row[0], row[1], row[2], 300), GV_EREFUSED);
		assert_message("nested too deep");
		assert_int_equal(
		    nest(row[0], row[1], row[2], 200000), GV_EREFUSED);
		assert_int_equal(nest(row[0], row[1], "", 90), GV_EREFUSED);
	}
}

static int
stop(void *ctx, const struct gv_hcl_block *b)
{
	size_t *n = ctx;

	(void)b;
	return ++*n == 2 ? GV_ECANCELED : 0;
}

static void
whoever_is_told_can_end_it(void **state)
{
	const char hcl[] = "moved {}\nmoved {}\nmoved {}\n";
	const char json[] = "{ \"moved\": [ {}, {}, {} ] }";
	size_t n = 0;

	(void)state;
	assert_int_equal(gv_hcl_read(hcl, strlen(hcl), stop, &n), GV_ECANCELED);
	assert_int_equal(n, 2);
	n = 0;
	assert_int_equal(
	    gv_hcl_read_json(json, strlen(json), stop, &n), GV_ECANCELED);
	assert_int_equal(n, 2);
}

/* ---- as JSON ---- */

static void
the_same_as_json(void **state)
{
	(void)state;
	assert_blocks(gv_hcl_read_json,
	    "{ \"//\": { \"resource\": 1 },\n"
	    " \"resource\": { \"aws_vpc\": { \"a\": { \"x\": { \"count\": 1 } },\n"
	    "  \"//\": {},\n  \"b\": [ { \"count\": 2 }, { \"for_each\": null } ] } },\n"
	    " \"data\": [ { \"aws_ami\": [ { \"c\": {} } ] }, 7 ],\n"
	    " \"module\": { \"m\": { \"source\": \".\\/net\" },\n"
	    "  \"n\": { \"source\": \"${x}\" } },\n"
	    " \"moved\": [ { \"from\": \"aws_vpc.a[\\\"k\\\"]\",\n"
	    "  \"to\": \"aws_vpc.b\" } ],\n"
	    " \"removed\": { \"from\": \"aws_vpc.z\" },\n"
	    " \"check\": { \"c\": { \"data\": { \"http\": { \"h\": {} } },\n"
	    "  \"resource\": { \"a\": { \"b\": {} } } } },\n"
	    " \"variable\": { \"v\": { \"data\": { \"a\": { \"b\": {} } } } },\n"
	    " \"\\u0065phemeral\": { \"x\": { \"y\": {} } } }",
	    "resource aws_vpc.a :2\nresource aws_vpc.b :4 *\n"
	    "resource aws_vpc.b :4\ndata aws_ami.c :5\nmodule m :6 <./net\n"
	    "module n :7\nmoved :8 >aws_vpc.a[\"k\"] =aws_vpc.b\n"
	    "removed :10 >aws_vpc.z\ndata http.h :11\nephemeral x.y :14\n");
	assert_blocks(gv_hcl_read_json, "[ { \"module\": null } ]", "");
}

static void
what_is_no_json_is_refused(void **state)
{
	static const char *const rows[][2] = {
		{ "", "line 1, column 1: " },
		{ "{ \"moved\": [ {}, ] }", "line 1, column 18: " },
		{ "{}\n{}", "line 2, column 1: " },
		{ "\"text\"", "neither a map" },
		{ "null", "neither a map" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_refused(gv_hcl_read_json, rows[i][0], strlen(rows[i][0]),
		    rows[i][1]);
}

/* ---- addresses ---- */

static void
addresses_lose_their_keys_and_blanks(void **state)
{
	static const char *const good[][2] = {
		{ "aws_vpc.a", "aws_vpc.a" },
		{ " module.a[\"x]\\\"]\"] . aws_vpc.b[0] ",
		    "module.a.aws_vpc.b" },
		{ "data.aws_ami.x[each.value[\"k\"]]", "data.aws_ami.x" },
		{ "module.a[*].b_c.d-e", "module.a.b_c.d-e" },
	};
	static const char *const bad[] = { "", " ", "a.", ".a", "a..b", "a b",
		"a[", "a[\"]", "a[0", "1.a", "a.(b)", "\"a.b\"", "a.b # c" };
	struct gv_buf b = GV_BUF_INIT;
	struct gv_hcl_span s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		gv_buf_reset(&b);
		s = (struct gv_hcl_span){ good[i][0], strlen(good[i][0]) };
		assert_true(gv_hcl_address(&b, s));
		assert_string_equal(b.p, good[i][1]);
	}
	gv_buf_reset(&b);
	gv_buf_addstr(&b, "before");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		s = (struct gv_hcl_span){ bad[i], strlen(bad[i]) };
		if (gv_hcl_address(&b, s))
			fail_msg("%s is no address", bad[i]);
		assert_string_equal(b.p, "before");
	}
	assert_false(gv_hcl_address(&b, (struct gv_hcl_span){ NULL, 0 }));
	gv_buf_release(&b);
}

UNIT(hcl)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_are_told_with_what_they_are_called),
		cmocka_unit_test(
		    where_a_module_comes_from_is_told_if_it_is_plain),
		cmocka_unit_test(what_is_moved_is_told_as_it_is_written),
		cmocka_unit_test(only_data_stands_in_a_check),
		cmocka_unit_test(nothing_in_a_text_is_a_block),
		cmocka_unit_test(what_is_wrong_is_said_with_its_place),
		cmocka_unit_test(what_is_nested_too_deep_is_refused),
		cmocka_unit_test(whoever_is_told_can_end_it),
		cmocka_unit_test(the_same_as_json),
		cmocka_unit_test(what_is_no_json_is_refused),
		cmocka_unit_test(addresses_lose_their_keys_and_blanks),
	};

	return UNIT_RUN(tests);
}
