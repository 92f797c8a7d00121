#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "states.h"

/* A damaged text, a whole one, and what is made of them. */
struct scene {
	struct states_bytes bad_bytes, good_bytes;
	struct gv_state_again bad_again, good_again;
	struct gv_state_triage bad, good;
	struct gv_state_repair_what what;
	struct gv_state_repair *repair;
	struct gv_buf out;
};

static void
begin(struct scene *s, const struct gv_buf *bad, const struct gv_buf *good)
{
	memset(s, 0, sizeof(*s));
	s->out = (struct gv_buf)GV_BUF_INIT;
	s->bad_bytes = (struct states_bytes){ .p = bad->p, .len = bad->len };
	s->bad_again = states_again(&s->bad_bytes);
	assert_int_equal(gv_state_triage_run(&s->bad, &s->bad_again), 0);
	s->what.bad = &s->bad;
	s->what.bad_source = &s->bad_again;
	if (good == NULL)
		return;
	s->good_bytes = (struct states_bytes){ .p = good->p, .len = good->len };
	s->good_again = states_again(&s->good_bytes);
	assert_int_equal(gv_state_triage_run(&s->good, &s->good_again), 0);
	s->what.good = &s->good;
	s->what.good_source = &s->good_again;
}

static int
hear(void *ctx, const void *data, size_t len)
{
	gv_buf_add(ctx, data, len);
	return 0;
}

static void
forget(struct scene *s)
{
	gv_state_repair_free(s->repair);
	s->repair = NULL;
	gv_buf_reset(&s->out);
}

static int
repair(struct scene *s)
{
	int r;

	forget(s);
	r = gv_state_repair_new(&s->repair, &s->what);
	return r < 0 ? r : gv_state_repair_copy(s->repair, hear, &s->out);
}

static void
finish(struct scene *s)
{
	forget(s);
	gv_buf_release(&s->out);
	gv_state_triage_release(&s->bad);
	gv_state_triage_release(&s->good);
}

static size_t
notes(const struct scene *s, enum gv_state_note kind)
{
	size_t i, n = 0;

	for (i = 0; i < s->repair->n; i++)
		n += s->repair->notes[i].kind == kind;
	return n;
}

/* The text with another serial. */
static void
with_serial(struct gv_buf *out, const struct gv_buf *text, const char *serial)
{
	const char *at = strstr(text->p, "\"serial\": 7");

	assert_non_null(at);
	gv_buf_reset(out);
	gv_buf_add(out, text->p, (size_t)(at - text->p) + 10);
	gv_buf_addstr(out, serial);
	gv_buf_addstr(out, at + 11);
}

static void
test_with_lost(void **state)
{
	struct states_made made;
	struct gv_buf bad = GV_BUF_INIT, expect = GV_BUF_INIT;
	struct scene s;

	(void)state;
	states_make(&made, STATES_PRETTY, 20, 100);
	gv_buf_add(&bad, made.text.p, made.places[12].from + 50);
	begin(&s, &bad, &made.text);
	assert_int_equal(repair(&s), 0);
	assert_int_equal(notes(&s, GV_STATE_LOST), 8);
	assert_int_equal(notes(&s, GV_STATE_HEAD_FROM), 1);
	assert_int_equal(s.repair->resources, 12);
	s.what.with_lost = true;
	s.what.above = 11;
	assert_int_equal(repair(&s), 0);
	assert_int_equal(notes(&s, GV_STATE_ADDED), 8);
	assert_int_equal(s.repair->serial, 12);
	/* it is what it was before, byte for byte but for the serial */
	with_serial(&expect, &made.text, "12");
	assert_string_equal(s.out.p, expect.p);
	finish(&s);
	states_free(&made);
	gv_buf_release(&bad);
	gv_buf_release(&expect);
}

static void
test_head(void **state)
{
	struct states_made made;
	struct scene s;
	char *at;

	(void)state;
	states_make(&made, STATES_COMPACT, 5, 100);
	at = strstr(made.text.p, "\"lineage\":\"one\"");
	assert_non_null(at);
	*at = 'x';
	begin(&s, &made.text, NULL);
	assert_int_equal(repair(&s), GV_EREFUSED);
	assert_message("its lineage is damaged");
	finish(&s);
	*at = '"';
	begin(&s, &made.text, &made.text);
	assert_int_equal(repair(&s), 0);
	assert_int_equal(s.repair->serial, 8);
	assert_int_equal(s.repair->resources, 5);
	assert_int_equal(s.repair->n, 0);
	finish(&s);
	states_free(&made);
}

static void
test_joined(void **state)
{
	struct states_made a, b;
	struct gv_buf text = GV_BUF_INIT;
	struct scene s;

	(void)state;
	states_make(&a, STATES_PRETTY, 5, 100);
	states_make(&b, STATES_PRETTY, 7, 2);
	gv_buf_add(&text, a.text.p, a.text.len);
	gv_buf_add(&text, b.text.p, b.text.len);
	begin(&s, &text, &a.text);
	assert_int_equal(repair(&s), GV_EREFUSED);
	assert_message("2 states are in it");
	s.what.document = 3;
	assert_int_equal(repair(&s), GV_EREFUSED);
	assert_message("no document 3");
	s.what.document = 2;
	assert_int_equal(repair(&s), 0);
	assert_int_equal(s.repair->resources, 7);
	assert_int_equal(notes(&s, GV_STATE_LOST), 0);
	assert_int_equal(notes(&s, GV_STATE_LEFT), 6);
	assert_non_null(strstr(s.out.p, "edited"));
	s.what.document = 1;
	assert_int_equal(repair(&s), 0);
	assert_int_equal(s.repair->resources, 5);
	assert_null(strstr(s.out.p, "edited"));
	finish(&s);
	states_free(&a);
	states_free(&b);
	gv_buf_release(&text);
}

static const char conflict[] =
    "{\n  \"version\": 4,\n<<<<<<< a\n  \"serial\": 8,\n=======\n"
    "  \"serial\": 9,\n>>>>>>> b\n  \"lineage\": \"l\",\n"
    "  \"resources\": [\n"
    "<<<<<<< a\n"
    "    {\"mode\": \"managed\", \"type\": \"t\", \"name\": \"one\",\n"
    "     \"instances\": []},\n"
    "=======\n>>>>>>> b\n"
    "    {\"mode\": \"managed\", \"type\": \"t\", \"name\": \"two\",\n"
    "<<<<<<< a\n     \"provider\": \"ours\",\n"
    "||||||| base\n     \"provider\": \"before\",\n=======\n"
    "     \"provider\": \"theirs\",\n>>>>>>> b\n"
    "     \"instances\": []},\n"
    "    {\"mode\": \"managed\", \"type\": \"t\", \"name\": \"both\",\n"
    "     \"instances\": []}\n"
    "  ]\n}\n";

static void
test_conflict(void **state)
{
	struct gv_buf text = GV_BUF_INIT;
	struct scene s;

	(void)state;
	gv_buf_addstr(&text, conflict);
	begin(&s, &text, NULL);
	assert_int_equal(s.bad.kind, GV_STATE_CONFLICT);
	assert_int_equal(repair(&s), GV_EREFUSED);
	assert_message("these; choose --ours or --theirs: t.two");
	s.what.prefer = GV_STATE_THEIRS;
	assert_int_equal(repair(&s), 0);
	assert_int_equal(s.repair->serial, 10);
	assert_int_equal(s.repair->resources, 3);
	assert_int_equal(notes(&s, GV_STATE_CHOSEN), 1);
	assert_int_equal(notes(&s, GV_STATE_ONE_SIDED), 1);
	assert_non_null(strstr(s.out.p, "theirs"));
	assert_null(strstr(s.out.p, "ours"));
	assert_null(strstr(s.out.p, "before"));
	s.what.prefer = GV_STATE_OURS;
	assert_int_equal(repair(&s), 0);
	assert_non_null(strstr(s.out.p, "ours"));
	assert_null(strstr(s.out.p, "theirs"));
	finish(&s);
	gv_buf_release(&text);
}

#define SIDE(lineage)                                                          \
	"{\"version\": 4, \"serial\": 1, \"lineage\": \"" lineage              \
	"\", \"outputs\": {}, \"resources\": []}\n"

/* A side that is another state, or none. */
static void
test_other_side(void **state)
{
	struct gv_buf text = GV_BUF_INIT;
	struct scene s;

	(void)state;
	gv_buf_addstr(&text,
	    "<<<<<<< a\n" SIDE("one") "=======\n" SIDE("two") ">>>>>>> b\n");
	begin(&s, &text, NULL);
	assert_int_equal(repair(&s), GV_EREFUSED);
	assert_message("the sides of the merge are different states");
	s.what.prefer = GV_STATE_THEIRS;
	assert_int_equal(repair(&s), 0);
	assert_non_null(strstr(s.out.p, "two"));
	finish(&s);
	gv_buf_reset(&text);
	gv_buf_addstr(&text, "<<<<<<< a\n" SIDE("one") "=======\n>>>>>>> b\n");
	begin(&s, &text, NULL);
	s.what.prefer = GV_STATE_THEIRS;
	assert_int_equal(repair(&s), GV_EREFUSED);
	assert_message("that side has no document 1");
	s.what.prefer = GV_STATE_OURS;
	assert_int_equal(repair(&s), 0);
	assert_non_null(strstr(s.out.p, "one"));
	finish(&s);
	gv_buf_release(&text);
}

#define DEPLOYED(salt, more)                                                   \
	"{\"version\": 3, \"deployment\": {\"manifest\": {\"time\": \"t\"}, "  \
	"\"secrets_providers\": {\"type\": \"passphrase\", \"state\": "        \
	"{\"salt\": \"" salt "\"}}, \"resources\": [{\"urn\": "                \
	"\"urn:pulumi:p::q::a:b:C::d\", \"type\": \"a:b:C\", \"custom\": true}" more
#define CHECKPOINT                                                             \
	"{\"version\": 3, \"checkpoint\": {\"stack\": \"q\", \"latest\": "     \
	"{\"manifest\": {\"time\": \"t\"}, \"resources\": [{\"urn\": "         \
	"\"urn:pulumi:p::q::a:b:C::d\", \"type\": \"a:b:C\", \"custom\": true}, "

/* An intact version that does not fit to what is left. */
static void
test_unfit_version(void **state)
{
	static const struct {
		const char *bad, *good, *message;
	} rows[] = {
		{ CHECKPOINT, DEPLOYED("one", "]}}"),
		    "the intact version has another form" },
		{ DEPLOYED("two", ", {\"urn"),
		    DEPLOYED("one",
			", {\"urn\": \"urn:pulumi:p::q::a:b:C::e\", "
			"\"type\": \"a:b:C\", \"custom\": true}]}}"),
		    "its secrets_providers differs from that of the intact" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct gv_buf bad = GV_BUF_INIT, good = GV_BUF_INIT;
		struct scene s;

		gv_buf_addstr(&bad, rows[i].bad);
		gv_buf_addstr(&good, rows[i].good);
		begin(&s, &bad, &good);
		s.what.with_lost = true;
		assert_int_equal(repair(&s), GV_EREFUSED);
		assert_message(rows[i].message);
		finish(&s);
		gv_buf_release(&bad);
		gv_buf_release(&good);
	}
}

/* Of two things, or of none. */
static void
test_refused(void **state)
{
	static const char *const texts[][2] = {
		{ "", "nothing of it can be read" },
		{ "no state", "nothing of it can be read" },
		{ "[1, 2", "only states of Terraform" },
		{ "{\"version\": 3, \"lineage\": \"l\", \"serial\": 1, x",
		    "(format 4)" },
		{ "{\"version\": 4, \"serial\": 9223372036854775807, "
		  "\"lineage\": \"l\", \"resources\": [",
		    "cannot be exceeded" },
		{ "{\"version\": 4, \"serial\": 1, \"lineage\": \"l\", "
		  "\"resources\": [{\"mode\": \"managed\", \"type\": \"t\", "
		  "\"name\": \"n\", \"instances\": []}, {\"mode\": \"managed\","
		  " \"type\": \"t\", \"name\": \"n\", \"instances\": [{}]},",
		    "are in it twice" },
		{ "{\"encrypted_data\": \"x\", \"encryption_version\": \"v0\", "
		  "\"meta\": {}} x",
		    "its tool has encrypted it" },
		{ "{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": "
		  "[{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"meta",
		    "none of its resources is intact" },
		{ "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n"
		  "  kind: Pod\n  metadata: {name: n",
		    "it is YAML, which cannot be repaired" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct gv_buf text = GV_BUF_INIT;
		struct scene s;

		gv_buf_addstr(&text, texts[i][0]);
		begin(&s, &text, NULL);
		assert_int_equal(repair(&s), GV_EREFUSED);
		assert_message(texts[i][1]);
		finish(&s);
		gv_buf_release(&text);
	}
}

#define RESOURCE(name)                                                         \
	"{\"mode\":\"managed\",\"type\":\"t\",\"name\":\"" name                \
	"\",\"provider\":\"p\",\"instances\":[]}"
#define OF_PULUMI(name)                                                        \
	"{\"urn\":\"urn:pulumi:p::q::a:b:C::" name                             \
	"\",\"type\":\"a:b:C\",\"custom\":true}"
#define POD(name)                                                              \
	"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":"      \
	"\"" name "\"}}"

/* What stands behind damage, with more or less of its beginning: which tool it
 * is of, the resources that are found, and why it is not repaired. */
static const struct {
	const char *text, *tool;
	size_t n;
	const char *message; /* NULL: it is repaired */
} behind[] = {
	{ "\"x\": 1,\n" RESOURCE("a") ",\n" RESOURCE("b") "]}\n", "terraform",
	    2, "its version is damaged" },
	{ "{\"check_results\":x,\"lineage\":\"l\",\"resources\":[" RESOURCE(
	      "a") "],\"serial\":1,\"version\":4}",
	    "terraform", 1, "its version is damaged" },
	/* no other document begins by a version alone */
	{ "{\"version\":4,x} {\"version\": 4} {\"version\": 4, "
	  "\"other\": 1, \"resources\":[" RESOURCE(
	      "a") "]} "
		   "{\"version\":4, 5} {\"version\"",
	    "terraform", 1, "its lineage is damaged" },
	{ "<<< {\"version\":3,\"deployment\":{\"manifest\":{},"
	  "\"resources\":[" OF_PULUMI("a") "]}}",
	    "pulumi", 1, NULL },
	{ "<<< {\"version\":3,\"features\":[\"r\"],\"deployment\":{"
	  "\"manifest\":{},\"resources\":[" OF_PULUMI("a") "]}}",
	    "pulumi", 1, NULL },
	{ "<<< {\"version\":3,\"features\":[\"r\"", NULL, 0,
	    "nothing of it can be read" },
	{ "<<< {\"deployment\":{\"manifest\":{},\"resources\":[" OF_PULUMI(
	      "a") "]},\"version\":3}",
	    "opaque", 1, "can be repaired" },
	{ "{\"deployment\":{\"manifest\":{},\"resources\":[" OF_PULUMI(
	      "a") ",x]},\"version\":3}",
	    "pulumi", 1, "its version is damaged" },
	/* the resource of an operation is none of the state */
	{ "{\"version\":3,\"deployment\":{\"manifest\":{},"
	  "\"pending_operations\":[{\"type\":\"creating\",x,"
	  "\"resource\" : " OF_PULUMI("a") "}],\"resources\":[" OF_PULUMI(
	      "b") "]}}",
	    "pulumi", 1, NULL },
	{ "<<<\n" POD("a") ",\n" POD("b") "]}\n", "kubernetes", 2, NULL },
	{ "<<<\n[" POD("a") ",\n" POD("b") "]\n", "kubernetes", 2, NULL },
	{ "<<<\n[{\"Id\":\"a\",\"Name\":\"/b\",\"Created\":\"t\","
	  "\"Image\":\"i\",\"State\":{},\"Config\":{\"Image\":"
	  "\"x\"}}]\n",
	    "docker", 1, NULL },
	{ "<<<\n{\"Resources\":{\"A\":{\"Type\":"
	  "\"AWS::S3::Bucket\"}}}\n",
	    "cloudformation", 1, "it has no list of resources" },
	/* a member that stands twice is the last one */
	{ "{\"version\":4,\"serial\":1,\"serial\":2,\"lineage\":"
	  "\"l\",\"lineage\":\"l\",\"resources\":[" RESOURCE("a") ",x",
	    "terraform", 1, NULL },
};

static void
test_begins_behind_damage(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(behind) / sizeof(behind[0]); i++) {
		struct gv_buf text = GV_BUF_INIT;
		struct scene s;
		int r;

		gv_buf_addstr(&text, behind[i].text);
		begin(&s, &text, NULL);
		assert_int_equal(s.bad.n, behind[i].n);
		assert_int_equal(s.bad.n_documents, behind[i].tool != NULL);
		if (behind[i].tool)
			assert_string_equal(
			    s.bad.documents[0].info.tool, behind[i].tool);
		r = repair(&s);
		if (behind[i].message) {
			assert_int_equal(r, GV_EREFUSED);
			assert_message(behind[i].message);
		} else {
			assert_int_equal(r, 0);
			assert_int_equal(s.repair->resources, behind[i].n);
		}
		finish(&s);
		gv_buf_release(&text);
	}
}

/* A sentence names some of what is in it twice, and counts the others. */
static void
test_many_twice(void **state)
{
	struct gv_buf text = GV_BUF_INIT;
	struct scene s;
	int i;

	(void)state;
	gv_buf_addstr(&text,
	    "{\"version\": 4, \"serial\": 1, \"lineage\": \"l\", "
	    "\"resources\": [");
	for (i = 0; i < 80; i++)
		gv_buf_addf(&text,
		    "{\"mode\": \"managed\", \"type\": \"t\", \"name\": "
		    "\"n%d\", \"instances\": [%s]},\n",
		    i / 2, i % 2 ? "{}" : "");
	begin(&s, &text, NULL);
	assert_int_equal(repair(&s), GV_EREFUSED);
	assert_message("are in it twice");
	assert_message("t.n0, t.n1");
	assert_message(" more");
	assert_null(strstr(gv_err_message(), "t.n39"));
	finish(&s);
	gv_buf_release(&text);
}

/* No state has as many members as this one. */
static void
test_many_members(void **state)
{
	struct gv_buf text = GV_BUF_INIT;
	struct scene s;
	int i;

	(void)state;
	gv_buf_addstr(
	    &text, "{\"version\": 4, \"serial\": 1, \"lineage\": \"l\"");
	for (i = 0; i < 5000; i++)
		gv_buf_addf(&text, ", \"m%d\": %d", i, i);
	gv_buf_addstr(&text, ", \"resources\": [{");
	begin(&s, &text, NULL);
	assert_int_equal(repair(&s), GV_EREFUSED);
	assert_message("it has more members than any state has");
	finish(&s);
	gv_buf_release(&text);
}

/* Between the plan and the copy another program writes the damaged one. */
static void
test_changed_meanwhile(void **state)
{
	struct states_made made;
	struct gv_buf bad = GV_BUF_INIT;
	struct scene s;

	(void)state;
	states_make(&made, STATES_PRETTY, 20, 100);
	gv_buf_add(&bad, made.text.p, made.places[12].from + 50);
	begin(&s, &bad, &made.text);
	assert_int_equal(gv_state_repair_new(&s.repair, &s.what), 0);
	s.bad_bytes.len = made.places[3].from;
	assert_int_equal(
	    gv_state_repair_copy(s.repair, hear, &s.out), GV_ECORRUPT);
	assert_message("was changed while it was read; do it again");
	finish(&s);
	states_free(&made);
	gv_buf_release(&bad);
}

UNIT(state_repair)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_with_lost),
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_joined),
		cmocka_unit_test(test_conflict),
		cmocka_unit_test(test_other_side),
		cmocka_unit_test(test_unfit_version),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_begins_behind_damage),
		cmocka_unit_test(test_changed_meanwhile),
		cmocka_unit_test(test_many_twice),
		cmocka_unit_test(test_many_members),
	};

	return UNIT_RUN(tests);
}
