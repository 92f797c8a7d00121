#include "unit.h"

#include <string.h>

#include "base/buf.h"
#include "doc/doc.h"
#include "infra/envkey.h"

static void
check(const char *name, const char *text, const char *const (*rows)[2])
{
	enum gv_doc_format format;
	struct gv_doc doc;
	struct gv_envkey key;

	assert_true(gv_doc_format_of(&format, name, text, strlen(text)));
	assert_int_equal(
	    gv_doc_read(&doc, format, text, strlen(text), NULL), 0);
	for (; (*rows)[0]; rows++) {
		const char *env =
		    gv_envkey_find(&key, &doc, (*rows)[0]) ? key.env : "-";

		if (strcmp(env, (*rows)[1]) != 0)
			fail_msg("%s#%s: %s, not %s", name, (*rows)[0], env,
			    (*rows)[1]);
	}
	gv_doc_release(&doc);
}

static void
keys_of_a_map_name_environments(void **state)
{
	static const char *const rows[][2] = {
		{ "Mappings.Env.production.Size", "prod" },
		{ "Mappings.Env.staging", "staging" },
		{ "Mappings.Env.non-prod.Size", "nonprod" },
		{ "Mappings.Env", "-" },
		{ "Mappings.Nowhere", "-" },
		/* one alone is only a name */
		{ "Test.test.x", "-" },
		{ NULL, NULL },
	};

	(void)state;
	check("cfn/t.yaml",
	    "Mappings:\n  Env:\n    production: {Size: 3}\n"
	    "    staging: {Size: 1}\n    non-prod: {Size: 1}\n"
	    "Test: {test: {x: 1}, other: 2}\n",
	    rows);
}

static void
values_of_a_list_name_environments(void **state)
{
	static const char *const rows[][2] = {
		{ "jobs.deploy.strategy.matrix.environment[0]", "dev" },
		{ "jobs.deploy.strategy.matrix.environment[1]", "prod" },
		{ "jobs.deploy.strategy.matrix.os[0]", "-" },
		{ NULL, NULL },
	};

	(void)state;
	check(".github/workflows/d.yml",
	    "jobs:\n  deploy:\n    strategy:\n      matrix:\n"
	    "        environment: [dev, prod]\n        os: [linux]\n",
	    rows);
}

static void
elements_of_a_list_name_environments(void **state)
{
	static const char *const rows[][2] = {
		{ "include[0].size", "dev" },
		{ "include[1]", "prod" },
		{ NULL, NULL },
	};

	(void)state;
	check("m.yml",
	    "include:\n- {environment: dev, size: 1}\n"
	    "- {environment: prod, size: 2}\n",
	    rows);
}

static int
add_env(void *ctx, const struct gv_envkey *key)
{
	struct gv_buf *out = ctx;

	gv_buf_addf(out, "%s/%s ", key->env, key->other);
	return out->len > 60;
}

static void
all_of_a_document_are_reported_until_told_to_stop(void **state)
{
	static const char text[] =
	    "a: {dev: 1, prod: 2, x: 3}\nb: [staging, dev]\n"
	    "c: {prod: 1}\nd: {dev: 1, development: 2}\n";
	struct gv_doc doc;
	struct gv_buf out = GV_BUF_INIT;

	(void)state;
	assert_int_equal(
	    gv_doc_read(&doc, GV_DOC_FORMAT_YAML, text, sizeof(text) - 1, NULL),
	    0);
	assert_int_equal(gv_envkey_each(&doc, add_env, &out), 0);
	assert_string_equal(
	    out.p, "dev/prod prod/dev staging/dev dev/staging ");
	assert_int_equal(gv_envkey_each(&doc, add_env, &out), 1);
	gv_buf_release(&out);
	gv_doc_release(&doc);
}

UNIT(envkey)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_of_a_map_name_environments),
		cmocka_unit_test(values_of_a_list_name_environments),
		cmocka_unit_test(elements_of_a_list_name_environments),
		cmocka_unit_test(
		    all_of_a_document_are_reported_until_told_to_stop),
	};

	return UNIT_RUN(tests);
}
