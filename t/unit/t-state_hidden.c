#include "unit.h"

#include "toolstate/state_hidden.h"
#include "state_told.h"

/* What is left of a document, with ? for each span. */
struct left {
	struct listener from;
	struct gv_state_hidden hidden;
	struct gv_buf text;
	size_t all; /* groups that are hidden as a whole */
};

static int
leave(void *ctx, const struct gv_state_group *g)
{
	struct left *left = ctx;
	struct gv_state_hidden *h = &left->hidden;
	size_t i, at = 0;

	assert_int_equal(gv_state_hidden_read(h, g), 0);
	gv_state_hidden_settle(h);
	for (i = 0; i < h->n; i++) {
		assert_true(h->spans[i].len > 0);
		assert_true(i == 0 || h->spans[i].at > at);
		assert_true(h->spans[i].at + h->spans[i].len <= g->len);
		gv_buf_add(&left->text, g->text + at, h->spans[i].at - at);
		gv_buf_addch(&left->text, '?');
		at = h->spans[i].at + h->spans[i].len;
	}
	left->all += h->n == 1 && h->spans[0].len == g->len;
	gv_buf_add(&left->text, g->text + at, g->len - at);
	return 0;
}

static void
run_left(struct left *left, const char *text, size_t len)
{
	struct gv_state_source source = { .read = give, .ctx = left };
	struct gv_state_info info;

	memset(left, 0, sizeof(*left));
	left->text = (struct gv_buf)GV_BUF_INIT;
	left->from.text = text;
	left->from.len = len;
	assert_int_equal(gv_state_run(&info, &source, leave, left), 0);
	assert_int_equal(gv_buf_check(&left->text), 0);
}

static void
release(struct left *left)
{
	gv_state_hidden_release(&left->hidden);
	gv_buf_release(&left->text);
}

/* With ' for " in both. */
static void
assert_left(const char *text, const char *expect)
{
	char *document = quoted(text), *want = quoted(expect);
	struct left left;

	run_left(&left, document, strlen(document));
	assert_string_equal(left.text.p, want);
	release(&left);
	free(document);
	free(want);
}

/* ---- Terraform ---- */

/* A state of these resources. */
#define TF(resources)                                                          \
	"{'version': 4, 'terraform_version': '1.9.5', 'serial': 7,\n"          \
	"'lineage': 'abc', 'outputs': {}, 'resources': [" resources            \
	"], 'check_results': null}\n"
#define DB                                                                     \
	"{'mode': 'managed', 'type': 'db', 'name': 'a', 'provider': 'p', "     \
	"'instances': ["

static void
what_terraform_marks_is_hidden(void **state)
{
	(void)state;
	assert_left(TF(DB "{'index_key': 0, 'schema_version': 1, 'attributes': "
			  "{'id': 'i', 'n': 20, 'pw': 'x', 'm': {'a': [1]}}, "
			  "'sensitive_attributes': [], 'private': 'eyJ9', "
			  "'dependencies': ['a.b', 'c.d']}]}"),
	    TF(DB "{'index_key': 0, 'schema_version': 1, 'attributes': "
		  "{'id': 'i', 'n': 20, 'pw': 'x', 'm': {'a': [1]}}, "
		  "'sensitive_attributes': [], 'private': ?, "
		  "'dependencies': ['a.b', 'c.d']}]}"));
	/* the paths tell names alone, and go with what they speak of */
	assert_left(TF(DB "{'attributes': {'id': 'i', 'pw': 'x', 'm': {'a': "
			  "'y', 'b': 1}}, 'sensitive_attributes': [[{'type': "
			  "'get_attr', 'value': 'pw'}], [{'type': 'get_attr', "
			  "'value': 'm'}, {'type': 'index', 'value': 1}]]}]}"),
	    TF(DB "{'attributes': {'id': 'i', 'pw': ?, 'm': ?}, "
		  "'sensitive_attributes': [[{'type': ?, 'value': ?}], "
		  "[{'type': ?, 'value': ?}, {'type': ?, 'value': ?}]]}]}"));
	assert_left(TF(DB "{'attributes_flat': {'id': 'i', 'pw': 'x'}}]}"),
	    TF(DB "{'attributes_flat': {'id': ?, 'pw': ?}}]}"));
}

static void
what_terraform_marks_in_an_odd_way_is_hidden_with_all_attributes(void **state)
{
	(void)state;
	assert_left(TF(DB "{'attributes': {'id': 'i', 'pw': 'x', 'b': true}, "
			  "'sensitive_attributes': 'pw'}]}"),
	    TF(DB "{'attributes': {'id': ?, 'pw': ?, 'b': ?}, "
		  "'sensitive_attributes': ?}]}"));
}

static void
outputs_are_hidden_by_their_mark(void **state)
{
	(void)state;
	assert_left("{'version': 4, 'serial': 1, 'lineage': 'l', 'outputs': "
		    "{'a': {'value': 'x', 'type': 'string'}, 'b': {'value': "
		    "['s', 1], 'type': ['list', 'string'], 'sensitive': true}"
		    "}, 'resources': []}",
	    "{'version': 4, 'serial': 1, 'lineage': 'l', 'outputs': "
	    "{'a': {'value': 'x', 'type': 'string'}, 'b': {'value': "
	    "?, 'type': ?, 'sensitive': true}"
	    "}, 'resources': []}");
}

static void
what_the_handler_does_not_know_is_hidden(void **state)
{
	(void)state;
	/* of the document: backends, modules of format 3, and what comes yet */
	assert_left("{'version': 4, 'serial': 1, 'lineage': 'l', 'backend': "
		    "{'type': 's3', 'config': {'secret_key': 'k', 'n': -1.5e3, "
		    "'t': true}}, 'note': 'x', 'list': ['x', 12, null], "
		    "'resources': []}",
	    "{'version': 4, 'serial': 1, 'lineage': 'l', 'backend': "
	    "{'type': ?, 'config': {'secret_key': ?, 'n': ?, "
	    "'t': true}}, 'note': ?, 'list': [?, ?, null], "
	    "'resources': []}");
	assert_left("{'version': 3, 'serial': 1, 'lineage': 'l', 'modules': [{"
		    "'path': ['root'], 'resources': {'a.b': {'type': 'a', "
		    "'primary': {'id': 'i', 'attributes': {'pw': 'x'}}}}}]}",
	    "{'version': 3, 'serial': 1, 'lineage': 'l', 'modules': [{"
	    "'path': [?], 'resources': {'a.b': {'type': ?, "
	    "'primary': {'id': ?, 'attributes': {'pw': ?}}}}}]}");
	/* of a resource and an instance, and invalid forms; no provider
	 * declares secrets in an identity, which is read like attributes */
	assert_left(
	    TF("{'mode': 'managed', 'type': 'db', 'name': 'a', 'extra': "
	       "'x', 'instances': [{'attributes': ['x', {'name': 'y'}], "
	       "'private': ['x'], 'identity': {'name': 'x', 'l': [['y']]}, "
	       "'p\\u0061rent': 'x'}]}"),
	    TF("{'mode': 'managed', 'type': 'db', 'name': 'a', 'extra': "
	       "?, 'instances': [{'attributes': [?, {'name': ?}], "
	       "'private': [?], 'identity': {'name': 'x', 'l': [['y']]}, "
	       "'p\\u0061rent': ?}]}"));
	/* behind a list or map no key is in force any more */
	assert_left(TF("{'type': 'db', 'name': 'a', 'mode': [{'name': 'n'}, "
		       "'x'], 'instances': []}"),
	    TF("{'type': 'db', 'name': 'a', 'mode': [{'name': ?}, "
	       "?], 'instances': []}"));
}

/* ---- others ---- */

static void
secrets_of_pulumi_are_hidden(void **state)
{
	(void)state;
	assert_left(
	    "{'version': 3, 'deployment': {'manifest': {'magic': 'x'}, "
	    "'secrets_providers': {'type': 'passphrase', 'state': {'salt': "
	    "'x'}}, 'resources': [{'urn': 'urn:pulumi:d::p::a:b:C::n', "
	    "'type': 'a:b:C', 'id': 'i', 'inputs': {'a': 'b', 'pw': {"
	    "'4dabf18193072939515e22adb298388d': "
	    "'1b47061264138c4ac30d75fd1eb44270', 'plaintext': '\\'x\\''}}, "
	    "'outputs': {'o': 1, 't': 'x'}, 'additionalSecretOutputs': ['t'], "
	    "'odd': 'x'}]}}",
	    "{'version': 3, 'deployment': {'manifest': {'magic': ?}, "
	    "'secrets_providers': {'type': ?, 'state': {'salt': "
	    "?}}, 'resources': [{'urn': 'urn:pulumi:d::p::a:b:C::n', "
	    "'type': 'a:b:C', 'id': 'i', 'inputs': {'a': 'b', 'pw': ?}, "
	    "'outputs': {'o': 1, 't': ?}, 'additionalSecretOutputs': [?], "
	    "'odd': ?}]}}");
}

static void
a_secret_of_kubernetes_is_hidden_by_its_data(void **state)
{
	(void)state;
	assert_left(
	    "{'apiVersion': 'v1', 'kind': 'List', 'items': [{'apiVersion': "
	    "'v1', 'kind': 'Secret', 'metadata': {'name': 's', 'namespace': "
	    "'d', 'annotations': {'last': 'x'}, 'labels': {'app': 'a'}}, "
	    "'data': {'k': 'eA=='}, 'stringData': {'p': 'x'}, 'type': "
	    "'Opaque'}, {'apiVersion': 'v1', 'kind': 'ConfigMap', 'metadata': "
	    "{'name': 'c', 'namespace': 'd'}, 'data': {'k': 'v'}}]}",
	    "{'apiVersion': 'v1', 'kind': 'List', 'items': [{'apiVersion': "
	    "'v1', 'kind': 'Secret', 'metadata': {'name': 's', 'namespace': "
	    "'d', 'annotations': {'last': ?}, 'labels': {'app': 'a'}}, "
	    "'data': {'k': ?}, 'stringData': {'p': ?}, 'type': "
	    "'Opaque'}, {'apiVersion': 'v1', 'kind': 'ConfigMap', 'metadata': "
	    "{'name': 'c', 'namespace': 'd'}, 'data': {'k': 'v'}}]}");
}

static void
what_is_no_json_is_hidden_as_a_whole(void **state)
{
	static const char yaml[] = "apiVersion: v1\nkind: ConfigMap\n"
				   "metadata:\n  name: c\ndata:\n  k: v\n",
			  other[] = "no state at all\n";
	char *large = malloc(500000);
	struct left left;

	(void)state;
	run_left(&left, yaml, strlen(yaml));
	assert_string_equal(left.text.p, "?");
	release(&left);
	run_left(&left, other, strlen(other));
	assert_string_equal(left.text.p, "?");
	release(&left);
	/* a value that no tool knows, and that is cut in pieces */
	assert_non_null(large);
	memset(large, 'x', 500000);
	memcpy(large, "{\"version\": 4, \"serial\": 1, \"big\": \"", 36);
	memcpy(large + 500000 - 2, "\"}", 2);
	run_left(&left, large, 500000);
	assert_true(left.all >= 1);
	assert_null(strstr(left.text.p, "xx"));
	release(&left);
	free(large);
}

/* Whatever is broken, spans stay in the group, in order: leave() looks. */
static void
a_damaged_state_is_gone_through_to_its_end(void **state)
{
	static const char odd[] = "{}[]\",:\\0-te\n\xff";
	char *text = quoted(
	    TF(DB "{'attributes': {'id': 'i', 'pw': 'x\\\\'}, 'private': 'e', "
		  "'sensitive_attributes': [[{'value': 'pw'}]]}]}"));
	size_t len = strlen(text), i;
	uint32_t x = 1;

	(void)state;
	for (i = 0; i < 20 * len; i++) {
		struct left left;
		char *copy = malloc(len);

		assert_non_null(copy);
		memcpy(copy, text, len);
		x = x * 1664525 + 1013904223;
		copy[i % len] = odd[(x >> 16) % (sizeof(odd) - 1)];
		copy[(x >> 8) % len] = odd[(x >> 24) % (sizeof(odd) - 1)];
		run_left(&left, copy, i < len ? i : len);
		release(&left);
		free(copy);
	}
	free(text);
}

static void
spans_that_touch_are_one(void **state)
{
	struct gv_state_hidden h = { .n = 0 };
	size_t i;

	(void)state;
	gv_state_hidden_settle(&h);
	assert_int_equal(h.n, 0);
	for (i = 0; i < 3; i++)
		assert_int_equal(gv_state_hidden_add(&h, 10 - 5 * i, 5), 0);
	assert_int_equal(gv_state_hidden_add(&h, 30, 10), 0);
	assert_int_equal(gv_state_hidden_add(&h, 32, 2), 0);
	assert_int_equal(gv_state_hidden_add(&h, 30, 4), 0);
	assert_int_equal(gv_state_hidden_add(&h, 30, 10), 0);
	assert_int_equal(gv_state_hidden_add(&h, 50, 0), 0);
	gv_state_hidden_settle(&h);
	assert_int_equal(h.n, 2);
	assert_int_equal(h.spans[0].at, 0);
	assert_int_equal(h.spans[0].len, 15);
	assert_int_equal(h.spans[1].at, 30);
	assert_int_equal(h.spans[1].len, 10);
	gv_state_hidden_release(&h);
}

UNIT(state_hidden)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_terraform_marks_is_hidden),
		cmocka_unit_test(
		    what_terraform_marks_in_an_odd_way_is_hidden_with_all_attributes),
		cmocka_unit_test(outputs_are_hidden_by_their_mark),
		cmocka_unit_test(what_the_handler_does_not_know_is_hidden),
		cmocka_unit_test(secrets_of_pulumi_are_hidden),
		cmocka_unit_test(a_secret_of_kubernetes_is_hidden_by_its_data),
		cmocka_unit_test(what_is_no_json_is_hidden_as_a_whole),
		cmocka_unit_test(a_damaged_state_is_gone_through_to_its_end),
		cmocka_unit_test(spans_that_touch_are_one),
	};

	return UNIT_RUN(tests);
}
