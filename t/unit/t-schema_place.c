/* lib/schema: several documents, what they say of their words, and what a
 * schema knows of a place. */
#include "unit.h"

#include <string.h>

#include "schema/schema_internal.h"
#include "schema_told.h"

/* The first finding of a value held against the first of these documents, whose
 * URIs are a.json, b.json and so on; "" if there is none. */
static void
finds_among(
    const char *const *schemas, size_t n, const char *text, const char *want)
{
	static const char *const uris[] = { "a.json", "b.json", "c.json" };
	struct gv_doc docs[3], doc;
	struct gv_schema_report report;
	struct gv_instance in;
	struct gv_schema *s;
	size_t i;

	assert_int_equal(gv_schema_new(&s, NULL), 0);
	for (i = 0; i < n; i++) {
		read_doc(&docs[i], schemas[i]);
		assert_int_equal(
		    gv_schema_add(s, uris[i], &docs[i], docs[i].parts[0].node),
		    (int)i);
	}
	assert_int_equal(gv_schema_compile(s, 0, ""), 0);
	read_doc(&doc, text);
	assert_int_equal(
	    gv_instance_read(&in, "x", &doc, doc.parts[0].node, NULL), 0);
	assert_int_equal(gv_schema_check(s, &in, &report), 0);
	assert_string_equal(report.n ? report.findings[0].text : "", want);
	gv_schema_report_release(&report);
	gv_instance_release(&in);
	gv_schema_free(s);
	gv_doc_release(&doc);
	for (i = 0; i < n; i++)
		gv_doc_release(&docs[i]);
}

/* A schema of schemas that was given says which words there are. */
static void
a_vocabulary_that_is_not_known_is_a_doubt(void **state)
{
	const char *schemas[3] = {
		"{\"$schema\":\"https://x.example/m#\",\"minimum\":3}", "true"
	};

	(void)state;
	schemas[2] = "{\"$id\":\"https://x.example/m\",\"$vocabulary\":{"
		     "\"https://x.example/units\":true}}";
	finds_among(schemas, 3, "1",
	    "its $schema wants a vocabulary that is not known");
	/* which only may be known */
	schemas[2] = "{\"$id\":\"https://x.example/m\",\"$vocabulary\":{"
		     "\"https://x.example/units\":false}}";
	finds_among(schemas, 3, "1", "");
	/* it has words of validation, too */
	schemas[2] =
	    "{\"$id\":\"https://x.example/m\",\"$vocabulary\":{"
	    "\"https://json-schema.org/draft/2020-12/vocab/validation\":true}}";
	finds_among(schemas, 3, "1", "must be at least 3");
	/* what is no map says nothing, and so does what was not given */
	schemas[2] = "{\"$id\":\"https://x.example/m\",\"$vocabulary\":1}";
	finds_among(schemas, 3, "1", "must be at least 3");
	schemas[2] = "{}";
	finds_among(schemas, 3, "1", "must be at least 3");
}

static void
a_reference_names_a_document_or_a_place_in_it(void **state)
{
	const char *schemas[2] = { "{\"$ref\":\"b.json#/x\"}",
		"{\"x\":{\"maximum\":3}}" };

	(void)state;
	finds_among(schemas, 2, "4", "must be at most 3");
	/* an id that is only a fragment is no other URI of the document */
	schemas[1] = "{\"$id\":\"#here\",\"x\":{\"maximum\":3}}";
	finds_among(schemas, 2, "4", "must be at most 3");
	schemas[0] = "{\"$ref\":\"#/%zz\"}";
	finds_among(schemas, 1, "4",
	    "it refers to 'a.json#/%zz', which does not exist");
}

static void
a_schema_that_is_not_there_is_not_compiled(void **state)
{
	struct gv_schema *s;
	struct gv_doc doc;

	(void)state;
	read_doc(&doc, "{\"a\":{}}");
	assert_int_equal(gv_schema_new(&s, NULL), 0);
	assert_int_equal(
	    gv_schema_add(s, "s.json", &doc, doc.parts[0].node), 0);
	assert_int_equal(gv_schema_compile(s, 0, "/b"), GV_ENOTFOUND);
	assert_message("no schema at '/b' of s.json");
	assert_int_equal(gv_schema_compile(s, 7, ""), GV_ENOTFOUND);
	assert_message("no schema at '' of a document not added");
	assert_null(gv_schema_root(s));
	gv_schema_free(s);
	gv_schema_free(NULL);
	gv_doc_release(&doc);
}

static void
no_more_documents_than_have_numbers(void **state)
{
	struct gv_schema *s;
	struct gv_doc doc;

	(void)state;
	read_doc(&doc, "{}");
	assert_int_equal(gv_schema_new(&s, NULL), 0);
	s->n_documents = UINT16_MAX;
	assert_int_equal(
	    gv_schema_add(s, "s.json", &doc, doc.parts[0].node), GV_EREFUSED);
	assert_message("more than 65535 documents");
	s->n_documents = 0;
	gv_schema_free(s);
	gv_doc_release(&doc);
}

/* What the schema of a place says of its type. */
static void
is_of_type(const struct gv_schema_node *n, const char *want)
{
	struct gv_buf out = GV_BUF_INIT;

	assert_non_null(n);
	gv_schema_add_types(&out, n);
	assert_string_equal(out.p, want);
	gv_buf_release(&out);
}

static void
a_step_goes_through_references_and_patterns(void **state)
{
	static const char schema[] =
	    "{\"definitions\":{\"a\":{\"properties\":{\"k\":{\"type\":"
	    "\"string\"}},\"x-kubernetes-list-type\":\"set\"}},"
	    "\"allOf\":[{\"patternProperties\":{\"(?=a)\":{},"
	    "\"^n-\":{\"type\":\"integer\"}}},"
	    "{\"$ref\":\"#/definitions/a\"}],"
	    "\"properties\":{\"l\":{\"items\":{\"type\":\"boolean\"}},"
	    "\"m\":{\"additionalProperties\":{\"type\":\"null\"}},"
	    "\"o\":{\"$ref\":\"#/properties/p\"},"
	    "\"p\":{\"$ref\":\"#/properties/o\"}}}";
	const struct gv_schema_node *n;
	struct checked c;

	(void)state;
	check_with(&c, NULL, schema, "l: []\n");
	n = gv_schema_root(c.s);
	is_of_type(gv_schema_step(n, "k", 1), "string");
	is_of_type(gv_schema_step(n, "n-1", 3), "integer");
	assert_null(gv_schema_step(n, "zz", 2));
	assert_null(gv_schema_step(n, NULL, 0));
	is_of_type(
	    gv_schema_step(gv_schema_step(n, "l", 1), NULL, 0), "boolean");
	assert_null(gv_schema_step(gv_schema_step(n, "l", 1), "k", 1));
	is_of_type(gv_schema_step(gv_schema_step(n, "m", 1), "x", 1), "null");
	/* one that refers to itself without end says nothing */
	assert_null(gv_schema_step(gv_schema_step(n, "o", 1), "x", 1));
	assert_false(gv_schema_is_set(gv_schema_step(n, "o", 1)));
	release(&c);
}

static void
the_keys_of_a_list_are_found_in_allof(void **state)
{
	const struct gv_schema_opts k = { .draft = GV_SCHEMA_KUBERNETES };
	static const char schema[] =
	    "{\"properties\":{\"a\":{\"allOf\":[{\"x-kubernetes-list-type\":"
	    "\"set\"}]},\"c\":{\"allOf\":[{\"allOf\":["
	    "{\"x-kubernetes-list-map-keys\":[\"name\"]}]}]},\"e\":{\"anyOf\":[{}]}}}";
	const struct gv_schema_node *n;
	const char *const *keys;
	struct checked c;
	size_t n_keys;

	(void)state;
	check_with(&c, &k, schema, "a: []\n");
	n = gv_schema_root(c.s);
	assert_true(gv_schema_is_set(gv_schema_step(n, "a", 1)));
	assert_false(gv_schema_is_set(gv_schema_step(n, "e", 1)));
	keys = gv_schema_list_keys(gv_schema_step(n, "c", 1), &n_keys);
	assert_true(n_keys == 1);
	assert_string_equal(keys[0], "name");
	release(&c);
}

UNIT(schema_place)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_vocabulary_that_is_not_known_is_a_doubt),
		cmocka_unit_test(a_reference_names_a_document_or_a_place_in_it),
		cmocka_unit_test(a_schema_that_is_not_there_is_not_compiled),
		cmocka_unit_test(no_more_documents_than_have_numbers),
		cmocka_unit_test(a_step_goes_through_references_and_patterns),
		cmocka_unit_test(the_keys_of_a_list_are_found_in_allof),
	};

	return UNIT_RUN(tests);
}
