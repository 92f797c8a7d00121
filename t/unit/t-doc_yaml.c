/* lib/doc/doc_yaml: YAML as a tree of places, in any spelling. */
#include "unit.h"

#include <stdlib.h>

#include <yaml.h>

#include "base/err.h"
#include "doc_told.h"

static void
every_spelling_is_read(void **state)
{
	static const struct doc_row rows[] = {
		{ "a: b\n", "a=b " },
		{ "\"a\": 'b'\n", "a=b " },
		{ "{a: b, \"c\": d}\n", "a=b c=d " },
		{ "a: !!str b # c\n", "a=b " },
		{ "a: &x b\nc: *x\n", "a=b c=*x " },
		{ "? a\n: b\n", "a=b " },
		{ "\357\273\277a: b\r\nc: d\r\n", "a=b c=d " },
		{ "- a: b\n  c: [d, e]\n- f\n",
		    "[0].a=b [0].c[0]=d [0].c[1]=e [1]=f " },
		{ "a:\nb: \n  - \n", "a=:null b[0]=:null " },
		{ "a: !Ref b\nc: !Sub\n  - d\n", "a=b c[0]=d " },
		{ "a: !e!x {b: c}\n", "a.b=c " },
		{ "&k a: 1\n&v b: &w\n  &x c: 2\n", "a=1:int b.c=2:int " },
		{ "{a, b: , [c]: d}\n", "a=:null b=:null [\"[c]\"]=d " },
		{ "[a: b]\n", "[0].a=b " },
		{ "", "" },
		{ "# only\n", "" },
		{ "--- x\n", "=x " },
	};

	(void)state;
	assert_docs(GV_DOC_FORMAT_YAML, rows, DOC_COUNT(rows));
}

static void
types_are_those_of_the_core_schema(void **state)
{
	static const struct doc_row rows[] = {
		{ "[1, -1, +1, 0x1F, 0o17, 010]",
		    "[0]=1:int [1]=-1:int [2]=+1:int [3]=0x1F:int "
		    "[4]=0o17:int [5]=010:int " },
		{ "[1.10, .5, 1., 1e3, -.inf, .nan, 1e]",
		    "[0]=1.10:float [1]=.5:float [2]=1.:float [3]=1e3:float "
		    "[4]=-.inf:float [5]=.nan:float [6]=1e " },
		{ "[true, False, yes, off, y, null, ~, Null]",
		    "[0]=true:bool [1]=False:bool [2]=yes:word [3]=off:word "
		    "[4]=y:word [5]=null:null [6]=~:null [7]=Null:null " },
		{ "[1.2.3, 1-2, 0xg, -, truely, \"1\", 'yes', !!str 1]",
		    "[0]=1.2.3 [1]=1-2 [2]=0xg [3]=- [4]=truely [5]=1 [6]=yes "
		    "[7]=1 " },
	};

	(void)state;
	assert_docs(GV_DOC_FORMAT_YAML, rows, DOC_COUNT(rows));
}

static void
a_fault_in_one_document_does_not_hide_the_others(void **state)
{
	static const struct doc_row rows[] = {
		{ "a: b\n---\nc: {{ d }}x\n---\ne: f\n",
		    "a=b c[\"{ d }\"]=:null !3:11 e=f " },
		{ "%YAML 1.2\n---\na: b\n...\n%TAG !e! x\n---\nc: !e!d 1\n",
		    "a=b c=1 " },
		{ "a: [\n---\nb: 1\n", "a=[ !1:5 b=1:int " },
		{ "---\n---\n--- a\n", "=:null =:null =a " },
		{ "a: 1\n b: 2\n", "a=1 b !2:3 " },
	};
	struct gv_doc d;

	(void)state;
	assert_docs(GV_DOC_FORMAT_YAML, rows, DOC_COUNT(rows));
	assert_int_equal(gv_doc_read(&d, GV_DOC_FORMAT_YAML, rows[0].text,
			     strlen(rows[0].text), NULL),
	    0);
	assert_int_equal(d.n_parts, 3);
	assert_false(d.parts[0].is_broken);
	assert_true(d.parts[1].is_broken);
	assert_false(d.parts[2].is_broken);
	gv_doc_release(&d);
}

static void
anchors_tags_and_aliases_are_told(void **state)
{
	static const char text[] =
	    "a: &x !T {b: 1}\nc: *x\nd: !U\n  e: 1\nf: *y\ng: &z [*z]\n";
	const struct gv_doc_mark *m;
	struct gv_doc d;

	(void)state;
	assert_int_equal(
	    gv_doc_read(&d, GV_DOC_FORMAT_YAML, text, strlen(text), NULL), 0);
	m = gv_doc_mark(&d, 1);
	assert_non_null(m);
	assert_memory_equal(text + m->anchor_at, "x", m->anchor_len);
	assert_int_equal(m->tag_len, 2);
	assert_memory_equal(text + m->tag_at, "!T", 2);
	assert_true(d.nodes[1].len == strlen("{b: 1}"));
	assert_int_equal(gv_doc_follow(&d, 3), 1);
	m = gv_doc_mark(&d, 4);
	assert_true(m && m->tag_len == 2 && m->anchor_len == 0);
	assert_true(gv_doc_follow(&d, 6) == GV_DOC_NONE);
	assert_true(gv_doc_follow(&d, 8) == GV_DOC_NONE);
	assert_null(gv_doc_mark(&d, 2));
	assert_int_equal(d.n_errors, 2);
	gv_doc_release(&d);
}

static void
comments_are_found_between_nodes(void **state)
{
	static const char text[] =
	    "# 1\na: \"#\" # 2\nb: &x # 3\n  - c#d\n# 4\ne: |  # 5\n  # no\n"
	    "f: [1, # 6\n 2] # 7\n--- # 8\ng: '\n # no' # 9";
	struct gv_doc d;
	size_t i;

	(void)state;
	assert_int_equal(
	    gv_doc_read(&d, GV_DOC_FORMAT_YAML, text, strlen(text), NULL), 0);
	assert_int_equal(d.n_errors, 0);
	assert_int_equal(d.n_comments, 9);
	for (i = 0; i < 9; i++) {
		assert_int_equal(d.comments[i].len, 3);
		assert_int_equal(text[d.comments[i].at + 2], (char)('1' + i));
	}
	gv_doc_release(&d);
}

/* ---- what scalars say, by libyaml itself ---- */

/* All scalars that libyaml reads, one after the other. */
static void
tell_libyaml(struct gv_buf *out, const char *text)
{
	yaml_parser_t p;
	yaml_event_t e;
	bool is_over = false;

	assert_true(yaml_parser_initialize(&p));
	yaml_parser_set_input_string(
	    &p, (const unsigned char *)text, strlen(text));
	while (!is_over) {
		if (!yaml_parser_parse(&p, &e))
			fail_msg("%s is refused", text);
		is_over = e.type == YAML_STREAM_END_EVENT;
		if (e.type == YAML_SCALAR_EVENT)
			gv_buf_addf(out, "<%s>", e.data.scalar.value);
		yaml_event_delete(&e);
	}
	yaml_parser_delete(&p);
}

static void
tell_doc(struct gv_buf *out, const char *text)
{
	struct gv_doc d;
	uint32_t i;

	assert_int_equal(
	    gv_doc_read(&d, GV_DOC_FORMAT_YAML, text, strlen(text), NULL), 0);
	assert_int_equal(gv_doc_check(&d), 0);
	for (i = 0; i < d.n; i++) {
		if (d.nodes[i].key_len) {
			gv_buf_addch(out, '<');
			gv_doc_key(out, &d, i);
			gv_buf_addch(out, '>');
		}
		if (d.nodes[i].kind == GV_DOC_SCALAR) {
			gv_buf_addch(out, '<');
			gv_doc_text(out, &d, i);
			gv_buf_addch(out, '>');
		}
	}
	gv_doc_release(&d);
}

static void
a_scalar_says_what_libyaml_says(void **state)
{
	static const char *const texts[] = {
		"a\n  b\n\n  c\n",
		"'it''s\n  a\n\n\n  b '",
		"\" a\n  b\\\n   c \"",
		"\"\\x41\\u00e4\\U0001F600\\t\\e\\L\\P\\_\\N a\\/\\\"\"",
		"\"a \\\n  \\ b\"",
		"|\n a\n  b\n\n c\n",
		"|-\n a\n\n",
		"|+\n a\n\n\n",
		">\n a\n b\n\n c\n   d\n e\n\n f\n",
		">-\n\n a\n b\n",
		">+\n a\n\n  b\n\n",
		"|2\n   a\n  b\n",
		"|1-\n  a\n b",
		"a: |2\n    x\n   y\nb: c\n",
		"- |2\n    x\n   y\n- c\n",
		"- a: |1\n     x\n    y\n  b: c\n",
		"- - |1\n    x\n   y\n",
		"|\n a",
		"|\n",
		"|\n\n",
		"a: >\n\n\n  x\n  y\n\n\nb: 1",
		"\"\ta\t\n\t b\t\"",
		"'a\t \n b'",
		"a  \n   b",
		"|\r\n a\r\n b\r\n",
		"a:\r\n  b\r\n  c\r\n",
		">\n a\n\n\n b\n",
		"|\n a  \n b\t\n",
		"\"a\\\n\n  b\"",
		"\"\\\n  a\"",
		"? |\n  k\n: v\n",
		"\"folded \nto a space,\t\n \nto a line, or \t\\\n \\ \ttext\"",
	};
	size_t i;

	(void)state;
	for (i = 0; i < DOC_COUNT(texts); i++) {
		struct gv_buf want = GV_BUF_INIT, got = GV_BUF_INIT;

		tell_libyaml(&want, texts[i]);
		tell_doc(&got, texts[i]);
		if (strcmp(want.p, got.p) != 0)
			fail_msg(
			    "%s\nis\t%s\nnot\t%s", texts[i], got.p, want.p);
		gv_buf_release(&want);
		gv_buf_release(&got);
	}
}

/* An empty document costs as much as a parser: there is an end to them. */
static void
the_number_of_documents_is_bounded(void **state)
{
	char *text = doc_repeat("", "---\n", 100010, "");
	struct gv_doc d;

	(void)state;
	assert_int_equal(
	    gv_doc_read(&d, GV_DOC_FORMAT_YAML, text, strlen(text), NULL), 0);
	assert_int_equal(gv_doc_check(&d), GV_EREFUSED);
	assert_message("too many documents");
	gv_doc_release(&d);
	free(text);
}

UNIT(doc_yaml)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_spelling_is_read),
		cmocka_unit_test(types_are_those_of_the_core_schema),
		cmocka_unit_test(
		    a_fault_in_one_document_does_not_hide_the_others),
		cmocka_unit_test(anchors_tags_and_aliases_are_told),
		cmocka_unit_test(comments_are_found_between_nodes),
		cmocka_unit_test(a_scalar_says_what_libyaml_says),
		cmocka_unit_test(the_number_of_documents_is_bounded),
	};

	return UNIT_RUN(tests);
}
