/* lib/schema without memory: what comes of it is GV_ENOMEM, or all that comes
 * of it with memory; nothing leaks. */
#include "unit/unit.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "schema/schema.h"
#include "unit/shortage.h"

/* ---- one use of a schema ------------------------------------------------- */

struct use {
	enum gv_schema_draft draft;
	enum gv_doc_format format; /* of the instance */
	const char *pointer;       /* to the schema; NULL: all of it is one */
	bool has_problems;         /* the schema itself is checked, too */
	struct gv_doc schema, doc;
	struct gv_doc *meta; /* the schema of this schema; or NULL */
};

static int
tell(struct gv_buf *out, const struct gv_schema *s,
    const struct gv_instance *in, const struct gv_schema_report *report)
{
	size_t i;

	gv_buf_addf(out, "%d\n", report->verdict);
	for (i = 0; i < report->n; i++) {
		gv_schema_write(out, s, in, &report->findings[i]);
		gv_buf_addch(out, '\n');
	}
	return gv_buf_check(out);
}

static int
check(
    struct gv_buf *out, const struct gv_schema *s, const struct gv_instance *in)
{
	struct gv_schema_report report;
	enum gv_schema_verdict quick;
	int r;

	if ((r = gv_schema_check(s, in, &report)) < 0)
		return r;
	r = tell(out, s, in, &report);
	gv_schema_report_release(&report);
	if (r < 0 || (r = gv_schema_judge(s, in, &quick)) < 0)
		return r;
	gv_buf_addf(out, "%d\n", quick);
	return gv_buf_check(out);
}

static int
check_schema(struct gv_buf *out, const struct gv_schema *s)
{
	struct gv_schema_report report;
	size_t i;
	int r;

	if ((r = gv_schema_problems(s, 0, &report)) < 0)
		return r;
	gv_buf_addf(out, "%d\n", report.verdict);
	for (i = 0; i < report.n; i++)
		gv_buf_addf(out, "%u: %s\n", report.findings[i].node,
		    report.findings[i].text);
	gv_schema_report_release(&report);
	return gv_buf_check(out);
}

static int
use(struct gv_buf *out, const void *ctx)
{
	const struct use *u = ctx;
	const struct gv_schema_opts opts = { .draft = u->draft,
		.formats = GV_SCHEMA_FORMATS_ALL };
	struct gv_schema *s = NULL;
	struct gv_instance in = { 0 };
	int r;

	if ((r = gv_schema_new(&s, &opts)) < 0)
		return r;
	r = gv_schema_add(s, "s.json", &u->schema, u->schema.parts[0].node);
	if (r == 0 && u->meta)
		r = gv_schema_add(s, "m.json", u->meta, u->meta->parts[0].node);
	if (r >= 0)
		r = gv_schema_compile(s, 0, u->pointer ? u->pointer : "");
	if (r == 0 && u->has_problems)
		r = check_schema(out, s);
	if (r == 0)
		r = gv_instance_read(
		    &in, "a", &u->doc, u->doc.parts[0].node, NULL);
	if (r == 0 && (r = gv_instance_make_index(&in)) == 0)
		r = check(out, s, &in);
	gv_instance_release(&in);
	gv_schema_free(s);
	return r;
}

static void
holds_without_memory(struct use *u, const char *schema, const char *text)
{
	assert_int_equal(gv_doc_read(&u->schema, GV_DOC_FORMAT_JSON, schema,
			     strlen(schema), NULL),
	    0);
	assert_int_equal(
	    gv_doc_read(&u->doc, u->format, text, strlen(text), NULL), 0);
	shortage_each(use, u);
	gv_doc_release(&u->doc);
	gv_doc_release(&u->schema);
}

static void
each_word_needs_memory(void **state)
{
	struct use u = { .format = GV_DOC_FORMAT_YAML };

	(void)state;
	holds_without_memory(&u,
	    "{\"$id\":\"http://x.example/a/s.json\",\"definitions\":{"
	    "\"a\":{\"$id\":\"#a\",\"type\":\"string\"},"
	    "\"b\":{\"$id\":\"../b.json\",\"minimum\":3,\"maximum\":9,"
	    "\"exclusiveMinimum\":2,\"exclusiveMaximum\":10,"
	    "\"multipleOf\":0.5}},"
	    "\"properties\":{"
	    "\"a\":{\"$ref\":\"#a\"},\"b\":{\"$ref\":\"/b.json\"},"
	    "\"c\":{\"$ref\":\"c.json\"},\"d\":{\"$ref\":\"#/d\"},"
	    "\"e\":{\"enum\":[\"debug\",\"info\",1.5,[]]},"
	    "\"f\":{\"const\":true},"
	    "\"g\":{\"pattern\":\"^(a|b)$\",\"format\":\"date\"},"
	    "\"h\":{\"pattern\":\"^(?=a)\",\"minLength\":3},"
	    "\"i\":{\"uniqueItems\":true,\"contains\":{\"const\":1}},"
	    "\"j\":{\"items\":[{}],\"additionalItems\":false},"
	    "\"k\":{\"anyOf\":[{\"type\":\"null\"},{\"minimum\":5}]},"
	    "\"l\":{\"oneOf\":[{},true]},\"m\":{\"not\":{}},"
	    "\"n\":{\"if\":{},\"then\":false,\"else\":true},"
	    "\"o\":{\"allOf\":[{\"$ref\":\"#/definitions/b\"}]},"
	    "\"p\":{\"dependencies\":{\"x\":[\"y\"],\"z\":{}}}},"
	    "\"required\":[\"q\"],\"patternProperties\":{\"^x-\":true,"
	    "\"^(?!b)y\":true},\"propertyNames\":{\"maxLength\":3},"
	    "\"additionalProperties\":false}",
	    "a: 1\nb: 12\nc: 1\nd: 1\ne: \"inof\\n\"\nf: 2\ng: c\n"
	    "h: ab\ni: [1, 2, 3, 4, 5, 6, 7, 8, 9, 9]\nj: [1, 2]\nk: 1\n"
	    "l: 1\nm: 1\nn: 1\no: 1\np: {x: 1}\nzzzzz: 1\n");
}

static void
later_drafts_need_memory(void **state)
{
	struct use u = { .format = GV_DOC_FORMAT_HCL };

	(void)state;
	holds_without_memory(&u,
	    "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\","
	    "\"$dynamicAnchor\":\"node\",\"$anchor\":\"top\","
	    "\"$defs\":{\"in\":{\"$id\":\"in.json\",\"$anchor\":\"x\"},"
	    "\"far\":{\"$id\":\"far.json\",\"$dynamicAnchor\":\"node\"}},"
	    "\"properties\":{\"s\":{\"$dynamicRef\":\"#node\"},"
	    "\"n\":{\"$ref\":\"in.json#x\"},"
	    "\"r\":{\"prefixItems\":[{\"properties\":{\"q\":{}}}],"
	    "\"contains\":{\"required\":[\"c\"]},"
	    "\"unevaluatedItems\":{\"type\":\"string\"}}},"
	    "\"anyOf\":[{\"properties\":{\"t\":{}}},{\"required\":[\"u\"]}],"
	    "\"dependentRequired\":{\"n\":[\"v\"]},"
	    "\"dependentSchemas\":{\"n\":{\"minProperties\":9}},"
	    "\"unevaluatedProperties\":false}",
	    "n = 2\ns = { t = 1 }\nr \"a\" \"b\\n\" {\n  k = true\n}\n"
	    "r \"c\" {\n}\nq {\n}\n");
	u.format = GV_DOC_FORMAT_TOML;
	holds_without_memory(&u,
	    "{\"$schema\":\"https://json-schema.org/draft/2019-09/schema\","
	    "\"$recursiveAnchor\":true,\"properties\":{\"a\":{"
	    "\"$recursiveRef\":\"#\"},\"b\":{\"maximum\":1}},"
	    "\"unevaluatedProperties\":{\"type\":\"null\"}}",
	    "b = 1_000\n[a]\nb = 2_000\nc = \"\\t\"\n");
}

/* Parts of a value, and the bits for its items, need more of it at any place.
 */
static void
large_values_need_memory(void **state)
{
	struct use u = { .pointer = "/definitions/a~1b" };
	struct gv_buf text = GV_BUF_INIT;
	unsigned i, k;

	(void)state;
	u.format = GV_DOC_FORMAT_HCL;
	for (k = 56; k <= 64; k++) {
		gv_buf_reset(&text);
		for (i = 0; i < k; i++)
			gv_buf_addf(&text, "a%u = 1\n", i);
		gv_buf_addstr(&text, "r \"c\" {\n}\nr \"d\" {\n}\nq {\n}\n");
		assert_int_equal(gv_buf_check(&text), 0);
		holds_without_memory(&u,
		    "{\"definitions\":{\"a/b\":{\"maxProperties\":2}}}",
		    text.p);
	}
	holds_without_memory(
	    &u, "{\"definitions\":{\"a/b\":{}}}", "r \"c\" {\n}\n");
	gv_buf_reset(&text);
	gv_buf_addstr(&text, "a = 1_");
	for (i = 0; i < 5000; i++)
		gv_buf_addch(&text, '0');
	gv_buf_addch(&text, '\n');
	assert_int_equal(gv_buf_check(&text), 0);
	u.format = GV_DOC_FORMAT_TOML;
	holds_without_memory(
	    &u, "{\"definitions\":{\"a/b\":{\"maxProperties\":0}}}", text.p);
	gv_buf_reset(&text);
	for (i = 0; i < 2100; i++)
		gv_buf_addstr(&text, i ? ",1" : "[1");
	gv_buf_addch(&text, ']');
	assert_int_equal(gv_buf_check(&text), 0);
	u.format = GV_DOC_FORMAT_JSON;
	holds_without_memory(&u,
	    "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\","
	    "\"definitions\":{\"a/b\":{\"anyOf\":[{\"items\":false},"
	    "{\"contains\":{\"const\":2}}],"
	    "\"unevaluatedItems\":{\"const\":1}}}}",
	    text.p);
	gv_buf_release(&text);
}

static void
kubernetes_needs_memory(void **state)
{
	struct use u = { .draft = GV_SCHEMA_KUBERNETES,
		.format = GV_DOC_FORMAT_YAML };

	(void)state;
	holds_without_memory(&u,
	    "{\"type\":\"object\",\"properties\":{\"spec\":{"
	    "\"x-kubernetes-validations\":[],\"properties\":{\"ports\":{"
	    "\"items\":{\"properties\":{\"port\":{\"type\":\"integer\"}}},"
	    "\"x-kubernetes-list-type\":\"map\","
	    "\"x-kubernetes-list-map-keys\":[\"port\"]}}}}}",
	    "base: &base {port: a}\nspec:\n  ports:\n  - <<: [*base, {x: 1}]\n"
	    "    prot: 1\n");
}

static void
doubts_need_memory(void **state)
{
	struct use u = { .format = GV_DOC_FORMAT_JSON };

	(void)state;
	holds_without_memory(&u,
	    "{\"properties\":{\"a\":{\"$ref\":1},\"b\":{\"type\":\"x\"},"
	    "\"c\":{\"enum\":1},\"d\":{\"minimum\":\"x\"},"
	    "\"e\":{\"multipleOf\":0},\"f\":{\"maxLength\":-1},"
	    "\"g\":{\"pattern\":1},\"h\":{\"items\":1},"
	    "\"i\":{\"properties\":[]},\"j\":{\"required\":1},"
	    "\"k\":{\"required\":[1]},\"l\":{\"patternProperties\":1},"
	    "\"m\":{\"dependencies\":1},\"n\":{\"anyOf\":[1]},"
	    "\"o\":1,\"p\":{\"maximum\":\"x\"},"
	    "\"q\":{\"exclusiveMinimum\":\"x\"}}}",
	    "{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":\"\","
	    "\"g\":\"\",\"h\":[1],\"i\":{},\"j\":{},\"k\":{},"
	    "\"l\":{},\"m\":{},\"n\":1,\"o\":1,\"p\":1,\"q\":1}");
}

/* The schema of the draft is read and compiled as one that was given. */
static void
the_schema_of_schemas_needs_memory(void **state)
{
	struct use u = { .format = GV_DOC_FORMAT_JSON, .has_problems = true };

	(void)state;
	holds_without_memory(&u,
	    "{\"$ref\":\"http://json-schema.org/draft-04/schema#\","
	    "\"minLength\":-1}",
	    "{\"minLength\":-1}");
}

static void
an_unknown_vocabulary_needs_memory(void **state)
{
	static const char meta[] = "{\"$vocabulary\":{\"x:units\":true}}";
	struct use u = { .format = GV_DOC_FORMAT_JSON };
	struct gv_doc doc;

	(void)state;
	assert_int_equal(
	    gv_doc_read(&doc, GV_DOC_FORMAT_JSON, meta, strlen(meta), NULL), 0);
	u.meta = &doc;
	holds_without_memory(&u, "{\"$schema\":\"m.json\"}", "1");
	gv_doc_release(&doc);
}

/* Keys that repeat are found without a table, too, only later. */
static void
many_keys_repeat(void **state)
{
	struct use u = { .format = GV_DOC_FORMAT_JSON };
	struct gv_buf text = GV_BUF_INIT;
	unsigned i;

	(void)state;
	gv_buf_addch(&text, '{');
	for (i = 0; i < 70; i++)
		gv_buf_addf(&text, "\"k%u\":\"\\t\",", i);
	gv_buf_addstr(&text, "\"k7\":2}");
	assert_int_equal(gv_buf_check(&text), 0);
	holds_without_memory(&u,
	    "{\"maxProperties\":69,\"properties\":{\"k7\":{\"type\":"
	    "\"string\"}}}",
	    text.p);
	gv_buf_release(&text);
}

UNIT(schema_memory)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_word_needs_memory),
		cmocka_unit_test(later_drafts_need_memory),
		cmocka_unit_test(large_values_need_memory),
		cmocka_unit_test(kubernetes_needs_memory),
		cmocka_unit_test(doubts_need_memory),
		cmocka_unit_test(the_schema_of_schemas_needs_memory),
		cmocka_unit_test(an_unknown_vocabulary_needs_memory),
		cmocka_unit_test(many_keys_repeat),
	};

	return UNIT_RUN(tests);
}
