/* lib/layer: reading, merging by rules, looking up, explaining. */
#include "unit.h"

#include <stdlib.h>

#include "layer/layer_profile.h"
#include "layer_told.h"

/* ---- reading ------------------------------------------------------------- */

static void
each_format_becomes_values(void **state)
{
	static const struct {
		enum gv_doc_format format;
		const char *text, *expect;
	} rows[] = {
		{ GV_DOC_FORMAT_YAML,
		    "a: 1\nb: yes\nc: ~\nd: [x, 1.50, 0x1f]\ne: |\n  l1\n  l2\n",
		    "{\"a\":1,\"b\":true,\"c\":null,\"d\":[\"x\",1.50,31],"
		    "\"e\":\"l1\\nl2\\n\"}" },
		{ GV_DOC_FORMAT_YAML,
		    "x: &x {p: 1, q: 2}\ny:\n  <<: *x\n  q: 3\nz: *x\n",
		    "{\"x\":{\"p\":1,\"q\":2},\"y\":{\"q\":3,\"p\":1},"
		    "\"z\":{\"p\":1,\"q\":2}}" },
		{ GV_DOC_FORMAT_YAML,
		    "a: 1\n---\na: 2\nb: {c: 1}\n---\nb: {d: 2}\n",
		    "{\"a\":2,\"b\":{\"c\":1,\"d\":2}}" },
		{ GV_DOC_FORMAT_YAML,
		    "f: !!float 3\ni: !!int \"7\"\ns: !!str 8\nb: !!bool yes\n",
		    "{\"f\":3,\"i\":7,\"s\":\"8\",\"b\":true}" },
		{ GV_DOC_FORMAT_YAML,
		    "d: {p: GITVAULT[generic:00ff], h: x}\nl: [GITVAULT[a-1:0f]]\n",
		    "{\"d\":{\"p\":\"GITVAULT[generic:00ff]\",\"h\":\"x\"},"
		    "\"l\":[\"GITVAULT[a-1:0f]\"]}" },
		{ GV_DOC_FORMAT_JSON, "{\"a\":{\"b\":\"\\u00e9\"},\"a.b\":[]}",
		    "{\"a\":{\"b\":\"\303\251\"},\"a.b\":[]}" },
		{ GV_DOC_FORMAT_ENV, "A=1\nB='x y'\n",
		    "{\"A\":\"1\",\"B\":\"x y\"}" },
		{ GV_DOC_FORMAT_TOML,
		    "a = 1_000\n[b]\nc = true\n[[d]]\ne = 1\n[[d]]\ne = 2\n[b.f]\n"
		    "g = \"h\"\n",
		    "{\"a\":1000,\"b\":{\"c\":true,\"f\":{\"g\":\"h\"}},"
		    "\"d\":[{\"e\":1},{\"e\":2}]}" },
		{ GV_DOC_FORMAT_HCL, "a = \"x\"\nb = { c = 1 }\nd = [1, 2]\n",
		    "{\"a\":\"x\",\"b\":{\"c\":1},\"d\":[1,2]}" },
		{ GV_DOC_FORMAT_HCL,
		    "variable \"size\" {\n  type = string\n  default = \"s\"\n}\n"
		    "variable \"x\" {}\nresource \"a\" \"b\" { c = 1 }\n",
		    "{\"size\":\"s\"}" },
		{ GV_DOC_FORMAT_PROPERTIES, "a.b=1\nc = x\n",
		    "{\"a.b\":\"1\",\"c\":\"x\"}" },
		{ GV_DOC_FORMAT_INI, "top=1\n[s]\nk = v\n",
		    "{\"top\":\"1\",\"s\":{\"k\":\"v\"}}" },
	};
	struct gv_layer layer;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(
		    told_read(&layer, "f", rows[i].format, rows[i].text, 0), 0);
		assert_value(layer.tree.root, rows[i].expect);
		gv_layer_release(&layer);
	}
}

static void
documents_of_other_profiles_are_left_out(void **state)
{
	static const char text[] =
	    "a: 1\n---\nspring:\n  config:\n    activate:\n      on-profile: "
	    "\"dev, prod\"\na: 2\n---\nspring: {profiles: [test]}\na: 3\n";
	struct gv_layer layer = { .name = "application.yml",
		.text = text,
		.len = sizeof(text) - 1,
		.format = GV_DOC_FORMAT_YAML };
	static const struct {
		const char *profile, *expect;
	} rows[] = { { "prod", "2" }, { "dev", "2" }, { "test", "3" },
		{ "other", "1" } };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(gv_layer_read(&layer,
				     &(struct gv_layer_read_opts){
					 .profile = rows[i].profile }),
		    0);
		assert_value(
		    gv_layer_find(layer.tree.root, "a"), rows[i].expect);
		gv_layer_release(&layer);
	}
}

static void
profiles_are_expressions(void **state)
{
	static const struct {
		const char *text;
		int expect;
	} rows[] = { { "prod", 1 }, { "dev", 0 }, { "prod | dev", 1 },
		{ "dev|test", 0 }, { "prod & dev", 0 }, { "!dev", 1 },
		{ "!prod", 0 }, { "prod & !dev & !test", 1 },
		{ "(prod | dev) & !test", 1 }, { "!(prod | dev)", 0 },
		{ "prod & dev | test", -1 }, { "prod |", -1 }, { "(prod", -1 },
		{ "prod)", -1 }, { "", -1 }, { " prod ", 1 } };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(gv_layer_profile_accepts(rows[i].text,
				     strlen(rows[i].text), "prod"),
		    rows[i].expect);
}

static void
a_profile_that_is_no_expression_is_refused(void **state)
{
	static const char text[] =
	    "spring: {config: {activate: {on-profile: \"a & b | c\"}}}\n";
	struct gv_layer layer = { .name = "application.yml",
		.text = text,
		.len = sizeof(text) - 1,
		.format = GV_DOC_FORMAT_YAML };

	(void)state;
	assert_int_equal(gv_layer_read(&layer,
			     &(struct gv_layer_read_opts){ .profile = "a" }),
	    GV_EREFUSED);
	assert_message("application.yml: line 1, column ");
	assert_message("put parentheses where & and | are mixed");
}

static void
a_key_that_is_there_twice_is_refused(void **state)
{
	struct gv_layer layer;

	(void)state;
	assert_int_equal(told_read(&layer, "prod.yaml", GV_DOC_FORMAT_YAML,
			     "a: 1\nb: {c: 1,\n  c: 2}\n", 0),
	    GV_EREFUSED);
	assert_message("prod.yaml: line 3, column 3: the key 'c' is there "
		       "twice; remove one of the two");
	assert_int_equal(told_read(&layer, "p.json", GV_DOC_FORMAT_JSON,
			     "{\"a\": 1, \"a\": 1}", 0),
	    GV_EREFUSED);
	/* of properties the last counts, wherever they are read */
	assert_int_equal(
	    told_read(&layer, "p", GV_DOC_FORMAT_PROPERTIES, "a=1\na=2\n", 0),
	    0);
	assert_value(layer.tree.root, "{\"a\":\"2\"}");
	gv_layer_release(&layer);
}

static void
a_broken_layer_is_named_with_its_place(void **state)
{
	struct gv_layer layer;

	(void)state;
	assert_int_equal(told_read(&layer, "prod.yaml", GV_DOC_FORMAT_YAML,
			     "a: 1\nb: [1, 2\nc: }\n", 0),
	    GV_EREFUSED);
	assert_message("prod.yaml: line ");
	assert_int_equal(
	    told_read(&layer, "prod.yaml", GV_DOC_FORMAT_YAML,
		"a: 1\n<<<<<<< ours\nb: 2\n=======\nb: 3\n>>>>>>> theirs\n", 0),
	    GV_EREFUSED);
	assert_message("prod.yaml: line 2, column 1: a merge left a conflict");
	assert_int_equal(told_read(&layer, ".env", GV_DOC_FORMAT_ENV,
			     "A=1\n<<<<<<< \nA=2\n=======\n", 0),
	    GV_EREFUSED);
	assert_message(".env: line 2, column 1: a merge left a conflict");
}

static void
values_know_their_lines(void **state)
{
	struct gv_layer layer;
	const struct gv_layer_value *v;

	(void)state;
	told_read(&layer, "f", GV_DOC_FORMAT_YAML,
	    "# \303\251\na: x\nb:\n  \"\303\251\": [1, \303\251, 3]\n", 7);
	v = gv_layer_find(layer.tree.root, "b.\303\251");
	assert_null(gv_layer_find(layer.tree.root, "b.x"));
	assert_non_null(v);
	assert_int_equal(v->items[2]->line, 4);
	assert_int_equal(v->items[2]->column, 15);
	assert_int_equal(v->items[2]->layer, 7);
	gv_layer_release(&layer);
}

/* ---- merging ------------------------------------------------------------- */

static const struct gv_layer_rule rules[] = {
	{ .path = "append", .way = GV_LAYER_APPEND, .null_deletes = -1 },
	{ .path = "prepend", .way = GV_LAYER_PREPEND, .null_deletes = -1 },
	{ .path = "unique", .way = GV_LAYER_UNIQUE, .null_deletes = -1 },
	{ .path = "**.named",
	    .way = GV_LAYER_BY,
	    .by = "name",
	    .null_deletes = -1 },
	{ .path = "map", .way = GV_LAYER_REPLACE, .null_deletes = -1 },
	{ .path = "x.*.list", .way = GV_LAYER_APPEND, .null_deletes = -1 },
	{ .path = "gone.**", .way = GV_LAYER_DEFAULT, .null_deletes = 1 },
	{ .path = "**.named[].tags",
	    .way = GV_LAYER_APPEND,
	    .null_deletes = -1 },
};

static void
layers_merge_by_their_rules(void **state)
{
	static const struct gv_layer_opts plain = { .rules = NULL };
	static const struct gv_layer_opts ruled = { .rules = rules,
		.n_rules = sizeof(rules) / sizeof(rules[0]) };
	static const struct gv_layer_opts helm = { .null_deletes = true };
	static const struct {
		const struct gv_layer_opts *opts;
		const char *below, *above, *expect;
	} rows[] = {
		{ &plain, "a: {b: 1, c: [1, 2]}\nd: 4", "a: {c: [3]}\ne: 5",
		    "{\"a\":{\"b\":1,\"c\":[3]},\"d\":4,\"e\":5}" },
		{ &plain, "a: 1", "a: ~", "{\"a\":null}" },
		{ &plain, "a: {b: 1}", "a: {b: ~}", "{\"a\":{\"b\":null}}" },
		{ &plain, "a: 1", "", "{\"a\":1}" },
		{ &helm, "a: {b: 1, c: 2}\nd: ~", "a: {b: ~}\nd: 1\ne: {f: ~}",
		    "{\"a\":{\"c\":2},\"d\":1,\"e\":{}}" },
		{ &helm, "a: 1\nb: 2", "a: ~\nz: 1", "{\"b\":2,\"z\":1}" },
		{ &ruled, "append: [1, 2]", "append: [2, 3]",
		    "{\"append\":[1,2,2,3]}" },
		{ &ruled, "prepend: [1, 2]", "prepend: [8, 9]",
		    "{\"prepend\":[8,9,1,2]}" },
		{ &ruled, "unique: [1, {a: 1, b: 2}]",
		    "unique: [1.0, {b: 2, a: 1}, x]",
		    "{\"unique\":[1,{\"a\":1,\"b\":2},\"x\"]}" },
		{ &ruled, "named: [{name: web, port: 80}, {name: db, port: 1}]",
		    "named: [{name: web, port: 8080}, {name: new}, 3]",
		    "{\"named\":[{\"name\":\"web\",\"port\":8080},"
		    "{\"name\":\"db\",\"port\":1},{\"name\":\"new\"},3]}" },
		{ &ruled, "p: {q: {named: [{name: a, tags: [1]}]}}",
		    "p: {q: {named: [{name: a, tags: [2]}]}}",
		    "{\"p\":{\"q\":{\"named\":[{\"name\":\"a\","
		    "\"tags\":[1,2]}]}}}" },
		{ &ruled, "map: {a: 1}", "map: {b: 2}", "{\"map\":{\"b\":2}}" },
		{ &ruled, "x: {y: {list: [1]}, list: [1]}",
		    "x: {y: {list: [2]}, list: [2]}",
		    "{\"x\":{\"y\":{\"list\":[1,2]},\"list\":[2]}}" },
		{ &ruled, "gone: {a: 1, b: 2}\nstays: {a: 1}",
		    "gone: {a: ~}\nstays: {a: ~}",
		    "{\"gone\":{\"b\":2},\"stays\":{\"a\":null}}" },
	};
	struct told t;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		told_merge(
		    &t, LAYERS(rows[i].below, rows[i].above), rows[i].opts);
		assert_value(t.tree.root, rows[i].expect);
		told_release(&t);
	}
}

static void
the_rule_with_most_names_counts_then_the_last(void **state)
{
	static const struct gv_layer_rule list[] = {
		{ .path = "**", .from = "1" },
		{ .path = "a.*", .from = "2" },
		{ .path = "a.**", .from = "3" },
		{ .path = "*.b", .from = "4" },
		{ .path = "a[\"b.c\"]", .from = "5" },
		{ .path = "a.b", .from = "6" },
		{ .path = "a.b", .from = "7" },
	};
	static const struct gv_layer_opts opts = { .rules = list,
		.n_rules = sizeof(list) / sizeof(list[0]) };
	static const char *const rows[][2] = { { "a.b", "7" }, { "a.x", "2" },
		{ "a.x.y", "3" }, { "z.b", "4" }, { "q", "1" },
		{ "a[\"b.c\"]", "5" }, { "a[3]", "2" } };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(
		    gv_layer_rule_of(&opts, rows[i][0])->from, rows[i][1]);
}

static void
values_of_another_kind_are_findings(void **state)
{
	struct told t;

	(void)state;
	told_merge(&t,
	    LAYERS("a:\n  b: {c: 1}\nd: 1\ne: ~\n",
		"a: {b: 7}\nd: text\ne: {f: 1}\n"),
	    NULL);
	assert_int_equal(t.tree.n_clashes, 1);
	assert_string_equal(t.tree.clashes[0].path, "a.b");
	assert_int_equal(t.tree.clashes[0].below->line, 2);
	assert_int_equal(t.tree.clashes[0].above->line, 1);
	assert_int_equal(t.tree.clashes[0].above->layer, 1);
	assert_value(gv_layer_find(t.tree.root, "a.b"), "7");
	told_release(&t);
}

static void
layers_below_stay_as_they_are(void **state)
{
	struct told t;

	(void)state;
	told_merge(&t, LAYERS("a: {b: 1}\nl: [1]", "a: {b: 2, c: 3}"), NULL);
	assert_value(t.layers[0].tree.root, "{\"a\":{\"b\":1},\"l\":[1]}");
	assert_value(t.layers[1].tree.root, "{\"a\":{\"b\":2,\"c\":3}}");
	told_release(&t);
}

/* ---- looking up ---------------------------------------------------------- */

static void
paths_find_values(void **state)
{
	static const struct {
		const char *path, *expect; /* NULL: nothing */
	} rows[] = { { "a.b[1].c", "2" }, { "a.b.1.c", "2" },
		{ "[\"c\\u000a\\u0000d\"]", "9" }, { "[\"x.y\"].z", "3" },
		{ "x.y", "{\"z\":3}" }, { "p.q.r", "4" }, { "", NULL },
		{ "a.", NULL }, { "a..b", NULL }, { "a.b[2]", NULL },
		{ "a.b[-1]", NULL }, { "a.b[1", NULL },
		{ "a.b[99999999999999999999]", NULL }, { "a.c", NULL },
		{ "a.b[0].c.d", NULL }, { "[\"x.y", NULL } };
	struct told t;
	size_t i;

	(void)state;
	told_merge(&t,
	    LAYERS("a: {b: [{c: 1}, {c: 2}]}\nx.y: {z: 3}\np: {q.r: 4}\n"
		   "\"c\\n\\0d\": 9\n"),
	    NULL);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct gv_layer_value *v =
		    gv_layer_find(t.tree.root, rows[i].path);

		if (rows[i].expect)
			assert_value(v, rows[i].expect);
		else if (*rows[i].path)
			assert_null(v);
	}
	told_release(&t);
}

/* ---- explaining ---------------------------------------------------------- */

static void
explanations_name_each_layer(void **state)
{
	static const struct {
		const char *path;
		enum gv_layer_state states[3];
		bool wins[3];
	} rows[] = {
		{ "a.b", { GV_LAYER_FOUND, GV_LAYER_ABSENT, GV_LAYER_FOUND },
		    { false, false, true } },
		{ "a.c", { GV_LAYER_FOUND, GV_LAYER_ABSENT, GV_LAYER_ABSENT },
		    { true, false, false } },
		{ "a", { GV_LAYER_FOUND, GV_LAYER_ABSENT, GV_LAYER_FOUND },
		    { true, false, true } },
		{ "m.n", { GV_LAYER_FOUND, GV_LAYER_HIDES, GV_LAYER_ABSENT },
		    { false, false, false } },
		{ "append", { GV_LAYER_FOUND, GV_LAYER_FOUND, GV_LAYER_FOUND },
		    { true, true, true } },
		{ "gone.a",
		    { GV_LAYER_FOUND, GV_LAYER_DELETES, GV_LAYER_ABSENT },
		    { false, false, false } },
	};
	static const struct gv_layer_opts opts = { .rules = rules,
		.n_rules = sizeof(rules) / sizeof(rules[0]) };
	struct gv_layer_told told[3];
	struct told t;
	size_t i, k;

	(void)state;
	told_merge(&t,
	    LAYERS("a: {b: 1, c: 2}\nm: {n: 1}\nappend: [1]\ngone: {a: 1}",
		"m: 3\nappend: [2]\ngone: {a: ~}", "a: {b: 3}\nappend: [3]"),
	    &opts);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		gv_layer_explain(told, t.list, 3, &t.tree, rows[i].path, &opts);
		for (k = 0; k < 3; k++) {
			assert_int_equal(told[k].state, rows[i].states[k]);
			assert_int_equal(told[k].wins, rows[i].wins[k]);
		}
	}
	told_release(&t);
}

/* ---- bounds -------------------------------------------------------------- */

static void
many_layers_take_linear_time(void **state)
{
	enum { MANY = 100000 };
	struct gv_layer *layers = calloc(MANY, sizeof(*layers));
	const struct gv_layer **list = calloc(MANY, sizeof(*list));
	char(*texts)[32] = calloc(MANY, sizeof(*texts));
	const struct gv_layer_opts opts = { .rules = rules, .n_rules = 3 };
	struct gv_layer_tree tree;
	size_t i;

	(void)state;
	for (i = 0; i < MANY; i++) {
		/* lists that grow at both ends, and a map */
		snprintf(texts[i], sizeof(texts[i]),
		    i % 3 == 0       ? "append: [%zu]"
			: i % 3 == 1 ? "prepend: [%zu]"
				     : "k%zu: 1",
		    i);
		assert_int_equal(told_read(&layers[i], "f", GV_DOC_FORMAT_YAML,
				     texts[i], (uint32_t)i),
		    0);
		list[i] = &layers[i];
	}
	assert_int_equal(gv_layer_merge(&tree, list, MANY, &opts), 0);
	assert_int_equal(tree.root->n, MANY / 3 + 2);
	assert_value(gv_layer_find(tree.root, "append[33333]"), "99999");
	assert_value(gv_layer_find(tree.root, "prepend[0]"), "99997");
	gv_layer_tree_release(&tree);
	for (i = 0; i < MANY; i++)
		gv_layer_release(&layers[i]);
	free(layers);
	free(list);
	free(texts);
}

static void
what_is_too_deep_or_repeats_is_refused(void **state)
{
	char deep[20001];
	struct gv_layer layer;

	(void)state;
	memset(deep, '[', 10000);
	memset(deep + 10000, ']', 10000);
	deep[20000] = '\0';
	assert_int_equal(
	    told_read(&layer, "f", GV_DOC_FORMAT_JSON, deep, 0), GV_EREFUSED);
	assert_int_equal(
	    told_read(&layer, "f", GV_DOC_FORMAT_YAML, deep, 0), GV_EREFUSED);
	assert_int_equal(told_read(&layer, "bomb", GV_DOC_FORMAT_YAML,
			     "a: &a [1,1,1,1,1,1,1,1,1,1]\n"
			     "b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
			     "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
			     "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
			     "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\n"
			     "f: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n",
			     0),
	    GV_EREFUSED);
	assert_message("bomb: its aliases repeat");
}

UNIT(layer)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_format_becomes_values),
		cmocka_unit_test(documents_of_other_profiles_are_left_out),
		cmocka_unit_test(profiles_are_expressions),
		cmocka_unit_test(a_profile_that_is_no_expression_is_refused),
		cmocka_unit_test(a_key_that_is_there_twice_is_refused),
		cmocka_unit_test(a_broken_layer_is_named_with_its_place),
		cmocka_unit_test(values_know_their_lines),
		cmocka_unit_test(layers_merge_by_their_rules),
		cmocka_unit_test(the_rule_with_most_names_counts_then_the_last),
		cmocka_unit_test(values_of_another_kind_are_findings),
		cmocka_unit_test(layers_below_stay_as_they_are),
		cmocka_unit_test(paths_find_values),
		cmocka_unit_test(explanations_name_each_layer),
		cmocka_unit_test(many_layers_take_linear_time),
		cmocka_unit_test(what_is_too_deep_or_repeats_is_refused),
	};

	return UNIT_RUN(tests);
}
