/* lib/schema/schema: what is found, where, and what cannot be found out. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "schema_told.h"

static void
a_finding_has_the_place_of_the_value(void **state)
{
	(void)state;
	finds("{\"properties\":{\"a\":{\"properties\":{\"b\":{\"type\":"
	      "\"integer\",\"minimum\":3}}}}}",
	    "a:\n  c: 1\n  b: 2\n", "3:6 /a/b minimum: must be at least 3\n");
	finds("{\"items\":{\"type\":[\"string\",\"null\"]}}", "- x\n- 1.5\n",
	    "2:3 /1 type: must be string or null, but is number\n");
	finds("{\"additionalProperties\":{\"type\":\"boolean\"}}",
	    "{\"a/b\": {}, \"c~\": true}",
	    "1:9 /a~1b type: must be boolean, but is object\n");
	finds(
	    "false", "x: 1\n", "1:1  false schema: no value is allowed here\n");
}

static void
a_key_that_is_missing_or_unknown_is_named(void **state)
{
	(void)state;
	finds("{\"required\":[\"name\",\"port\"],\"properties\":{\"name\":{}},"
	      "\"additionalProperties\":false}",
	    "naem: x\nzzzzzz: 1\n",
	    "1:1 /naem additionalProperties: unknown key 'naem'; did you "
	    "mean 'name'?\n"
	    "2:1 /zzzzzz additionalProperties: unknown key 'zzzzzz'\n"
	    "1:1  required: the required key 'name' is missing\n"
	    "1:1  required: the required key 'port' is missing\n");
	finds("{\"propertyNames\":{\"maxLength\":2}}", "a: 1\nabc: 2\n",
	    "2:1 /abc maxLength: must have at most 2 characters, but has 3\n");
	finds("{\"dependencies\":{\"a\":[\"b\"],\"b\":{\"required\":[\"c\"]}}}",
	    "a: 1\n",
	    "1:1  dependencies: the key 'b' is missing, which 'a' needs\n");
	finds("{\"minProperties\":3}", "{\"a\":1,\"a\":2,\"b\":1}",
	    "1:1  minProperties: must have at least 3 keys, but has 2\n");
	finds("{\"maxProperties\":0}", "a: 1\n",
	    "1:1  maxProperties: must have at most 0 keys, but has 1\n");
}

static void
what_is_allowed_is_named(void **state)
{
	(void)state;
	finds("{\"enum\":[\"debug\",\"info\",1,1.5,true,false,null,[]]}",
	    "- inof\n",
	    "1:1  enum: must be one of 'debug', 'info', 1, 1.5, true, false, "
	    "null, array of 0\n");
	finds("{\"items\":{\"enum\":[\"info\"]}}", "- inof\n",
	    "1:3 /0 enum: must be 'info'; did you mean 'info'?\n");
	finds("{\"enum\":[1,2,3,4,5,6,7,8,9,10]}", "11\n",
	    "1:1  enum: must be one of 1, 2, 3, 4, 5, 6, 7, 8 and 2 others\n");
	finds("{\"const\":{\"a\":1}}", "a: 2\n",
	    "1:1  const: must be object of 1\n");
	finds("{\"pattern\":\"^a+$\"}", "b\n",
	    "1:1  pattern: must match the pattern '^a+$'\n");
	finds("{\"format\":\"date\"}", "'2024-02-30'\n",
	    "1:1  format: must be written as a date\n");
	finds("{\"minLength\":4}", "\303\244\303\266\303\274\n",
	    "1:1  minLength: must have at least 4 characters, but has 3\n");
	finds("{\"maximum\":3,\"exclusiveMaximum\":2,\"exclusiveMinimum\":9,"
	      "\"multipleOf\":0.5}",
	    "3.14\n",
	    "1:1  maximum: must be at most 3\n"
	    "1:1  exclusiveMinimum: must be above 9\n"
	    "1:1  exclusiveMaximum: must be below 2\n"
	    "1:1  multipleOf: must be a multiple of 0.5\n");
}

static void
lists_have_their_own(void **state)
{
	(void)state;
	finds("{\"minItems\":3,\"uniqueItems\":true}",
	    "[{\"a\":1},{\"a\":1.0}]",
	    "1:1  minItems: must have at least 3 items, but has 2\n"
	    "1:10 /1 uniqueItems: repeats item 0 of the list\n");
	finds("{\"maxItems\":1,\"uniqueItems\":true}",
	    "[1,2,3,4,5,6,7,8,9,10,[1],11,3]",
	    "1:1  maxItems: must have at most 1 items, but has 13\n"
	    "1:30 /12 uniqueItems: repeats item 2 of the list\n");
	finds("{\"items\":[{}],\"additionalItems\":false}", "[1,2]",
	    "1:4 /1 additionalItems: must have at most 1 items\n");
	finds("{\"contains\":{\"const\":7}}", "[1,2]",
	    "1:1  contains: must contain at least 1 items that fit, but has "
	    "0\n");
	finds("{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\","
	      "\"contains\":{\"const\":7},\"maxContains\":1}",
	    "[7,7]",
	    "1:1  maxContains: must contain at most 1 items that fit, but has "
	    "2\n");
	finds("{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\","
	      "\"prefixItems\":[{}],\"unevaluatedItems\":false}",
	    "[7,7]", "1:4 /1 unevaluatedItems: no schema allows this item\n");
	finds("{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\","
	      "\"allOf\":[{\"properties\":{\"a\":{}}}],"
	      "\"unevaluatedProperties\":false}",
	    "a: 1\nb: 2\n",
	    "2:1 /b unevaluatedProperties: no schema allows the key 'b'\n");
}

/* The branch whose kind is the one that is there, not the one with the fewest
 * faults. */
static void
the_branch_that_fits_best_is_explained(void **state)
{
	static const char schema[] =
	    "{\"oneOf\":["
	    "{\"properties\":{\"kind\":{\"const\":\"a\"}}},"
	    "{\"properties\":{\"kind\":{\"const\":\"b\"},"
	    "\"n\":{\"type\":\"integer\"},\"m\":{\"type\":\"integer\"}}},"
	    "{\"type\":\"string\"}]}";

	(void)state;
	finds(schema, "kind: b\nn: x\nm: y\n",
	    "2:4 /n type: must be integer, but is string (because)\n"
	    "3:4 /m type: must be integer, but is string (because)\n"
	    "1:1  oneOf: fits none of the 3 alternatives; number 2 is nearest\n");
	finds("{\"anyOf\":[{\"anyOf\":[{\"minimum\":5},{\"type\":\"null\"}]},"
	      "{\"anyOf\":[{\"minimum\":3}]}]}",
	    "1\n",
	    "1:1  minimum: must be at least 5 (because)\n"
	    "1:1  anyOf: fits none of the 2 alternatives; number 1 is nearest "
	    "(because)\n"
	    "1:1  anyOf: fits none of the 2 alternatives; number 1 is "
	    "nearest\n");
	finds("{\"oneOf\":[{},{\"type\":\"null\"},true]}", "1\n",
	    "1:1  oneOf: fits the alternatives 1 and 3, but must fit one "
	    "only\n");
	finds("{\"not\":{\"type\":\"integer\"}}", "1\n",
	    "1:1  not: fits a schema that it must not fit\n");
}

static void
what_cannot_be_checked_is_not_valid(void **state)
{
	(void)state;
	finds("{\"pattern\":\"^(?!a)\"}", "b\n",
	    "? 1:1  pattern: the pattern '^(?!a)' is not supported: it looks "
	    "ahead\n");
	finds("{\"patternProperties\":{\"(a)\\\\1\":false},"
	      "\"additionalProperties\":false}",
	    "b: 1\n",
	    "? 1:4 /b patternProperties: the pattern '(a)\\1' is not "
	    "supported: it goes back to what a group matched\n");
	finds("{\"$ref\":\"http://x.example/a.json#/b\"}", "1\n",
	    "? 1:1  $ref: it refers to 'http://x.example/a.json', which is not "
	    "among the schemas that were given\n");
	finds("{\"$ref\":\"#/b\"}", "1\n",
	    "? 1:1  $ref: it refers to 's.json#/b', which does not exist\n");
	finds("{\"required\":true}", "a: 1\n",
	    "? 1:1  required: it is not a list\n");
	finds("{\"properties\":{\"a\":{\"type\":\"string\"}}}", "a: !Ref b\n",
	    "? 1:9 /a : its value is not known yet\n");
	finds("{\"enum\":[[1]]}", "- !Ref b\n",
	    "? 1:1  enum: a part of it is not known yet\n");
	finds("{\"const\":[1]}", "- !Ref b\n",
	    "? 1:1  const: a part of it is not known yet\n");
	assert_int_equal(verdict("{\"not\":{\"pattern\":\"(?=a)\"}}", "b"),
	    GV_SCHEMA_UNKNOWN);
	assert_int_equal(
	    verdict("{\"anyOf\":[{\"pattern\":\"(?=a)\"},{}]}", "b"),
	    GV_SCHEMA_VALID);
	assert_int_equal(
	    verdict("{\"anyOf\":[{\"pattern\":\"(?=a)\"},false]}", "b"),
	    GV_SCHEMA_UNKNOWN);
	assert_int_equal(
	    verdict("{\"oneOf\":[{\"pattern\":\"(?=a)\"},{}]}", "b"),
	    GV_SCHEMA_UNKNOWN);
	assert_int_equal(
	    verdict("{\"allOf\":[{\"pattern\":\"(?=a)\"},false]}", "b"),
	    GV_SCHEMA_INVALID);
	assert_int_equal(
	    verdict("{\"if\":{\"pattern\":\"(?=a)\"},\"then\":{},\"else\":{}}",
		"b"),
	    GV_SCHEMA_VALID);
	assert_int_equal(
	    verdict("{\"if\":{\"pattern\":\"(?=a)\"},\"then\":false}", "b"),
	    GV_SCHEMA_UNKNOWN);
}

/* A keyword whose value makes no sense holds for nothing. */
static void
a_malformed_keyword_is_not_valid(void **state)
{
	static const char *const schemas[] = { "{\"type\":\"strng\"}",
		"{\"type\":[1]}", "{\"enum\":1}", "{\"minimum\":\"1\"}",
		"{\"exclusiveMaximum\":true}", "{\"multipleOf\":0}",
		"{\"minLength\":-1}", "{\"pattern\":1}", "{\"allOf\":{}}",
		"{\"anyOf\":[]}", "{\"oneOf\":[1]}", "{\"not\":1}",
		"{\"$ref\":1}", "{\"properties\":[]}", "{\"required\":[1]}",
		"{\"patternProperties\":[]}", "{\"dependencies\":[]}",
		"{\"additionalProperties\":1}",
		("{\"$schema\":\"https://json-schema.org/draft/2019-09/schema\","
		 "\"dependentRequired\":{\"a\":1}}"),
		"{\"$ref\":\"#/x\",\"x\":1}" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(schemas) / sizeof(schemas[0]); i++)
		assert_int_equal(
		    verdict(schemas[i], "a: 1\n"), GV_SCHEMA_UNKNOWN);
	/* more than there is of anything, and an empty list of schemas */
	assert_int_equal(verdict("{\"maxProperties\":1e30,\"items\":[],"
				 "\"patternProperties\":{}}",
			     "a: 1\n"),
	    GV_SCHEMA_VALID);
}

static void
equal_values_repeat(void **state)
{
	static const char unique[] = "{\"uniqueItems\":true}";

	(void)state;
	assert_int_equal(
	    verdict(unique, "[{\"a\":1,\"b\":[1.5]},{\"b\":[1.50],\"a\":1}]"),
	    GV_SCHEMA_INVALID);
	assert_int_equal(
	    verdict(unique, "[{\"a\":1,\"b\":2},{\"b\":2,\"c\":1}]"),
	    GV_SCHEMA_VALID);
	assert_int_equal(verdict(unique, "[[1,2],[2,1],true,false,null,0]"),
	    GV_SCHEMA_VALID);
	assert_int_equal(verdict(unique,
			     "[{\"a\":1,\"b\":2},2,3,4,5,6,7,8,\"x\",[1.5],"
			     "{\"b\":2.0,\"a\":1}]"),
	    GV_SCHEMA_INVALID);
	assert_int_equal(verdict("{\"enum\":[{\"a\":1,\"a\":2}]}", "a: 2\n"),
	    GV_SCHEMA_VALID);
}

static void
endless_schemas_end(void **state)
{
	const struct gv_schema_opts few = { .steps = 1000 };
	struct gv_buf b = GV_BUF_INIT;
	unsigned i;

	(void)state;
	finds("{\"$ref\":\"#\"}", "1\n",
	    "? 1:1  $ref: the schema refers to itself, or "
	    "through more than 4096 others\n");
	/* 2^30 ways to the same end */
	gv_buf_addstr(&b, "{\"definitions\":{");
	for (i = 0; i < 30; i++)
		gv_buf_addf(&b,
		    "\"d%u\":{\"allOf\":[{\"$ref\":\"#/definitions/d%u\"},"
		    "{\"$ref\":\"#/definitions/d%u\"}]},",
		    i, i + 1, i + 1);
	gv_buf_addstr(&b, "\"d30\":{}},\"$ref\":\"#/definitions/d0\"}");
	finds_with(&few, b.p, "1\n",
	    "? 1:1  : checking it would take more than 1000 steps\n");
	gv_buf_release(&b);
}

static void
kubernetes_has_its_own_dialect(void **state)
{
	const struct gv_schema_opts k = { .draft = GV_SCHEMA_KUBERNETES };
	static const char schema[] =
	    "{\"type\":\"object\",\"properties\":{\"spec\":{\"type\":"
	    "\"object\",\"properties\":{"
	    "\"port\":{\"x-kubernetes-int-or-string\":true},"
	    "\"size\":{\"type\":\"string\",\"nullable\":true,\"enum\":[\"s\"]},"
	    "\"free\":{\"type\":\"object\",\"properties\":{},"
	    "\"x-kubernetes-preserve-unknown-fields\":true},"
	    "\"cel\":{\"x-kubernetes-validations\":[]},"
	    "\"ports\":{\"type\":\"array\",\"items\":{\"type\":\"object\"},"
	    "\"x-kubernetes-list-type\":\"map\","
	    "\"x-kubernetes-list-map-keys\":[\"port\",\"protocol\"]},"
	    "\"names\":{\"type\":\"array\",\"x-kubernetes-list-type\":\"set\"}"
	    "}}}}";
	const struct gv_schema_node *n;
	const char *const *keys;
	struct checked c;
	size_t n_keys;

	(void)state;
	finds_with(&k, schema,
	    "apiVersion: v1\nkind: X\nmetadata: {name: x}\nspec:\n"
	    "  port: 1.5\n  size: null\n  free: {a: 1}\n  poort: 1\n"
	    "  names: [a, a]\n  cel: 1\n",
	    "5:9 /spec/port type: must be string or integer, but is number\n"
	    "8:3 /spec/poort additionalProperties: unknown key 'poort'; did "
	    "you mean 'port'?\n"
	    "9:14 /spec/names/1 uniqueItems: repeats item 0 of the list\n"
	    "? 10:8 /spec/cel x-kubernetes-validations: rules in CEL are not "
	    "evaluated\n");
	check_with(&c, &k, schema, "spec: {port: a}\n");
	assert_int_equal(c.report.verdict, GV_SCHEMA_VALID);
	n = gv_schema_step(gv_schema_root(c.s), "spec", 4);
	keys = gv_schema_list_keys(gv_schema_step(n, "ports", 5), &n_keys);
	assert_true(n_keys == 2);
	assert_string_equal(keys[1], "protocol");
	assert_true(gv_schema_is_set(gv_schema_step(n, "names", 5)));
	assert_null(gv_schema_step(n, "nothing", 7));
	assert_null(gv_schema_list_keys(NULL, &n_keys));
	release(&c);
}

static void
a_finding_is_written_with_both_places(void **state)
{
	struct gv_buf out = GV_BUF_INIT;
	struct checked c;

	(void)state;
	check_with(&c, NULL, "{\"properties\":\n {\"a\": {\"minimum\": 3}}}",
	    "a: 1\n");
	gv_schema_write(&out, c.s, &c.in, &c.report.findings[0]);
	assert_string_equal(out.p,
	    "a.yaml:1:4: /a: must be at least 3 (s.json:2:9 "
	    "/properties/a/minimum)");
	gv_buf_release(&out);
	release(&c);
}

static void
a_schema_has_problems_of_its_own(void **state)
{
	struct gv_schema_report report;
	struct gv_buf out = GV_BUF_INIT;
	struct checked c;

	(void)state;
	check_with(&c, NULL, "{\"type\": \"strng\", \"minLength\": -1}", "1\n");
	assert_int_equal(gv_schema_problems(c.s, 0, &report), 0);
	assert_int_equal(report.verdict, GV_SCHEMA_INVALID);
	assert_true(report.n >= 2);
	gv_instance_pointer(
	    &out, gv_schema_document(c.s, 0), report.findings[0].node);
	assert_string_equal(out.p, "/type");
	gv_schema_report_release(&report);
	assert_null(gv_schema_document(c.s, 9));
	gv_buf_release(&out);
	release(&c);
}

UNIT(schema)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_finding_has_the_place_of_the_value),
		cmocka_unit_test(a_key_that_is_missing_or_unknown_is_named),
		cmocka_unit_test(what_is_allowed_is_named),
		cmocka_unit_test(lists_have_their_own),
		cmocka_unit_test(the_branch_that_fits_best_is_explained),
		cmocka_unit_test(what_cannot_be_checked_is_not_valid),
		cmocka_unit_test(a_malformed_keyword_is_not_valid),
		cmocka_unit_test(equal_values_repeat),
		cmocka_unit_test(endless_schemas_end),
		cmocka_unit_test(kubernetes_has_its_own_dialect),
		cmocka_unit_test(a_finding_is_written_with_both_places),
		cmocka_unit_test(a_schema_has_problems_of_its_own),
	};

	return UNIT_RUN(tests);
}
