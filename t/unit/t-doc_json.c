/* lib/doc/doc_json: JSON as a tree of places. */
#include "unit.h"

#include <stdlib.h>

#include "base/err.h"
#include "doc_told.h"

static void
each_value_has_its_type_and_path(void **state)
{
	static const struct doc_row rows[] = {
		{ "{\"a\":[1,-2.5,3e4,\"x\",true,null],\"b\":{}}",
		    "a[0]=1:int a[1]=-2.5:float a[2]=3e4:float a[3]=x "
		    "a[4]=true:bool a[5]=null:null b={ " },
		{ " \"lone\" ", "=lone " },
		{ "[]", "=[ " },
		{ "\357\273\277{\"a\":1}\r\n", "a=1:int " },
		{ "{\"a\\nb\":\"\\u00e4\\\"\"}", "[\"a\nb\"]=\303\244\" " },
		{ "{\"a\":1,\"a\":2}", "a=1:int a=2:int " },
	};

	(void)state;
	assert_docs(GV_DOC_FORMAT_JSON, rows, DOC_COUNT(rows));
}

static void
what_was_read_before_an_error_stays(void **state)
{
	static const struct doc_row rows[] = {
		{ "{\"a\":1,\"b\":[2,x]}", "a=1:int b[0]=2:int !1:15 " },
		{ "{\"a\":1}\n{}", "a=1:int !2:1 " },
		{ "{\"a\":", "={ !1:6 " },
	};

	(void)state;
	assert_docs(GV_DOC_FORMAT_JSON, rows, DOC_COUNT(rows));
	assert_doc_error(GV_DOC_FORMAT_JSON, "{\"a\":01}", 8,
	    "line 1, column 6: a number that begins with zero");
}

static void
a_span_is_what_a_patch_replaces(void **state)
{
	static const char text[] = "{ \"k\" : \"v\", \"l\": [ 1 ] }";
	struct gv_doc d;

	(void)state;
	assert_int_equal(
	    gv_doc_read(&d, GV_DOC_FORMAT_JSON, text, strlen(text), NULL), 0);
	assert_memory_equal(text + d.nodes[1].key_at, "\"k\"", 3);
	assert_int_equal(d.nodes[1].key_len, 3);
	assert_memory_equal(text + d.nodes[1].at, "\"v\"", 3);
	assert_int_equal(d.nodes[1].len, 3);
	assert_memory_equal(text + d.nodes[2].at, "[ 1 ]", 5);
	assert_int_equal(d.nodes[2].len, 5);
	assert_int_equal(d.nodes[0].len, strlen(text));
	gv_doc_release(&d);
}

/* More nodes than there may be: what fits stays, and the error says why. */
static void
the_number_of_values_is_bounded(void **state)
{
	char *text = doc_repeat("[0", ",0", GV_DOC_ITEMS_MAX + 10, "]");
	struct gv_doc d;

	(void)state;
	assert_int_equal(
	    gv_doc_read(&d, GV_DOC_FORMAT_JSON, text, strlen(text), NULL), 0);
	assert_int_equal(gv_doc_check(&d), GV_EREFUSED);
	assert_message("too many values");
	assert_int_equal(d.n, GV_DOC_ITEMS_MAX);
	assert_true(d.parts[0].is_broken);
	gv_doc_release(&d);
	free(text);
}

static void
texts_of_terraform_have_references(void **state)
{
	static const struct doc_row rows[] = {
		{ "{\"a\":\"${var.x}-${local.y[\\\"k\\\"]}\",\"b\":\"plain\"}",
		    "a=~${var.x}-${local.y[\"k\"]} <var.x> "
		    "<local.y[\\\"k\\\"]> b=plain " },
		{ "{\"a\":\"${merge({b = var.c}, d.e)}\",\"f\":\"$${g.h}\"}",
		    "a=~${merge({b = var.c}, d.e)} <merge({b = var.c}, d.e)> "
		    "<var.c> <d.e> f=$${g.h} " },
		{ "{\"a\":\"%{ if var.x }${each.key}%{ endif }\"}",
		    "a=~%{ if var.x }${each.key}%{ endif } <var.x> "
		    "<each.key> " },
		{ "{\"a\":\"${\\n  var.x\\n}\"}",
		    "a=~${\n  var.x\n} <var.x> " },
	};

	(void)state;
	assert_docs(GV_DOC_FORMAT_HCL_JSON, rows, DOC_COUNT(rows));
	assert_doc_error(GV_DOC_FORMAT_HCL_JSON, "{\"a\":\"${x\"}", 11,
	    "line 1, column 7: a template is not closed");
}

UNIT(doc_json)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_value_has_its_type_and_path),
		cmocka_unit_test(what_was_read_before_an_error_stays),
		cmocka_unit_test(a_span_is_what_a_patch_replaces),
		cmocka_unit_test(the_number_of_values_is_bounded),
		cmocka_unit_test(texts_of_terraform_have_references),
	};

	return UNIT_RUN(tests);
}
