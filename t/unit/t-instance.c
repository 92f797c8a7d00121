/* lib/schema/instance: a value of documents of all formats. */
#include "unit.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "schema/instance.h"

static void
tell_node(struct gv_buf *out, const struct gv_instance_node *n)
{
	static const char *const kinds[] = { "null", "false", "true", "", "",
		"", "", "", "?" };
	const struct gv_instance_node *i;
	bool is_first = true;

	switch (n->kind) {
	case GV_INSTANCE_INT:
		gv_buf_addf(out, "%lld", (long long)n->is.whole);
		return;
	case GV_INSTANCE_NUMBER:
		gv_buf_addf(out, "#%.*s", (int)n->len, n->is.text);
		return;
	case GV_INSTANCE_TEXT:
		gv_buf_addf(out, "'%.*s'", (int)n->len, n->is.text);
		return;
	case GV_INSTANCE_LIST:
	case GV_INSTANCE_MAP:
		break;
	default:
		gv_buf_addstr(out, kinds[n->kind]);
		return;
	}
	gv_buf_addch(out, n->kind == GV_INSTANCE_LIST ? '[' : '{');
	for (i = n + 1; i < n + n->span; i += i->span) {
		if (i->kind == GV_INSTANCE_SHADOWED)
			continue;
		if (!is_first)
			gv_buf_addch(out, ' ');
		is_first = false;
		if (i->has_key)
			gv_buf_addf(out, "%.*s:", (int)i->key_len, i->key);
		tell_node(out, i);
	}
	gv_buf_addch(out, n->kind == GV_INSTANCE_LIST ? ']' : '}');
}

static void
reads_as(enum gv_doc_format format, const char *text, const char *want)
{
	struct gv_buf out = GV_BUF_INIT;
	struct gv_instance in;
	struct gv_doc doc;

	assert_int_equal(
	    gv_doc_read(&doc, format, text, strlen(text), NULL), 0);
	assert_int_equal(
	    gv_instance_read(&in, "x", &doc, doc.parts[0].node, NULL), 0);
	tell_node(&out, in.nodes);
	assert_string_equal(out.p, want);
	gv_buf_release(&out);
	gv_instance_release(&in);
	gv_doc_release(&doc);
}

static void
all_formats_give_values(void **state)
{
	(void)state;
	reads_as(GV_DOC_FORMAT_JSON,
	    "{\"a\\n\":[1,1.0,-2e2,1.5,123456789012345678901,true,false,null,"
	    "\"x\\ty\"],\"\":{}}",
	    "{a\n:[1 1 -200 #1.5 #123456789012345678901 true false null "
	    "'x\ty'] :{}}");
	reads_as(GV_DOC_FORMAT_YAML,
	    "a: 0x1F\nb: 0o17\nc: 'it''s'\nd: \"e\\n\"\ne: |\n  x\n  y\n"
	    "f: yes\ng: ~\nh: .inf\ni: !!str 1\nj: !Ref x\nk: !Sub [a]\n"
	    "l: !!int '7'\nm: !!null x\nn: !!bool 'true'\no: 007\n",
	    "{a:31 b:15 c:'it's' d:'e\n' e:'x\ny\n' f:'yes' g:null h:#.inf "
	    "i:'1' j:? k:? l:? m:null n:false o:7}");
	reads_as(GV_DOC_FORMAT_TOML,
	    "a = 1_000\nb = 0b101\nc = 2024-01-01\n[t]\nx = [1, 2]\n",
	    "{a:1000 b:5 c:'2024-01-01' t:{x:[1 2]}}");
	reads_as(GV_DOC_FORMAT_HCL,
	    "n = 2\ns = var.x\nr \"a\" \"b\" {\n  k = true\n}\nr \"c\" {\n}\n"
	    "q {\n}\n",
	    "{n:2 s:? r:[{a:{b:{k:true}}} {c:{}}] q:[{}]}");
	reads_as(GV_DOC_FORMAT_ENV, "A=1\nB=\"x y\"\n", "{A:'1' B:'x y'}");
}

static void
the_last_of_a_key_counts(void **state)
{
	struct gv_buf text = GV_BUF_INIT, want = GV_BUF_INIT;
	unsigned i;

	(void)state;
	reads_as(
	    GV_DOC_FORMAT_JSON, "{\"a\":[1],\"b\":2,\"a\":3}", "{b:2 a:3}");
	gv_buf_addch(&text, '{');
	gv_buf_addch(&want, '{');
	for (i = 0; i < 50; i++) {
		gv_buf_addf(&text, "\"k%u\":1,", i);
		if (i != 7)
			gv_buf_addf(&want, "k%u:1 ", i);
	}
	gv_buf_addstr(&text, "\"k7\":2}");
	gv_buf_addstr(&want, "k7:2}");
	reads_as(GV_DOC_FORMAT_JSON, text.p, want.p);
	gv_buf_release(&text);
	gv_buf_release(&want);
}

static void
aliases_and_merges_are_followed(void **state)
{
	(void)state;
	reads_as(GV_DOC_FORMAT_YAML,
	    "a: &a {x: 1, y: 1}\nb: &b {x: 2, z: 2}\nc: {<<: *a, y: 3}\n"
	    "d:\n  <<: [*a, *b]\n  w: 4\ne: *a\n",
	    "{a:{x:1 y:1} b:{x:2 z:2} c:{x:1 y:3} d:{z:2 x:1 y:1 w:4} "
	    "e:{x:1 y:1}}");
}

/* GV_DOC_NONE: nothing is there */
static uint32_t
find(const struct gv_instance *in, const char *pointer)
{
	uint32_t i = GV_DOC_NONE;
	const int r = gv_instance_find(&i, in, 0, pointer, strlen(pointer));

	assert_int_equal(r, i == GV_DOC_NONE ? GV_ENOTFOUND : 0);
	return i;
}

static void
a_value_of_several_documents_keeps_its_places(void **state)
{
	static const char text[] = "x:\n  y: [1, 2]\n";
	struct gv_instance_node map = { .kind = GV_INSTANCE_MAP };
	struct gv_instance_node key = { .key = "k/1", .key_len = 3 };
	struct gv_instance_node one = { .kind = GV_INSTANCE_TRUE,
		.key = "o",
		.key_len = 1,
		.source = 1,
		.at = 7,
		.key_at = 9 };
	struct gv_buf pointer = GV_BUF_INIT;
	struct gv_instance_place p;
	struct gv_instance in;
	struct gv_doc doc;
	uint32_t i;

	(void)state;
	assert_int_equal(
	    gv_doc_read(&doc, GV_DOC_FORMAT_YAML, text, strlen(text), NULL), 0);
	gv_instance_init(&in, NULL);
	assert_int_equal(gv_instance_source(&in, "a.yaml", &doc), 0);
	assert_int_equal(gv_instance_source(&in, "merged", NULL), 1);
	assert_int_equal(gv_instance_open(&in, &map), 0);
	assert_int_equal(
	    gv_instance_add_doc(&in, 0, &key, doc.parts[0].node), 0);
	assert_int_equal(gv_instance_add(&in, &one), 0);
	key.key = "n";
	key.key_len = 1;
	assert_int_equal(gv_instance_add_doc(&in, 0, &key, GV_DOC_NONE), 0);
	gv_instance_close(&in);
	i = find(&in, "/k~11/x/y/1");
	assert_true(i != GV_DOC_NONE && in.nodes[i].is.whole == 2);
	gv_instance_pointer(&pointer, &in, i);
	assert_string_equal(pointer.p, "/k~11/x/y/1");
	gv_instance_where(&p, &in, i, false);
	assert_string_equal(p.name, "a.yaml");
	assert_true(p.line == 2 && p.column == 10);
	gv_instance_where(&p, &in, gv_instance_get(&in, 0, "o", 1), true);
	assert_true(p.line == 7 && p.column == 9);
	assert_true(find(&in, "x") == GV_DOC_NONE);
	assert_true(find(&in, "/k~11/x/y/2") == GV_DOC_NONE);
	assert_true(find(&in, "/k~11/x/y/01") == GV_DOC_NONE);
	assert_true(find(&in, "/k~11/x/y/z") == GV_DOC_NONE);
	assert_true(find(&in, "/o/y") == GV_DOC_NONE);
	gv_buf_release(&pointer);
	gv_instance_release(&in);
	gv_instance_release(NULL);
	gv_doc_release(&doc);
}

static void
what_is_broken_or_repeats_too_much_is_refused(void **state)
{
	struct gv_buf bomb = GV_BUF_INIT;
	struct gv_instance in;
	struct gv_doc doc;
	unsigned i;

	(void)state;
	assert_int_equal(
	    gv_doc_read(&doc, GV_DOC_FORMAT_JSON, "{\"a\":", 5, NULL), 0);
	assert_int_equal(
	    gv_instance_read(&in, "x.json", &doc, 0, NULL), GV_EREFUSED);
	assert_message("x.json: ");
	gv_doc_release(&doc);
	gv_buf_addstr(&bomb, "a0: &a0 [x]\n");
	for (i = 1; i < 12; i++)
		gv_buf_addf(&bomb, "a%u: &a%u [*a%u, *a%u, *a%u, *a%u]\n", i, i,
		    i - 1, i - 1, i - 1, i - 1);
	assert_int_equal(
	    gv_doc_read(&doc, GV_DOC_FORMAT_YAML, bomb.p, bomb.len, NULL), 0);
	assert_int_equal(
	    gv_instance_read(&in, "x.yaml", &doc, doc.parts[0].node, NULL),
	    GV_EREFUSED);
	assert_message("aliases repeat");
	gv_doc_release(&doc);
	gv_buf_reset(&bomb);
	gv_buf_addstr(&bomb, "a0: &a0 {}\n");
	for (i = 1; i < 12; i++)
		gv_buf_addf(&bomb, "a%u: &a%u {<<: [*a%u, *a%u, *a%u, *a%u]}\n",
		    i, i, i - 1, i - 1, i - 1, i - 1);
	assert_int_equal(
	    gv_doc_read(&doc, GV_DOC_FORMAT_YAML, bomb.p, bomb.len, NULL), 0);
	assert_int_equal(
	    gv_instance_read(&in, "x.yaml", &doc, doc.parts[0].node, NULL),
	    GV_EREFUSED);
	assert_message("aliases repeat");
	gv_doc_release(&doc);
	gv_buf_release(&bomb);
}

/* A list and a map of many, with what makes them be found at once. */
static void
children_are_found_with_an_index_and_without(void **state)
{
	struct gv_buf text = GV_BUF_INIT, pointer = GV_BUF_INIT;
	struct gv_instance in;
	struct gv_doc doc;
	unsigned i, k;
	uint32_t at;

	(void)state;
	gv_buf_addstr(&text, "{\"a\":1,\"a~/\":[");
	for (i = 0; i < 40; i++)
		gv_buf_addf(&text, "%s%u", i ? "," : "", i * 3);
	gv_buf_addstr(&text, "],\"a\":2}");
	assert_int_equal(gv_buf_check(&text), 0);
	assert_int_equal(
	    gv_doc_read(&doc, GV_DOC_FORMAT_JSON, text.p, text.len, NULL), 0);
	assert_int_equal(
	    gv_instance_read(&in, "x", &doc, doc.parts[0].node, NULL), 0);
	for (k = 0; k < 2; k++) {
		at = find(&in, "/a~0~1/33");
		assert_true(at != GV_DOC_NONE && in.nodes[at].is.whole == 99);
		assert_true(find(&in, "/a~0~1/40") == GV_DOC_NONE);
		if (k == 0)
			assert_int_equal(gv_instance_make_index(&in), 0);
	}
	gv_instance_pointer(&pointer, &in, find(&in, "/a~0~1/7"));
	assert_string_equal(pointer.p, "/a~0~1/7");
	/* the first member is one that counts */
	at = gv_instance_first(&in, 0);
	assert_true(at != GV_DOC_NONE && in.nodes[at].kind == GV_INSTANCE_LIST);
	at = gv_instance_next(&in, at);
	assert_true(at != GV_DOC_NONE && in.nodes[at].is.whole == 2);
	assert_true(gv_instance_next(&in, at) == GV_DOC_NONE);
	assert_true(gv_instance_next(&in, 0) == GV_DOC_NONE);
	gv_buf_release(&pointer);
	gv_buf_release(&text);
	gv_instance_release(&in);
	gv_doc_release(&doc);
}

static void
a_value_has_its_limits(void **state)
{
	struct gv_instance_node one = { .kind = GV_INSTANCE_NULL };
	struct gv_instance_place p;
	struct gv_instance in;
	unsigned i;

	(void)state;
	gv_instance_init(&in, NULL);
	assert_int_equal(gv_instance_add(&in, &one), 0);
	/* it is of no document */
	gv_instance_where(&p, &in, 0, false);
	assert_true(p.name == NULL && p.line == 0 && p.column == 0);
	for (i = 0; i < UINT16_MAX; i++)
		assert_int_equal(gv_instance_source(&in, "x", NULL), (int)i);
	assert_int_equal(gv_instance_source(&in, "x", NULL), GV_EREFUSED);
	assert_message("more than 65535 documents");
	gv_instance_release(&in);
	/* as if so many parts were there */
	in.n = in.cap = GV_INSTANCE_NODES_MAX;
	assert_int_equal(gv_instance_add(&in, &one), GV_EREFUSED);
	assert_message("more than 16777216 parts");
	gv_instance_number(&one, "", 0);
	assert_int_equal(one.kind, GV_INSTANCE_OPAQUE);
}

static void
what_nests_too_deep_is_refused(void **state)
{
	struct gv_buf text = GV_BUF_INIT;
	struct gv_instance in;
	struct gv_doc doc;
	unsigned i;

	(void)state;
	for (i = 0; i < GV_INSTANCE_DEPTH_MAX; i++)
		gv_buf_addch(&text, '[');
	gv_buf_addch(&text, '1');
	for (i = 0; i < GV_INSTANCE_DEPTH_MAX; i++)
		gv_buf_addch(&text, ']');
	assert_int_equal(gv_buf_check(&text), 0);
	assert_int_equal(
	    gv_doc_read(&doc, GV_DOC_FORMAT_JSON, text.p, text.len, NULL), 0);
	assert_int_equal(
	    gv_instance_read(&in, "x.json", &doc, doc.parts[0].node, NULL),
	    GV_EREFUSED);
	assert_message("x.json: ");
	assert_message("deeper");
	gv_doc_release(&doc);
	gv_buf_release(&text);
}

/* Where the rest of a document is used although an alias has no anchor. */
static void
an_alias_that_names_nothing_is_not_known(void **state)
{
	static const char text[] = "a: *x\nb:\n  <<: *y\n  c: 1\n";
	struct gv_buf out = GV_BUF_INIT;
	struct gv_instance in;
	struct gv_doc doc;

	(void)state;
	assert_int_equal(
	    gv_doc_read(&doc, GV_DOC_FORMAT_YAML, text, strlen(text), NULL), 0);
	gv_instance_init(&in, NULL);
	assert_int_equal(gv_instance_source(&in, "x.yaml", &doc), 0);
	assert_int_equal(
	    gv_instance_add_doc(&in, 0, NULL, doc.parts[0].node), 0);
	tell_node(&out, in.nodes);
	assert_string_equal(out.p, "{a:? b:{c:1}}");
	gv_buf_release(&out);
	gv_instance_release(&in);
	gv_doc_release(&doc);
}

UNIT(instance)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_formats_give_values),
		cmocka_unit_test(the_last_of_a_key_counts),
		cmocka_unit_test(aliases_and_merges_are_followed),
		cmocka_unit_test(a_value_of_several_documents_keeps_its_places),
		cmocka_unit_test(what_is_broken_or_repeats_too_much_is_refused),
		cmocka_unit_test(children_are_found_with_an_index_and_without),
		cmocka_unit_test(a_value_has_its_limits),
		cmocka_unit_test(what_nests_too_deep_is_refused),
		cmocka_unit_test(an_alias_that_names_nothing_is_not_known),
	};

	return UNIT_RUN(tests);
}
