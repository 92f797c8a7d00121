/* lib/layer: what is written and read again, and names that are substituted. */
#include "unit.h"

#include <stdlib.h>

#include "base/err.h"
#include "doc_told.h"
#include "layer/layer_template.h"
#include "layer_told.h"

/* ---- forms --------------------------------------------------------------- */

static void
each_form_is_written(void **state)
{
	static const char text[] =
	    "db: {host: h.x, port: 5432, on: yes, none: ~}\nl: [a, b c]\n"
	    "odd: \"it's\\n$x\"\nmode: 0644\nempty: {}\n\"a b\": \"yes\"\n";
	static const struct {
		enum gv_layer_form form;
		const char *expect;
	} rows[] = {
		{ GV_LAYER_YAML,
		    "db:\n  host: h.x\n  port: 5432\n  \"on\": true\n"
		    "  none: null\nl:\n  - a\n  - b c\nodd: \"it's\\n$x\"\n"
		    "mode: \"0644\"\nempty: {}\na b: \"yes\"\n" },
		{ GV_LAYER_TFVARS,
		    "{\n  \"db\": {\n    \"host\": \"h.x\",\n"
		    "    \"port\": 5432,\n    \"on\": true,\n"
		    "    \"none\": null\n  },\n  \"l\": [\n    \"a\",\n"
		    "    \"b c\"\n  ],\n  \"odd\": \"it's\\n$x\",\n"
		    "  \"mode\": \"0644\",\n  \"empty\": {},\n"
		    "  \"a b\": \"yes\"\n}\n" },
		{ GV_LAYER_ENV,
		    "DB_HOST=h.x\nDB_PORT=5432\nDB_ON=true\nDB_NONE=\n"
		    "L_0=a\nL_1='b c'\nODD=\"it's\n\\$x\"\nMODE=0644\n"
		    "EMPTY=\nA_B=yes\n" },
	};
	struct told t;
	size_t i;

	(void)state;
	told_merge(&t, LAYERS(text), NULL);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct gv_buf out = GV_BUF_INIT;

		assert_int_equal(
		    gv_layer_emit(&out, t.tree.root,
			&(struct gv_layer_emit_opts){ .form = rows[i].form }),
		    0);
		assert_string_equal(out.p, rows[i].expect);
		gv_buf_release(&out);
	}
	told_release(&t);
}

static void
variables_keep_their_names(void **state)
{
	struct gv_buf out = GV_BUF_INIT;
	struct told t;

	(void)state;
	told_merge(&t, LAYERS("http_proxy: p\nA-b: 1\n"), NULL);
	assert_int_equal(
	    gv_layer_emit(&out, t.tree.root,
		&(struct gv_layer_emit_opts){ .form = GV_LAYER_ENV }),
	    0);
	assert_string_equal(out.p, "http_proxy=p\nA_B=1\n");
	gv_buf_release(&out);
	told_release(&t);
}

static void
a_config_map_has_texts_by_names(void **state)
{
	struct gv_buf out = GV_BUF_INIT;
	struct told t;

	(void)state;
	told_merge(&t, LAYERS("a: {b: 1}\nl: [x]\n"), NULL);
	assert_int_equal(gv_layer_emit(&out, t.tree.root,
			     &(struct gv_layer_emit_opts){
				 .form = GV_LAYER_CONFIGMAP, .name = "app" }),
	    0);
	assert_string_equal(out.p,
	    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: \"app\"\n"
	    "data:\n  a.b: \"1\"\n  l.0: \"x\"\n");
	gv_buf_release(&out);
	told_release(&t);
}

static void
keys_that_get_one_name_are_refused(void **state)
{
	struct gv_buf out = GV_BUF_INIT;
	struct told t;

	(void)state;
	told_merge(&t, LAYERS("a: {b: 1, \"b-\": 2}\nA_B: 3\n"), NULL);
	assert_int_equal(
	    gv_layer_emit(&out, t.tree.root,
		&(struct gv_layer_emit_opts){ .form = GV_LAYER_ENV }),
	    GV_EREFUSED);
	assert_message("both become A_B");
	gv_buf_release(&out);
	told_release(&t);
}

/* ---- properties ---------------------------------------------------------- */

static uint64_t
next(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return *seed >> 33;
}

/* A random document, with texts that are hard to write. */
static void
generate(struct gv_buf *out, uint64_t *seed, unsigned depth)
{
	static const char *const scalars[] = { "1", "-2.5e3", "true", "null",
		"\"\"", "\"yes\"", "\"a: b #c\"", "\" x \"",
		"\"\\u0000\\u2028\"", "\"- a\"", "\"0x1f\"", "\"\\n\\n\"",
		"\"\303\251$\\\"'\"", "{}", "[]", "\"~\"", "\"2026-01-01\"",
		"\"a:\"", "\"*x\"", "0.10" };
	static const char *const keys[] = { "a", "b.c", "true", "1", "", " ",
		"x: y", "on", "n", "\303\251", "-", "a\\\"b", "~", "<<" };
	const uint64_t kind = depth ? next(seed) % 4 : 2;
	const uint64_t n = next(seed) % 5;
	uint64_t i, from = next(seed);

	if (kind < 2 || depth > 4) {
		gv_buf_addstr(out,
		    scalars[next(seed) % (sizeof(scalars) / sizeof(*scalars))]);
		return;
	}
	gv_buf_addch(out, kind == 2 ? '{' : '[');
	for (i = 0; i < n; i++) {
		if (i)
			gv_buf_addch(out, ',');
		if (kind == 2)
			gv_buf_addf(out, "\"%s\":",
			    keys[(from + i) % (sizeof(keys) / sizeof(*keys))]);
		generate(out, seed, depth + 1);
	}
	gv_buf_addch(out, kind == 2 ? '}' : ']');
}

static void
what_is_written_and_read_is_the_same(void **state)
{
	static const struct {
		enum gv_layer_form form;
		enum gv_doc_format format;
	} forms[] = { { GV_LAYER_JSON, GV_DOC_FORMAT_JSON },
		{ GV_LAYER_YAML, GV_DOC_FORMAT_YAML } };
	uint64_t seed = 42;
	int i, k;

	(void)state;
	for (i = 0; i < 300; i++) {
		struct gv_buf text = GV_BUF_INIT;
		struct gv_layer first, again;

		generate(&text, &seed, 0);
		assert_int_equal(
		    told_read(&first, "f", GV_DOC_FORMAT_JSON, text.p, 0), 0);
		for (k = 0; k < 2; k++) {
			struct gv_buf out = GV_BUF_INIT;

			assert_int_equal(gv_layer_emit(&out, first.tree.root,
					     &(struct gv_layer_emit_opts){
						 .form = forms[k].form }),
			    0);
			if (told_read(
				&again, "again", forms[k].format, out.p, 0) < 0)
				fail_msg("%s\n%s\n%s", gv_err_message(), text.p,
				    out.p);
			if (!gv_layer_is_equal(
				first.tree.root, again.tree.root))
				fail_msg("%s\n%s", text.p, out.p);
			gv_layer_release(&again);
			gv_buf_release(&out);
		}
		gv_layer_release(&first);
		gv_buf_release(&text);
	}
}

/* What get prints for a leaf is what explain says wins, and what render has. */
static int
leaf_is_told_alike(
    void *ctx, const char *path, const struct gv_layer_value *value)
{
	static const struct gv_layer_opts opts = { .takes_any_type = true };
	struct told *t = ctx;
	struct gv_layer_told told[3];
	const struct gv_layer_value *found;
	int i, winners = 0;

	if (*path == '\0')
		return 0;
	found = gv_layer_find(t->tree.root, path);
	if (found != value)
		fail_msg("%s", path);
	gv_layer_explain(told, t->list, 3, &t->tree, path, &opts);
	for (i = 0; i < 3; i++)
		winners += told[i].wins;
	assert_int_equal(winners, 1);
	for (i = 2; i >= 0 && !told[i].wins; i--)
		assert_int_not_equal(told[i].state, GV_LAYER_FOUND);
	assert_true(told[i].value && gv_layer_is_equal(told[i].value, value));
	return 0;
}

static void
layers_associate_and_are_told_alike(void **state)
{
	static const struct gv_layer_opts opts = { .takes_any_type = true };
	uint64_t seed = 7;
	int i, k;

	(void)state;
	for (i = 0; i < 200; i++) {
		struct gv_buf texts[3];
		struct gv_layer_tree upper, both;
		struct gv_layer mid = { .name = "mid" };
		const struct gv_layer *two[2] = { NULL, &mid };
		struct told t;

		memset(&t, 0, sizeof(t));
		for (k = 0; k < 3; k++) {
			texts[k] = (struct gv_buf)GV_BUF_INIT;
			generate(&texts[k], &seed, 0);
			told_read(&t.layers[k], "f", GV_DOC_FORMAT_JSON,
			    texts[k].p, (uint32_t)k);
			t.list[k] = &t.layers[k];
		}
		t.n = 3;
		assert_int_equal(gv_layer_merge(&t.tree, t.list, 3, &opts), 0);
		assert_int_equal(
		    gv_layer_merge(&upper, t.list + 1, 2, &opts), 0);
		mid.tree.root = upper.root;
		two[0] = t.list[0];
		assert_int_equal(gv_layer_merge(&both, two, 2, &opts), 0);
		assert_true(gv_layer_is_equal(both.root, t.tree.root));
		gv_layer_each(t.tree.root, leaf_is_told_alike, &t);
		gv_layer_tree_release(&both);
		gv_layer_tree_release(&upper);
		told_release(&t);
		for (k = 0; k < 3; k++)
			gv_buf_release(&texts[k]);
	}
}

/* ---- substitution -------------------------------------------------------- */

static void
names_are_substituted(void **state)
{
	static const struct {
		const char *text, *key, *expect, *open, *close;
	} rows[] = {
		{ "size: s\na: x-${size}.y", "a", "x-s.y", NULL, NULL },
		{ "db: {size: s, class: \"db.${size}\"}\nsize: top", "db.class",
		    "db.s", NULL, NULL },
		{ "n: 3\na: ${n}", "a", "3", NULL, NULL },
		{ "m: {x: [1, 2]}\na: ${m.x}", "a", "[1,2]", NULL, NULL },
		{ "a: \"$${x} ${b}\"\nb: c", "a", "${x} c", NULL, NULL },
		{ "a: \"${secret:prod/db} x\"", "a", "${secret:prod/db} x",
		    NULL, NULL },
		{ "sizes: {small: {aws: t3, gcp: e2}}\na: ${map:sizes.small}",
		    "a", "t3", NULL, NULL },
		{ "sizes: {s: {aws: t3}}\nsize: s\na: \"${map:sizes.${size}}\"",
		    "a", "t3", NULL, NULL },
		{ "a: ${b}\nb: ${c}\nc: [\"${d}\"]\nd: 4", "a", "[4]", NULL,
		    NULL },
		{ "a: <<b>> ${b}\nb: 1", "a", "1 ${b}", "<<", ">>" },
		{ "x.y: 1\na: \"${x.y}!\"", "a", "1!", NULL, NULL },
		{ "l: [\"${n}\", \"${n}${n}\"]\nn: 1", "l", "[1,\"11\"]", NULL,
		    NULL },
	};
	struct told t;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct gv_layer_template template = { .open =
								rows[i].open,
			.close = rows[i].close,
			.provider = "aws" };

		told_merge(&t, LAYERS(rows[i].text), NULL);
		if (gv_layer_substitute(&t.tree, &template) < 0)
			fail_msg("%s", gv_err_message());
		assert_value(
		    gv_layer_find(t.tree.root, rows[i].key), rows[i].expect);
		told_release(&t);
	}
}

static void
names_that_lead_nowhere_are_refused(void **state)
{
	static const char *const rows[][2] = {
		{ "x:\n  a: ${no}",
		    "x.a (line 2, column 6): there is no value "
		    "for the name 'no'" },
		{ "a: ${b}\nb: \"-${c}\"\nc: ${a}",
		    "names go in a circle: 'b -> c -> a'" },
		{ "a: ${a}", "names go in a circle: 'a'" },
		{ "a: \"${b\"", "a name is not closed" },
		{ "a: \"x ${b}\"\nb: [1]",
		    "a list or map cannot be put into the text: 'b'" },
		{ "a: ${map:b}\nb: {gcp: 1}",
		    "the map has nothing for the provider 'aws'" },
		{ "a: ${map:q}", "there is no map 'q'" },
	};
	const struct gv_layer_template template = { .provider = "aws" };
	struct told t;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct gv_layer_value *before;

		told_merge(&t, LAYERS(rows[i][0]), NULL);
		before = t.tree.root;
		assert_int_equal(
		    gv_layer_substitute(&t.tree, &template), GV_EREFUSED);
		assert_message(rows[i][1]);
		assert_ptr_equal(t.tree.root, before);
		told_release(&t);
	}
}

/* Each name stands for ten of the next: billions in thirty lines. */
static void
bombs_are_refused(void **state)
{
	const struct gv_layer_template template = { .provider = NULL };
	int kind, i, k;

	(void)state;
	for (kind = 0; kind < 2; kind++) {
		struct gv_buf text = GV_BUF_INIT;
		struct told t;

		for (i = 0; i < 30; i++) {
			gv_buf_addf(&text, kind ? "a%d: [" : "a%d: \"", i);
			for (k = 0; k < 10; k++)
				gv_buf_addf(&text,
				    kind ? "'${a%d}'," : "${a%d}", i + 1);
			gv_buf_addstr(&text, kind ? "]\n" : "\"\n");
		}
		gv_buf_addstr(&text, "a30: x\n");
		told_merge(&t, LAYERS(text.p), NULL);
		assert_int_equal(
		    gv_layer_substitute(&t.tree, &template), GV_EREFUSED);
		assert_message(kind
			? "too many values"
			: "more than 64 MiB of text are made by '${'");
		told_release(&t);
		gv_buf_release(&text);
	}
}

/* What must not be shown, in this test. */
static bool
is_password(void *ctx, const struct gv_layer_value *v)
{
	(void)ctx;
	return v->is_veiled || (v->key && strncmp(v->key, "password", 8) == 0);
}

static void
what_a_secret_is_put_into_is_veiled(void **state)
{
	static const char *const veiled[] = { "password", "url", "copy", "far",
		"map" };
	static const char *const shown[] = { "size", "plain" };
	struct told t;
	size_t i;

	(void)state;
	told_merge(&t,
	    LAYERS("password: xyzzy-1\nsize: 5\nurl: \"u:${password}@h\"\n"
		   "copy: ${password}\nfar: \"${copy}!\"\nplain: \"${size}s\"\n"
		   "map: \"${in.password}\"\nin: {password: q}\n"),
	    NULL);
	assert_int_equal(
	    gv_layer_substitute(&t.tree,
		&(struct gv_layer_template){ .is_veiled = is_password }),
	    0);
	for (i = 0; i < sizeof(veiled) / sizeof(veiled[0]); i++)
		assert_true(
		    is_password(NULL, gv_layer_find(t.tree.root, veiled[i])));
	for (i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
		assert_false(
		    is_password(NULL, gv_layer_find(t.tree.root, shown[i])));
	told_release(&t);
	/* nor does it come out in a message */
	told_merge(
	    &t, LAYERS("password: xyzzy-1\na: \"${${password}}\"\n"), NULL);
	assert_int_equal(
	    gv_layer_substitute(&t.tree,
		&(struct gv_layer_template){ .is_veiled = is_password }),
	    GV_EREFUSED);
	assert_null(strstr(gv_err_message(), "xyzzy"));
	told_release(&t);
}

/* ---- what is not taken --------------------------------------------------- */

static void
what_no_form_can_have_is_refused(void **state)
{
	static const struct {
		enum gv_layer_form form;
		const char *text, *words;
	} rows[] = {
		{ GV_LAYER_TFVARS, "[a]",
		    "variables of Terraform have names: the configuration is "
		    "no map" },
		{ GV_LAYER_CONFIGMAP, "a b: 1\n",
		    "a ConfigMap cannot have the key '" },
	};
	struct told t;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct gv_buf out = GV_BUF_INIT;

		told_merge(&t, LAYERS(rows[i].text), NULL);
		if (gv_layer_emit(&out, t.tree.root,
			&(struct gv_layer_emit_opts){
			    .form = rows[i].form, .name = "n" }) != GV_EREFUSED)
			fail_msg("%s was not refused", rows[i].text);
		if (strstr(gv_err_message(), rows[i].words) == NULL)
			fail_msg("%s: %s", rows[i].text, gv_err_message());
		gv_buf_release(&out);
		told_release(&t);
	}
}

static void
what_is_no_layer_is_refused(void **state)
{
	char *deep = doc_repeat("", "[", 1100, "");
	const struct {
		const char *text, *words;
	} rows[] = {
		{ "a: &x [*x]\n",
		    "l.yaml: line 1, column 8: an alias inside its own anchor" },
		{ deep, "l.yaml: line 1, column 201: it is nested too deep" },
	};
	struct gv_layer layer;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(told_read(&layer, "l.yaml", GV_DOC_FORMAT_YAML,
				     rows[i].text, 0),
		    GV_EREFUSED);
		if (strstr(gv_err_message(), rows[i].words) == NULL)
			fail_msg("%s", gv_err_message());
		gv_layer_release(&layer);
	}
	free(deep);
}

static void
a_delimiter_has_a_letter(void **state)
{
	static const struct gv_layer_template rows[] = { { .open = "" },
		{ .close = "" } };
	struct told t;
	size_t i;

	(void)state;
	told_merge(&t, LAYERS("a: b\n"), NULL);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(
		    gv_layer_substitute(&t.tree, &rows[i]), GV_EREFUSED);
		assert_message("a delimiter is empty");
	}
	told_release(&t);
}

UNIT(layer_form)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_form_is_written),
		cmocka_unit_test(variables_keep_their_names),
		cmocka_unit_test(a_config_map_has_texts_by_names),
		cmocka_unit_test(keys_that_get_one_name_are_refused),
		cmocka_unit_test(what_is_written_and_read_is_the_same),
		cmocka_unit_test(layers_associate_and_are_told_alike),
		cmocka_unit_test(names_are_substituted),
		cmocka_unit_test(names_that_lead_nowhere_are_refused),
		cmocka_unit_test(bombs_are_refused),
		cmocka_unit_test(what_a_secret_is_put_into_is_veiled),
		cmocka_unit_test(what_no_form_can_have_is_refused),
		cmocka_unit_test(what_is_no_layer_is_refused),
		cmocka_unit_test(a_delimiter_has_a_letter),
	};

	return UNIT_RUN(tests);
}
