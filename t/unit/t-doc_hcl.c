/* lib/doc/doc_hcl: HCL with its expressions. */
#include "unit.h"

#include <stdlib.h>

#include "base/err.h"
#include "doc_told.h"

static void
bodies_are_blocks_and_arguments(void **state)
{
	static const struct doc_row rows[] = {
		{ "a = 1\nb \"c\" d {\n  e = \"x\"\n  f {}\n  g { h = true }\n}\n",
		    "a=1:int b.c.d.e=x b.c.d.f=b b.c.d.g.h=true:bool " },
		{ "# c\na = 1 // c\n/* c */ b /* c */ = /* c\n */ 2\n",
		    "a=1:int b=2:int " },
		{ "\357\273\277a = 1\r\nb {\r\n}\r\n", "a=1:int b=b " },
		{ "a = null", "a=null:null " },
		{ "", "={ " },
	};

	(void)state;
	assert_docs(GV_DOC_FORMAT_HCL, rows, DOC_COUNT(rows));
}

static void
literals_lists_and_maps_are_nodes(void **state)
{
	static const struct doc_row rows[] = {
		{ "a = [1, -2.5, 1e3, \"x\", false, null,]",
		    "a[0]=1:int a[1]=-2.5:float a[2]=1e3:float a[3]=x "
		    "a[4]=false:bool a[5]=null:null " },
		{ "a = {\n  b = 1, c : \"x\"\n  \"d.e\" = []\n  (var.k) = {}\n}",
		    "a.b=1:int a.c=x a[\"d.e\"]=[ a[\"(var.k)\"]={ <var.k> " },
		{ "a = { \"b-${c.d}\" = 1, (\"e\") = 2 }",
		    "a[\"b-${c.d}\"]=1:int <c.d> a[\"(\\\"e\\\")\"]=2:int " },
		{ "a = [\n  1 # c\n  , # c\n  2\n]", "a[0]=1:int a[1]=2:int " },
		{ "a = <<E\nx $${y}\n  z\nE\nb = <<-E\n    x\n      y\n  E\n",
		    "a=x ${y}\n  z\n b=x\n  y\n " },
		{ "a = \"\\n\\\"\\u00e4\\U0001F600$${x}%%{y}$z\"",
		    "a=\n\"\303\244\360\237\230\200${x}%{y}$z " },
	};

	(void)state;
	assert_docs(GV_DOC_FORMAT_HCL, rows, DOC_COUNT(rows));
}

static void
references_are_told_of_each_value(void **state)
{
	static const struct doc_row rows[] = {
		{ "a = var.x", "a=~var.x <var.x> " },
		{ "a = module.m[\"k\"].out[0].id",
		    "a=~module.m[\"k\"].out[0].id "
		    "<module.m[\"k\"].out[0].id> " },
		{ "a = [aws_x.y.id, data.aws_z.w[count.index].arn]",
		    "a[0]=~aws_x.y.id <aws_x.y.id> "
		    "a[1]=~data.aws_z.w[count.index].arn "
		    "<data.aws_z.w[count.index].arn> <count.index> " },
		{ "a = aws_x.y[*].id\nb = aws_x.y.*.id\nc = foo.0.bar",
		    "a=~aws_x.y[*].id <aws_x.y[*].id> "
		    "b=~aws_x.y.*.id <aws_x.y.*.id> "
		    "c=~foo.0.bar <foo.0.bar> " },
		{ "a = \"${var.x}-${local.y}%{ if each.z }s%{ endif }\"",
		    "a=~\"${var.x}-${local.y}%{ if each.z }s%{ endif }\" "
		    "<var.x> <local.y> <each.z> " },
		{ "a = <<E\n%{ for k in var.x ~}\n${k.z} ${path.module}\n"
		  "%{ endfor }\nE\n",
		    "a=~<<E\n%{ for k in var.x ~}\n${k.z} ${path.module}\n"
		    "%{ endfor }\nE <var.x> <path.module> " },
		{ "a = f(var.x, [g.h]...)",
		    "a=~f(var.x, [g.h]...) <f(var.x, [g.h]...)> <var.x> "
		    "<g.h> " },
		{ "a = provider::x::f(b.c)",
		    "a=~provider::x::f(b.c) <provider::x::f(b.c)> <b.c> " },
		{ "a = string", "a=~string " },
		{ "a = { b = c.d, (e.f) = g.h }",
		    "a.b=~c.d <c.d> a[\"(e.f)\"]=~g.h <e.f> <g.h> " },
	};

	(void)state;
	assert_docs(GV_DOC_FORMAT_HCL, rows, DOC_COUNT(rows));
}

static void
names_of_an_expression_itself_are_no_references(void **state)
{
	static const struct doc_row rows[] = {
		{ "a = [for k, v in var.m : \"${k}${v.w}${x.y}\" if v.z]",
		    "a=~[for k, v in var.m : \"${k}${v.w}${x.y}\" if v.z] "
		    "<var.m> <x.y> " },
		{ "a = { for v in v.list : v.k => v.w... }",
		    "a=~{ for v in v.list : v.k => v.w... } <v.list> " },
		{ "a = [for v in b.c : [for w in v.x : w.y + v.z]]\nd = v.w",
		    "a=~[for v in b.c : [for w in v.x : w.y + v.z]] <b.c> "
		    "d=~v.w <v.w> " },
	};

	(void)state;
	assert_docs(GV_DOC_FORMAT_HCL, rows, DOC_COUNT(rows));
}

static void
an_expression_behind_a_list_is_one_value(void **state)
{
	static const struct doc_row rows[] = {
		{ "a = [b.c, 1][0]\nd = 1", "a=~[b.c, 1][0] <b.c> d=1:int " },
		{ "a = { b = c.d }.b", "a=~{ b = c.d }.b <c.d> " },
		{ "a = [[1, b.c] == d.e, 2]",
		    "a[0]=~[1, b.c] == d.e <b.c> <d.e> a[1]=2:int " },
		{ "a = x.y ? [1] : z.w", "a=~x.y ? [1] : z.w <x.y> <z.w> " },
		{ "a = !x.y && -b.c >= 1 || \"q\" != d.e % 2",
		    "a=~!x.y && -b.c >= 1 || \"q\" != d.e % 2 <x.y> <b.c> "
		    "<d.e> " },
		{ "a = (\n  x.y\n  + 1\n)", "a=~(\n  x.y\n  + 1\n) <x.y> " },
	};

	(void)state;
	assert_docs(GV_DOC_FORMAT_HCL, rows, DOC_COUNT(rows));
}

static void
an_error_ends_at_the_next_line_that_begins_with_a_word(void **state)
{
	static const struct doc_row rows[] = {
		{ "a = 1\nb = = 2\nc = 3\n", "a=1:int b=~ !2:2 c=3:int " },
		{ "r \"x\" {\n  a = 1\n  b = [\n}\nr \"y\" {\n  c = 2\n}\n",
		    "r.x.a=1:int r.x.b[0]=~ !3:4 r.y.c=2:int " },
		{ "}\n}\na = 1", "!1:1 a=1:int " },
	};

	(void)state;
	assert_docs(GV_DOC_FORMAT_HCL, rows, DOC_COUNT(rows));
}

static void
what_is_wrong_is_said_with_its_place(void **state)
{
	static const struct doc_row rows[] = {
		{ "a", "line 1, column 2: the file ends within a block" },
		{ "a =\n", "line 1, column 4: an argument without a value" },
		{ "a = 1 }", "line 1, column 7: something after" },
		{ "a = (1]", "line 1, column 7: a bracket is not closed" },
		{ "a = [1\n\n", "line 3, column 1: a comma or a ]" },
		{ "a = 1)", "line 1, column 6: something after" },
		{ "a = 1, 2", "line 1, column 6: something after" },
		{ "a = 'x'", "line 1, column 5: no value begins" },
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
		{ "a {\nb = 1 }\n", "line 2, column 7: something after" },
		{ "}", "line 1, column 1: expected an arg" },
		{ "a \"${b}\" {}", "line 1, column 3: a label" },
		{ "a = 1 +\n", "line 1, column 8: a value should be here" },
		{ "a = 1 2", "line 1, column 7: something after" },
		{ "a = b ? c", "line 1, column 10: a : should follow" },
		{ "a = {b}", "line 1, column 7: a = or a :" },
		{ "a = {b = 1 c = 2}", "line 1, column 12: a comma, a }" },
		{ "a = [for x : y]", "line 1, column 12: 'in' should" },
		{ "a = b.", "line 1, column 7: a name should follow" },
		{ "a = \"%{ foo }\"", "line 1, column 9: if, else" },
		{ "a = 1e", "line 1, column 7: an exponent" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < DOC_COUNT(rows); i++)
		assert_doc_error(GV_DOC_FORMAT_HCL, rows[i].text,
		    strlen(rows[i].text), rows[i].want);
}

static void
errors_without_end_are_bounded(void **state)
{
	char *text = doc_repeat("", "a = <<E\n", 50000, "");
	struct gv_doc d;

	(void)state;
	assert_int_equal(
	    gv_doc_read(&d, GV_DOC_FORMAT_HCL, text, strlen(text), NULL), 0);
	assert_in_range(d.n_errors, 2, GV_DOC_ERRORS_MAX);
	assert_int_equal(d.nodes[d.n - 1].kind, GV_DOC_BROKEN);
	assert_int_equal(
	    d.nodes[d.n - 1].at + d.nodes[d.n - 1].len, strlen(text));
	gv_doc_release(&d);
	free(text);
}

UNIT(doc_hcl)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bodies_are_blocks_and_arguments),
		cmocka_unit_test(literals_lists_and_maps_are_nodes),
		cmocka_unit_test(references_are_told_of_each_value),
		cmocka_unit_test(
		    names_of_an_expression_itself_are_no_references),
		cmocka_unit_test(an_expression_behind_a_list_is_one_value),
		cmocka_unit_test(
		    an_error_ends_at_the_next_line_that_begins_with_a_word),
		cmocka_unit_test(what_is_wrong_is_said_with_its_place),
		cmocka_unit_test(errors_without_end_are_bounded),
	};

	return UNIT_RUN(tests);
}
