/* lib/layer: the dialect of Hiera 5, as `puppet lookup` 7.23 was measured. */
#include "unit.h"

#include "base/buf.h"
#include "base/err.h"
#include "layer_told.h"

static void
strategies_merge_as_measured(void **state)
{
	static const struct {
		const char *low, *high, *key, *expect;
	} rows[] = {
		{ "a: [x, y, x]", "a: [y, z]", "a", "[\"y\",\"z\"]" },
		{ "lookup_options: {a: {merge: unique}}\na: [x, y, x]",
		    "a: [y, z]", "a", "[\"y\",\"z\",\"x\"]" },
		{ "lookup_options: {a: {merge: unique}}\na: x", "a: [[y], x]",
		    "a", "[\"y\",\"x\"]" },
		{ "lookup_options: {h: {merge: hash}}\n"
		  "h: {p: 1, q: {r: 1, t: [1, 2]}}",
		    "h: {q: {r: 2, t: [3]}, u: ~}", "h",
		    "{\"p\":1,\"q\":{\"r\":2,\"t\":[3]},\"u\":null}" },
		{ "lookup_options: {h: {merge: deep}}\n"
		  "h: {p: 1, q: {r: 1, t: [1, 2]}}",
		    "h: {q: {r: 2, t: [3]}, u: ~}", "h",
		    "{\"p\":1,\"q\":{\"r\":2,\"t\":[1,2,3]},\"u\":null}" },
		{ "lookup_options: {l: {merge: deep}}\n"
		  "l: [{name: web, port: 80}, {name: db, port: 1}]",
		    "l: [{name: web, port: 8080}]", "l",
		    "[{\"name\":\"web\",\"port\":80},"
		    "{\"name\":\"db\",\"port\":1},"
		    "{\"name\":\"web\",\"port\":8080}]" },
		{ "lookup_options: {l: {merge: {strategy: deep, "
		  "merge_hash_arrays: true}}}\n"
		  "l: [{name: web, port: 80}, {name: db, port: 1}]",
		    "l: [{name: web, port: 8080}]", "l",
		    "[{\"name\":\"web\",\"port\":8080},"
		    "{\"name\":\"db\",\"port\":1}]" },
		{ "lookup_options: {l: {merge: {strategy: deep, "
		  "knockout_prefix: \"--\"}}}\nl: [a, b, c]",
		    "l: [\"--b\", d]", "l", "[\"a\",\"c\",\"d\"]" },
		{ "lookup_options: {h: {merge: {strategy: deep, "
		  "knockout_prefix: \"--\"}}}\nh: {gone: 1}",
		    "h: {\"--gone\": \"\"}", "h",
		    "{\"gone\":1,\"--gone\":\"\"}" },
		{ "lookup_options: {h: {merge: {strategy: deep, "
		  "knockout_prefix: \"--\"}}}\nh: {gone: 1}",
		    "h: {gone: \"--\"}", "h", "{\"gone\":\"\"}" },
		{ "lookup_options: {\"^re.*\": {merge: hash}}\nre1: {a: 1}",
		    "re1: {b: 2}", "re1", "{\"a\":1,\"b\":2}" },
		{ "n: ~", "n: ~", "n", "null" },
		{ "n: 1", "n: ~", "n", "null" },
		{ "h: {q: {r: 1}}", "h: {q: {r: 2}}", "h.q.r", "2" },
		/* options of the higher layer win, key by key */
		{ "lookup_options: {a: {merge: hash}}\na: {x: 1}",
		    "lookup_options: {a: {merge: first}}\na: {y: 2}", "a",
		    "{\"y\":2}" },
	};
	struct told t;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		told_layers(&t, LAYERS(rows[i].low, rows[i].high));
		assert_int_equal(gv_layer_hiera_merge(&t.tree, t.list, t.n), 0);
		assert_null(gv_layer_find(t.tree.root, "lookup_options"));
		assert_value(
		    gv_layer_find(t.tree.root, rows[i].key), rows[i].expect);
		told_release(&t);
	}
}

static void
what_no_strategy_merges_is_refused(void **state)
{
	static const char *const rows[][3] = {
		{ "lookup_options: {a: {merge: unique}}\na: {b: 1}", "a: [1]",
		    "a: the strategy unique takes no maps" },
		{ "lookup_options: {a: {merge: hash}}\na: 1", "a: {b: 1}",
		    "a: the strategy hash needs maps" },
		{ "lookup_options: {a: {merge: odd}}\na: 1", "a: 2",
		    "no strategy for 'a'" },
		{ "lookup_options: {\"^(\": {merge: deep}}\na: 1", "a: 2",
		    "a pattern that cannot be read" },
	};
	struct told t;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		told_layers(&t, LAYERS(rows[i][0], rows[i][1]));
		assert_int_equal(
		    gv_layer_hiera_merge(&t.tree, t.list, t.n), GV_EREFUSED);
		assert_message(rows[i][2]);
		told_release(&t);
	}
}

static void
a_hierarchy_gives_paths(void **state)
{
	static const char text[] =
	    "version: 5\ndefaults: {datadir: hieradata}\nhierarchy:\n"
	    "- {name: node, path: \"nodes/%{trusted.certname}.yaml\"}\n"
	    "- {name: os, paths: [\"os/%{facts.os.family}.yaml\", "
	    "\"%{::env}.yaml\"]}\n"
	    "- {name: more, glob: \"x/*.yaml\", datadir: d}\n"
	    "- {name: common, path: common.yaml}\n";
	static const char *const expect[] = { "hieradata/os/Debian.yaml",
		"hieradata/prod.yaml", "d/x/*.yaml", "hieradata/common.yaml" };
	struct gv_layer hiera, facts;
	struct gv_layer_hiera out;
	size_t i;

	(void)state;
	told_read(&hiera, "hiera.yaml", GV_DOC_FORMAT_YAML, text, 0);
	told_read(&facts, "facts", GV_DOC_FORMAT_YAML,
	    "{os: {family: Debian}, env: prod}", 0);
	assert_int_equal(gv_layer_hiera_read(&out, &hiera, facts.tree.root), 0);
	assert_int_equal(out.n, 4);
	for (i = 0; i < 4; i++)
		assert_string_equal(out.paths[i].path, expect[i]);
	assert_true(out.paths[2].is_glob);
	assert_string_equal(out.paths[3].name, "common");
	gv_layer_hiera_release(&out);
	gv_layer_release(&facts);
	gv_layer_release(&hiera);
}

static void
what_a_hierarchy_may_not_have_is_named(void **state)
{
	static const char *const rows[][2] = {
		{ "version: 3", "it is no configuration of Hiera 5" },
		{ "version: 5\nhierarchy: [{mapped_paths: [a, b, c]}]",
		    "line 2: not supported: mapped_paths" },
		{ "version: 5\nhierarchy: [{path: a, data_hash: eyaml}]",
		    "a backend other than yaml_data" },
		{ "version: 5\nhierarchy: [{path: \"%{lookup('x')}\"}]",
		    "not supported: %{lookup('x')" },
		{ "version: 5\nhierarchy: [{path: \"a%{b\"}]",
		    "a %{ is not closed" },
	};
	struct gv_layer hiera;
	struct gv_layer_hiera out;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		told_read(
		    &hiera, "hiera.yaml", GV_DOC_FORMAT_YAML, rows[i][0], 0);
		assert_int_equal(
		    gv_layer_hiera_read(&out, &hiera, NULL), GV_EREFUSED);
		assert_message(rows[i][1]);
		gv_layer_release(&hiera);
	}
}

/* Each path is a file in memory, so there are few; one that many levels have is
 * one. */
static void
a_hierarchy_is_bounded(void **state)
{
	const unsigned most = GV_LAYER_HIERA_PATHS_MAX;
	struct gv_buf text = GV_BUF_INIT;
	struct gv_layer hiera;
	struct gv_layer_hiera out;
	unsigned i;

	(void)state;
	gv_buf_addstr(&text, "version: 5\nhierarchy:\n");
	for (i = 0; i < 5000; i++)
		gv_buf_addf(&text, "- {path: f%u.yaml}\n", i % most);
	told_read(&hiera, "hiera.yaml", GV_DOC_FORMAT_YAML, text.p, 0);
	assert_int_equal(gv_layer_hiera_read(&out, &hiera, NULL), 0);
	assert_int_equal(out.n, most);
	assert_string_equal(out.paths[0].path, "data/f0.yaml");
	gv_layer_hiera_release(&out);
	gv_layer_release(&hiera);
	gv_buf_addstr(&text, "- {path: one-more.yaml}\n");
	told_read(&hiera, "hiera.yaml", GV_DOC_FORMAT_YAML, text.p, 0);
	assert_int_equal(gv_layer_hiera_read(&out, &hiera, NULL), GV_EREFUSED);
	assert_message("line 5003: the hierarchy has more than 200 paths");
	gv_layer_release(&hiera);
	gv_buf_release(&text);
}

static void
patterns_are_bounded(void **state)
{
	struct gv_buf text = GV_BUF_INIT;
	struct told t;
	int i;

	(void)state;
	gv_buf_addstr(&text, "lookup_options: {\"^");
	for (i = 0; i < 1001; i++)
		gv_buf_addch(&text, 'a');
	gv_buf_addstr(&text, "\": {merge: hash}}\n");
	assert_int_equal(gv_buf_check(&text), 0);
	told_layers(&t, LAYERS(text.p));
	assert_int_equal(
	    gv_layer_hiera_merge(&t.tree, t.list, t.n), GV_EREFUSED);
	assert_message(
	    "lookup_options (line 1) has too many or too long patterns");
	told_release(&t);
	gv_buf_release(&text);
}

UNIT(layer_hiera)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strategies_merge_as_measured),
		cmocka_unit_test(what_no_strategy_merges_is_refused),
		cmocka_unit_test(a_hierarchy_gives_paths),
		cmocka_unit_test(what_a_hierarchy_may_not_have_is_named),
		cmocka_unit_test(a_hierarchy_is_bounded),
		cmocka_unit_test(patterns_are_bounded),
	};

	return UNIT_RUN(tests);
}
