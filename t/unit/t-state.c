#include "unit.h"

#include "state_told.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "toolstate/state.h"

/* The items of resources, in a state of format 4. */
static void
assert_resources(const char *resources, const char *expect)
{
	struct gv_buf b = GV_BUF_INIT;

	gv_buf_addf(&b,
	    "{\"version\": 4, \"serial\": 1, \"lineage\": \"a\",\n"
	    "\"outputs\": {}, \"resources\": [%s],\n\"check_results\": null}\n",
	    resources);
	assert_items(b.p, expect);
	gv_buf_release(&b);
}

#define BUCKET                                                                 \
	"{\"mode\":\"managed\",\"type\":\"aws_s3_bucket\",\"name\":\"b\","     \
	"\"provider\":\"p\",\"instances\":["

/* ---- addresses ---- */

static void
an_address_is_as_terraform_prints_it(void **state)
{
	(void)state;
	assert_resources(BUCKET "{}]}", "aws_s3_bucket.b  aws_s3_bucket p\n");
	assert_resources("{\"module\":\"module.a[\\\"x\\\"].module.c\","
			 "\"mode\":\"data\",\"type\":\"aws_ami\",\"name\":"
			 "\"b\",\"instances\":[{\"index_key\":0},"
			 "{\"index_key\":12}]}",
	    "module.a[\"x\"].module.c.data.aws_ami.b[0] R aws_ami \n"
	    "module.a[\"x\"].module.c.data.aws_ami.b[12] R aws_ami \n");
	assert_resources(BUCKET "{\"index_key\":null},{\"index_key\":{}},"
				"{\"index_key\":true}]}",
	    "aws_s3_bucket.b  aws_s3_bucket p\n"
	    "aws_s3_bucket.b  aws_s3_bucket p\n"
	    "aws_s3_bucket.b  aws_s3_bucket p\n");
	assert_resources(
	    "{\"module\":\"\",\"mode\":\"m\",\"t\\u0079pe\":\"\\u0061\","
	    "\"name\":\"n\\u00e4\"}",
	    "a.n\303\244  \\u0061 \n");
}

static void
assert_key(const char *key, const char *expect)
{
	struct gv_buf text = GV_BUF_INIT, line = GV_BUF_INIT;

	gv_buf_addf(&text, BUCKET "{\"index_key\":\"%s\"}]}", key);
	gv_buf_addf(
	    &line, "aws_s3_bucket.b[\"%s\"]  aws_s3_bucket p\n", expect);
	assert_resources(text.p, line.p);
	gv_buf_release(&text);
	gv_buf_release(&line);
}

static void
a_key_is_quoted_as_terraform_quotes_it(void **state)
{
	(void)state;
	assert_key("", "");
	assert_key("a b/c.d", "a b/c.d");
	assert_key("say \\\"a\\\" \\\\", "say \\\"a\\\" \\\\");
	assert_key("\\n\\r\\t\\b", "\\n\\r\\t\\u0008");
	assert_key("${a} %{b} $a $${ %", "$${a} %%{b} $a $$${ %");
	assert_key("\303\274\\u00fc\\u20ac", "\303\274\303\274\342\202\254");
	assert_key("\\u00a0\\u200b\\u007f", "\\u00a0\\u200b\\u007f");
	assert_key("\\ud83d\\ude00", "\360\237\230\200");
	assert_key("\\udbff\\udffd", "\\U0010fffd");
	assert_key("\\ue000", "\\ue000");
}

/* ---- instances ---- */

static void
an_instance_tells_its_attributes_as_they_stand(void **state)
{
	(void)state;
	assert_resources(BUCKET
	    "{\"schema_version\":0,\"attributes\":{\"id\":\"x\\n\",\"n\": 1.50,"
	    "\"m\":{\"a\":[ 1 ]},\"l\":[],\"z\":null},"
	    "\"dependencies\":[\"a.b\",\"module.x[\\\"k\\\"].c.d\",7],"
	    "\"depends_on\":[\"e.f\"],\"create_before_destroy\":true}]}",
	    "aws_s3_bucket.b  aws_s3_bucket p id=\"x\\n\" n=1.50 "
	    "m={\"a\":[ 1 ]} l=[] z=null >a.b >module.x[\"k\"].c.d >e.f\n");
}

static void
marks_are_told(void **state)
{
	(void)state;
	assert_resources(BUCKET "{\"status\":\"tainted\"},"
				"{\"deposed\":\"0badcafe\"},"
				"{\"status\":\"\",\"deposed\":\"\"},"
				"{\"provider\":\"q\"},"
				"{\"status\":{\"a\":1},\"deposed\":[7],"
				"\"identity\":8,\"index_key\":\"z\"}]}",
	    "aws_s3_bucket.b T aws_s3_bucket p "
	    "instance.status=\"tainted\"\n"
	    "aws_s3_bucket.b D aws_s3_bucket p @0badcafe "
	    "instance.deposed=\"0badcafe\"\n"
	    "aws_s3_bucket.b  aws_s3_bucket p instance.status=\"\" "
	    "instance.deposed=\"\"\n"
	    "aws_s3_bucket.b  aws_s3_bucket q\n"
	    "aws_s3_bucket.b[\"z\"]  aws_s3_bucket p\n");
}

static void
what_is_sensitive_is_marked(void **state)
{
	(void)state;
	assert_resources(BUCKET
	    "{\"sensitive_attributes\":[[{\"type\":\"get_attr\",\"value\":"
	    "\"pw\"}],[{\"value\":\"m\",\"type\":\"get_attr\"},"
	    "{\"type\":\"index\",\"value\":{\"value\":\"a\",\"type\":"
	    "\"string\"}}]],\"attributes\":{\"a\":1,\"pw\":2,\"m\":{},"
	    "\"pw2\":3,\"p\":4,\"p\\u0077\":5}}]}",
	    "aws_s3_bucket.b  aws_s3_bucket p a=1 pw=2! m={}! pw2=3 p=4 "
	    "p\\u0077=5!\n");
	/* of a path without a name that is all */
	assert_resources(BUCKET "{\"attributes\":{\"a\":1,\"b\":2},"
				"\"sensitive_attributes\":[[]]},"
				"{\"attributes\":{\"a\":1}}]}",
	    "aws_s3_bucket.b  aws_s3_bucket p a=1! b=2!\n"
	    "aws_s3_bucket.b  aws_s3_bucket p a=1\n");
	assert_resources(BUCKET "{\"attributes\":{\"a\":1},"
				"\"sensitive_attributes\":[7,[{\"value\":{}}]"
				"]}]}",
	    "aws_s3_bucket.b  aws_s3_bucket p a=1!\n");
	/* nor is one whose first step is no map */
	assert_resources(BUCKET "{\"sensitive_attributes\":[[[\"pw\"],{}]],"
				"\"attributes\":{\"a\":1}}]}",
	    "aws_s3_bucket.b  aws_s3_bucket p a=1!\n");
	assert_resources(BUCKET "{\"attributes_flat\":{\"a.%\":\"1\"},"
				"\"private\":\"bnVsbA==\"},"
				"{\"private\":null,\"sensitive_attributes\":"
				"null,\"attributes\":{\"a\":2}}]}",
	    "aws_s3_bucket.b  aws_s3_bucket p a.%=\"1\"! private=\"bnVsbA==\"!\n"
	    "aws_s3_bucket.b  aws_s3_bucket p a=2\n");
}

static void
every_duplicate_counts(void **state)
{
	(void)state;
	assert_resources(
	    "{\"type\":\"x\",\"mode\":\"data\",\"mode\":\"managed\","
	    "\"name\":\"n\",\"type\":\"t\",\"instances\":[{\"private\":\"1\"}],"
	    "\"instances\":[{\"attributes\":{\"a\":1,\"a\":2},"
	    "\"sensitive_attributes\":[[{\"value\":\"a\"}]],"
	    "\"sensitive_attributes\":[]}]}",
	    "t.n  t  private=\"1\"!\n"
	    "t.n  t  a=1! a=2!\n");
	/* but of needs the last, as the tool takes it */
	assert_resources(BUCKET
	    "{\"dependencies\":[\"a\",\"b\"],\"depends_on\":[\"c\"],"
	    "\"dependencies\":[\"d\"],\"depends_on\":[\"e\",\"f\"],"
	    "\"dependencies\":[\"g\"]},{\"depends_on\":[\"h\"],"
	    "\"depends_on\":null}]}",
	    "aws_s3_bucket.b  aws_s3_bucket p >e >f >g\n"
	    "aws_s3_bucket.b  aws_s3_bucket p\n");
}

static void
what_has_no_instance_is_one_item(void **state)
{
	(void)state;
	assert_resources(BUCKET "]}", "aws_s3_bucket.b  aws_s3_bucket p\n");
	assert_resources("{\"type\":\"t\",\"name\":\"n\",\"mode\":\"data\"},"
			 "{\"type\":\"t\",\"name\":\"m\",\"instances\":7}",
	    "data.t.n R t \nt.m  t \n");
}

static void
what_is_no_resource_is_no_item(void **state)
{
	(void)state;
	assert_resources("7, [], {}, null, \"a\", {\"type\":\"t\"},"
			 "{\"type\":\"t\",\"name\":\"n\"},"
			 "{\"type\":7,\"name\":\"n\",\"mode\":\"data\"}",
	    "");
	assert_resources(BUCKET "7,[{}],null,{}]}, {\"a\":" BUCKET "{}]}}",
	    "aws_s3_bucket.b  aws_s3_bucket p\n");
}

static void
an_output_is_an_item(void **state)
{
	(void)state;
	assert_items("{\"version\":4,\"serial\":1,\"outputs\":{\"a\":{"
		     "\"value\":\"x\",\"type\":\"string\"},\"b\\u0062\":{"
		     "\"value\":[1],\"type\":[\"list\",\"number\"],"
		     "\"sensitive\":true},\"c\":{\"sensitive\":false},"
		     "\"d\":7}}",
	    "output.a    value=\"x\" type=\"string\"\n"
	    "output.bb S   value=[1]! type=[\"list\",\"number\"]!\n"
	    "output.c   \n");
}

/* ---- the document ---- */

static const char whole[] =
    "{\n  \"version\": 4,\n  \"terraform_version\": \"1.6.0\",\n"
    "  \"serial\": 18446744073709551615,\n  \"lineage\": \"f0-0d\",\n"
    "  \"outputs\": {\n    \"o\": {\n      \"value\": 1,\n"
    "      \"type\": \"number\"\n    }\n  },\n  \"resources\": [\n    {\n"
    "      \"module\": \"module.m\",\n      \"mode\": \"managed\",\n"
    "      \"type\": \"t\",\n      \"name\": \"n\",\n"
    "      \"provider\": \"p\",\n      \"instances\": [\n        {\n"
    "          \"index_key\": 1,\n          \"attributes\": {\n"
    "            \"id\": \"x\"\n          },\n"
    "          \"dependencies\": [\n            \"a.b\"\n          ]\n"
    "        }\n      ]\n    }\n  ],\n  \"check_results\": null\n}\n";

static const char sorted[] =
    "{\"check_results\":null,\"lineage\":\"f0-0d\",\"outputs\":{\"o\":{"
    "\"type\":\"number\",\"value\":1}},\"resources\":[{\"instances\":[{"
    "\"attributes\":{\"id\":\"x\"},\"dependencies\":[\"a.b\"],"
    "\"index_key\":1}],\"mode\":\"managed\",\"module\":\"module.m\","
    "\"name\":\"n\",\"provider\":\"p\",\"type\":\"t\"}],"
    "\"serial\":18446744073709551615,\"terraform_version\":\"1.6.0\","
    "\"version\":4}";

static void
assert_whole(const struct gv_state_info *info)
{
	assert_string_equal(info->tool, "terraform");
	assert_int_equal(info->format, 4);
	assert_string_equal(info->writer, "1.6.0");
	assert_string_equal(info->lineage, "f0-0d");
	assert_true(info->has_serial && info->serial == UINT64_MAX);
	assert_false(info->is_encrypted);
	assert_int_equal(info->items, 2);
	assert_string_equal(info->damage, "");
}

static void
keys_may_stand_in_any_order(void **state)
{
	struct listener l = LISTENER;
	struct gv_state_info info;

	(void)state;
	run(&info, &l, whole);
	assert_whole(&info);
	assert_string_equal(l.list.p,
	    "output.o    value=1 type=\"number\"\n"
	    "module.m.t.n[1]  t p id=\"x\" >a.b\n");
	/* the head, the resources, the tail */
	assert_int_equal(l.n, 3);
	assert_int_equal(l.groups[0].n_items, 1);
	assert_int_equal(l.groups[1].n_items, 1);
	assert_int_equal(l.groups[2].n_items, 0);
	free_listener(&l);
	run(&info, &l, sorted);
	assert_whole(&info);
	assert_string_equal(l.list.p,
	    "output.o    type=\"number\" value=1\n"
	    "module.m.t.n[1]  t p id=\"x\" >a.b\n");
	assert_int_equal(l.n, 3);
	free_listener(&l);
}

static void
however_little_is_read_at_a_time(void **state)
{
	static const size_t steps[] = { 1, 2, 7, 4096 };
	struct gv_state_info info;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct listener l = LISTENER;

		l.step = steps[i];
		run(&info, &l, whole);
		assert_whole(&info);
		assert_int_equal(l.n, 3);
		free_listener(&l);
	}
}

static void
assert_opaque(const char *text, const char *damage)
{
	struct listener l = LISTENER;
	struct gv_state_info info;

	run(&info, &l, text);
	assert_string_equal(info.tool, "opaque");
	assert_string_equal(info.damage, damage);
	assert_false(info.has_serial || info.is_encrypted || info.format);
	assert_string_equal(l.list.p, "");
	free_listener(&l);
}

static void
what_no_tool_knows_is_opaque(void **state)
{
	(void)state;
	assert_opaque("7", "");
	assert_opaque("[1,2,{\"version\":4,\"serial\":1}]", "");
	assert_opaque("{\"version\":4}", "");
	assert_opaque("{\"version\":\"4\",\"serial\":1}", "");
	assert_opaque("{\"version\":4.0,\"serial\":1}", "");
	assert_opaque("{\"a\":{\"version\":4,\"serial\":1}}", "");
	assert_opaque("{\"serial\":1,\"lineage\":\"a\"}", "");
	/* a template of another tool */
	assert_opaque("{\"resources\":[{\"type\":\"Microsoft.Web/sites\","
		      "\"name\":\"a\",\"apiVersion\":\"2020\"}]}",
	    "");
	assert_opaque("{\"resources\":[{\"urn\":\"a\",\"type\":\"t\"}]}", "");
}

static void
other_formats_are_known(void **state)
{
	struct listener l = LISTENER;
	struct gv_state_info info;

	(void)state;
	run(&info, &l,
	    "{\"version\":3,\"serial\":2,\"lineage\":\"l\",\"backend\":{"
	    "\"type\":\"s3\",\"config\":{\"a\":1},\"hash\":9},\"modules\":[{"
	    "\"path\":[\"root\"],\"resources\":{}}]}");
	assert_string_equal(info.tool, "terraform");
	assert_int_equal(info.format, 3);
	assert_int_equal(info.serial, 2);
	assert_string_equal(info.lineage, "l");
	assert_string_equal(l.list.p, "");
	free_listener(&l);
	run(&info, &l,
	    "{\"serial\":9,\"lineage\":\"l\",\"meta\":{\"key_provider.x\":"
	    "\"e30=\"},\"encrypted_data\":\"AAAA\",\"encryption_version\":"
	    "\"v0\"}");
	assert_string_equal(info.tool, "terraform");
	assert_true(info.is_encrypted && info.has_serial);
	assert_int_equal(info.format, 0);
	assert_int_equal(info.serial, 9);
	assert_string_equal(info.damage, "");
	free_listener(&l);
	run(&info, &l, "{\"version\":5,\"serial\":1,\"lineage\":null}");
	assert_int_equal(info.format, 5);
	assert_string_equal(info.lineage, "");
	assert_string_equal(info.damage, "");
	free_listener(&l);
}

/* ---- damage ---- */

static void
assert_damage(const char *text, const char *tool, const char *damage)
{
	struct listener l = LISTENER;
	struct gv_state_info info;

	run(&info, &l, text);
	assert_string_equal(info.tool, tool);
	if (strstr(info.damage, damage) == NULL)
		fail_msg("%s: %s", text, info.damage);
	free_listener(&l);
}

static void
what_is_damaged_is_told_to_its_end(void **state)
{
	struct listener l = LISTENER;
	struct gv_state_info info;

	(void)state;
	assert_damage("", "opaque", "line 1, column 1: ");
	assert_damage("a;b;c", "opaque", "line 1, column 1: ");
	assert_damage("{\"version\":4,\"serial\":1,\n<<<<<<< HEAD\n",
	    "terraform", "line 2, column 1: ");
	assert_damage("{\"version\":4,\"serial\":-1,\"lineage\":\"a\"}",
	    "terraform", "its serial is not an integer");
	assert_damage("{\"version\":4,\"serial\":18446744073709551616,"
		      "\"lineage\":\"a\"}",
	    "terraform", "its serial is not an integer");
	assert_damage("{\"version\":4,\"serial\":1,\"lineage\":7}", "terraform",
	    "its lineage is no plain text");
	assert_damage("{\"serial\":1,\"resources\":[" BUCKET "]}]}",
	    "terraform", "it has no version");
	assert_damage("{\"version\":4,\"serial\":1}{}", "terraform",
	    "line 1, column 25: ");
	/* what was whole before it stands, what is behind it is cut */
	run(&info, &l,
	    "{\"version\":4,\"serial\":1,\"resources\":[" BUCKET "{}]}," BUCKET
	    "{}]},\n{\"type\":;a;b;c");
	assert_string_equal(l.list.p,
	    "aws_s3_bucket.b  aws_s3_bucket p\n"
	    "aws_s3_bucket.b  aws_s3_bucket p\n");
	assert_non_null(strstr(info.damage, "line 2, column 9: "));
	assert_int_equal(l.n, 2 + 4);
	assert_int_equal(l.groups[l.n - 1].len, 1);
	free_listener(&l);
}

static void
every_beginning_is_told(void **state)
{
	struct gv_state_info info;
	size_t len;

	(void)state;
	for (len = 0; len < sizeof(sorted) - 1; len++) {
		struct listener l = LISTENER;
		char *text = malloc(len ? len : 1);

		assert_non_null(text);
		memcpy(text, sorted, len);
		run_sized(&info, &l, text, len);
		assert_string_not_equal(info.damage, "");
		free(text);
		free_listener(&l);
	}
}

static void
a_failure_ends_it(void **state)
{
	struct listener l = LISTENER;
	struct gv_state_source source = {
		.read = give, .ctx = &l, .cut = NULL
	};
	struct gv_state_info info;

	(void)state;
	l.text = whole;
	l.len = strlen(whole);
	l.step = 16;
	l.fail_at = 100;
	assert_int_equal(gv_state_run(&info, &source, listen, &l), GV_ERROR);
	free_listener(&l);
	l.fail_at = 0;
	for (l.stop = 1; l.stop <= 3; l.stop++) {
		l.at = 0;
		assert_int_equal(
		    gv_state_run(&info, &source, listen, &l), GV_ECANCELED);
		assert_int_equal(l.n, l.stop);
		free_listener(&l);
	}
	/* in bytes that are no JSON, too */
	l.text = ";";
	l.len = 1;
	l.stop = 1;
	l.at = 0;
	assert_int_equal(
	    gv_state_run(&info, &source, listen, &l), GV_ECANCELED);
	free_listener(&l);
}

/* ---- groups ---- */

/* A state of many resources, each of some 400 to 1200 bytes. */
static void
make_state(
    struct gv_buf *out, size_t n, size_t odd, char odd_value, size_t more)
{
	size_t i, k, words;
	uint32_t x = 1;

	gv_buf_reset(out);
	gv_buf_addstr(out, "{\"version\":4,\"serial\":1,\"resources\":[");
	for (i = 0; i < n + more; i++) {
		bool is_new = i >= n / 3 && i < n / 3 + more;
		size_t name = i < n / 3 + more ? i : i - more;

		gv_buf_addf(out,
		    "%s\n{\"mode\":\"managed\",\"type\":\"aws_t\",\"name\":"
		    "\"%s_%zu\",\"provider\":\"p\",\"instances\":[{"
		    "\"attributes\":{\"id\":\"%c\"",
		    i ? "," : "", is_new ? "new" : "old", name,
		    !is_new && name == odd ? odd_value : 'i');
		x = (uint32_t)name * 2654435761U;
		words = 10 + (x >> 16) % 30;
		for (k = 0; k < words; k++) {
			x = x * 1664525 + 1013904223;
			gv_buf_addf(out, ",\"k%zu\":\"%08x\"", k, x);
		}
		gv_buf_addstr(out, "}}]}");
	}
	gv_buf_addstr(out, "],\"check_results\":null}");
	assert_int_equal(gv_buf_check(out), 0);
}

/* How many groups of `b` are not in `a`; both in their order. */
static size_t
count_new(const struct listener *a, const struct listener *b)
{
	size_t i, k, at = 0, n = 0;

	for (i = 0; i < b->n; i++) {
		for (k = at; k < a->n &&
		     (a->groups[k].sum != b->groups[i].sum ||
			 a->groups[k].len != b->groups[i].len);
		     k++)
			;
		if (k < a->n)
			at = k + 1;
		else
			n++;
	}
	return n;
}

#define MANY ((size_t)20000)

static void
groups_are_of_the_size_they_should(void **state)
{
	struct listener l = LISTENER;
	struct gv_buf text = GV_BUF_INIT;
	struct gv_state_info info;
	size_t i, small = 0, trees = 0, forests = 0, run_of = 0, longest = 0;

	(void)state;
	make_state(&text, MANY, 0, 'i', 0);
	run_sized(&info, &l, text.p, text.len);
	assert_int_equal(info.items, MANY);
	for (i = 0; i < l.n; i++) {
		assert_true(l.groups[i].len < 3 * GV_STATE_GROUP);
		small += l.groups[i].len < GV_STATE_GROUP * 6 / 10;
		run_of = l.groups[i].level ? 1 : run_of + 1;
		longest = run_of > longest ? run_of : longest;
		trees += l.groups[i].level >= 1;
		forests += l.groups[i].level == 2;
	}
	/* the head, the tail, and what is left before it */
	assert_true(small <= 3);
	assert_in_range(l.n, text.len * 10 / 12 / GV_STATE_GROUP,
	    text.len * 10 / 8 / GV_STATE_GROUP);
	assert_in_range(longest, 8, 32);
	assert_in_range(l.n, 6 * trees, 11 * trees);
	assert_in_range(trees, 4 * forests, 14 * forests + 14);
	assert_int_equal(l.groups[0].n_items, 0);
	assert_int_equal(l.groups[l.n - 1].n_items, 0);
	free_listener(&l);
	gv_buf_release(&text);
}

static void
an_edit_changes_its_group_alone(void **state)
{
	struct listener a = LISTENER;
	struct gv_buf text = GV_BUF_INIT;
	struct gv_state_info info;
	size_t i, at;

	(void)state;
	make_state(&text, 2000, 0, 'i', 0);
	run_sized(&info, &a, text.p, text.len);
	for (at = 5; at < 2000; at += 111) {
		struct listener b = LISTENER;

		make_state(&text, 2000, at, 'o', 0);
		run_sized(&info, &b, text.p, text.len);
		assert_int_equal(a.n, b.n);
		for (i = 0; i < a.n; i++) {
			assert_int_equal(a.groups[i].len, b.groups[i].len);
			assert_int_equal(a.groups[i].level, b.groups[i].level);
		}
		assert_int_equal(count_new(&a, &b), 1);
		free_listener(&b);
	}
	free_listener(&a);
	gv_buf_release(&text);
}

static void
an_insertion_moves_no_bound_far_away(void **state)
{
	struct listener a = LISTENER, b = LISTENER;
	struct gv_buf text = GV_BUF_INIT;
	struct gv_state_info info;
	size_t i;

	(void)state;
	make_state(&text, MANY, 0, 'i', 0);
	run_sized(&info, &a, text.p, text.len);
	make_state(&text, MANY, 0, 'i', 60);
	run_sized(&info, &b, text.p, text.len);
	/* 60 resources are some 45 KB, which is three groups or four */
	assert_in_range(count_new(&a, &b), 2, 10);
	/* behind it trees end where they did */
	for (i = 1; i <= a.n / 2; i++)
		assert_int_equal(
		    a.groups[a.n - i].level, b.groups[b.n - i].level);
	free_listener(&a);
	free_listener(&b);
	gv_buf_release(&text);
}

static void
outputs_that_are_many_are_apart_from_the_head(void **state)
{
	struct listener l = LISTENER;
	struct gv_buf text = GV_BUF_INIT;
	struct gv_state_info info;
	size_t i;

	(void)state;
	gv_buf_addstr(&text, "{\"version\":4,\"serial\":1,\"outputs\":{");
	for (i = 0; i < 1000; i++)
		gv_buf_addf(&text, "%s\"o%zu\":{\"value\":\"%060zu\"}",
		    i ? "," : "", i, i);
	gv_buf_addstr(&text, "},\"resources\":[]}");
	run_sized(&info, &l, text.p, text.len);
	assert_int_equal(info.items, 1000);
	assert_int_equal(
	    l.groups[0].len, strlen("{\"version\":4,\"serial\":1"));
	assert_int_equal(l.groups[0].n_items, 0);
	assert_in_range(l.n, 5, 9);
	free_listener(&l);
	gv_buf_release(&text);
}

static void
what_is_large_is_a_group_of_its_own(void **state)
{
	struct listener l = LISTENER;
	struct gv_buf text = GV_BUF_INIT;
	struct gv_state_info info;
	size_t i, large;

	(void)state;
	gv_buf_addstr(&text,
	    "{\"version\":4,\"serial\":1,\"resources\":[" BUCKET "{}]}," BUCKET
	    "{\"attributes\":{\"a\":\"");
	for (i = 0; i < 300000; i++)
		gv_buf_addch(&text, i % 1000 ? 'x' : ';');
	gv_buf_addstr(&text, "\"}}]}," BUCKET "{}]}],\"other\":[\"");
	large = text.len;
	for (i = 0; i < 300000; i++)
		gv_buf_addch(&text, i % 50000 ? 'x' : ';');
	gv_buf_addstr(&text, "\"]}");
	run_sized(&info, &l, text.p, text.len);
	assert_int_equal(info.items, 3);
	/* head, three of resources, what is up to the text; then it is cut */
	assert_int_equal(l.groups[2].n_items, 1);
	assert_true(l.groups[2].len > 300000);
	assert_int_equal(l.groups[4].n_items, 0);
	assert_true(l.groups[4].len < 100);
	assert_int_equal(l.n, 5 + 1 + 6 + 1);
	assert_true(text.len > large);
	free_listener(&l);
	gv_buf_release(&text);
}

/* Lists and maps that no tool knows have bounds by what they hold. */
static void
other_documents_have_bounds_as_well(void **state)
{
	struct listener a = LISTENER, b = LISTENER;
	struct gv_buf text = GV_BUF_INIT;
	struct gv_state_info info;
	size_t i, more;

	(void)state;
	for (more = 0; more < 2; more++) {
		gv_buf_reset(&text);
		gv_buf_addstr(&text, "[");
		for (i = 0; i < 3000; i++) {
			if (more && i == 1000)
				gv_buf_addstr(&text, "{\"new\":[1,2,3]},");
			gv_buf_addf(
			    &text, "{\"id\":%zu,\"a\":\"%0150zu\"},", i, i * i);
		}
		gv_buf_addstr(&text, "0]");
		run_sized(&info, more ? &b : &a, text.p, text.len);
		assert_string_equal(info.tool, "opaque");
		assert_string_equal(info.damage, "");
	}
	assert_in_range(a.n, 20, 50);
	assert_in_range(count_new(&a, &b), 1, 4);
	free_listener(&a);
	free_listener(&b);
	gv_buf_release(&text);
}

/* ---- hostile ---- */

static void
what_turns_to_and_fro_is_cut_by_size(void **state)
{
	struct listener l = LISTENER;
	struct gv_buf text = GV_BUF_INIT;
	struct gv_state_info info;
	size_t i;

	(void)state;
	gv_buf_addstr(&text, "{\"version\":4,\"serial\":1");
	for (i = 0; i < 2000; i++)
		gv_buf_addstr(
		    &text, ",\"resources\":[7," BUCKET "{}]},7,8],\"a\":[1]");
	gv_buf_addstr(&text, "}");
	run_sized(&info, &l, text.p, text.len);
	assert_int_equal(info.items, 2000);
	assert_in_range(l.n, 8, 30);
	free_listener(&l);
	gv_buf_release(&text);
}

static void
long_addresses_do_not_multiply(void **state)
{
	struct listener l = LISTENER;
	struct gv_buf text = GV_BUF_INIT;
	struct gv_state_info info;
	size_t i;

	(void)state;
	gv_buf_addstr(&text,
	    "{\"version\":4,\"serial\":1,\"resources\":[{\"mode\":\"managed\","
	    "\"type\":\"t\",\"name\":\"");
	for (i = 0; i < 1000000; i++)
		gv_buf_addch(&text, 'n');
	gv_buf_addstr(&text, "\",\"instances\":[{\"attributes\":{\"a\":1}}");
	for (i = 0; i < 100000; i++)
		gv_buf_addstr(&text, ",{\"dependencies\":[\"a\"]}");
	gv_buf_addstr(&text,
	    "]}," BUCKET "{\"attributes\":{\"b\":2},"
	    "\"dependencies\":[\"c\"]}]}]}");
	run_sized(&info, &l, text.p, text.len);
	assert_non_null(strstr(info.damage, "addresses"));
	assert_true(info.items > 8 && info.items < 200);
	assert_non_null(
	    strstr(l.list.p, "aws_s3_bucket.b  aws_s3_bucket p b=2 >c\n"));
	free_listener(&l);
	gv_buf_release(&text);
}

static void
many_of_everything_are_read_at_once(void **state)
{
	struct listener l = LISTENER;
	struct gv_buf text = GV_BUF_INIT;
	struct gv_state_info info;
	size_t i;

	(void)state;
	gv_buf_addstr(&text,
	    "{\"version\":4,\"serial\":1,\"resources\":[" BUCKET
	    "{\"attributes\":{\"\":0");
	for (i = 0; i < 200000; i++)
		gv_buf_addf(&text, ",\"a%zu\":%zu", i, i);
	gv_buf_addstr(&text, "},\"dependencies\":[\"\"");
	for (i = 0; i < 200000; i++)
		gv_buf_addf(&text, ",\"d%zu\"", i);
	gv_buf_addstr(&text, "],\"sensitive_attributes\":[[{}]");
	for (i = 0; i < 200000; i++)
		gv_buf_addf(&text, ",[{\"value\":\"a%zu\"}]", i);
	gv_buf_addstr(&text, "]}]}]}");
	run_sized(&info, &l, text.p, text.len);
	assert_int_equal(info.items, 1);
	assert_string_equal(info.damage, "");
	free_listener(&l);
	gv_buf_release(&text);
}

static void
only_a_known_tool_is_open(void **state)
{
	(void)state;
	assert_false(gv_state_is_open("unheard-of"));
	assert_false(gv_state_is_open(NULL));
}

UNIT(state)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_is_as_terraform_prints_it),
		cmocka_unit_test(a_key_is_quoted_as_terraform_quotes_it),
		cmocka_unit_test(
		    an_instance_tells_its_attributes_as_they_stand),
		cmocka_unit_test(marks_are_told),
		cmocka_unit_test(what_is_sensitive_is_marked),
		cmocka_unit_test(every_duplicate_counts),
		cmocka_unit_test(what_has_no_instance_is_one_item),
		cmocka_unit_test(what_is_no_resource_is_no_item),
		cmocka_unit_test(an_output_is_an_item),
		cmocka_unit_test(keys_may_stand_in_any_order),
		cmocka_unit_test(however_little_is_read_at_a_time),
		cmocka_unit_test(what_no_tool_knows_is_opaque),
		cmocka_unit_test(other_formats_are_known),
		cmocka_unit_test(what_is_damaged_is_told_to_its_end),
		cmocka_unit_test(every_beginning_is_told),
		cmocka_unit_test(a_failure_ends_it),
		cmocka_unit_test(groups_are_of_the_size_they_should),
		cmocka_unit_test(an_edit_changes_its_group_alone),
		cmocka_unit_test(an_insertion_moves_no_bound_far_away),
		cmocka_unit_test(outputs_that_are_many_are_apart_from_the_head),
		cmocka_unit_test(what_is_large_is_a_group_of_its_own),
		cmocka_unit_test(other_documents_have_bounds_as_well),
		cmocka_unit_test(what_turns_to_and_fro_is_cut_by_size),
		cmocka_unit_test(long_addresses_do_not_multiply),
		cmocka_unit_test(many_of_everything_are_read_at_once),
		cmocka_unit_test(only_a_known_tool_is_open),
	};

	return UNIT_RUN(tests);
}
