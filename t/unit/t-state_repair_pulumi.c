#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "states.h"

/* ---- stacks that are made ----------------------------------------------- */

enum form { EXPORT, CHECKPOINT, COMPACT, SORTED, FORMS };

#define URN "urn:pulumi:dev::shop::"

static const char *const heads[] = {
	("{\n    \"version\": 3,\n    \"deployment\": {\n"
	 "        \"manifest\": {\n"
	 "            \"time\": \"2024-05-01T10:00:00Z\",\n"
	 "            \"magic\": \"1f1b0a11\",\n"
	 "            \"version\": \"v3.115.0\"\n        },\n"
	 "        \"secrets_providers\": {\n"
	 "            \"type\": \"passphrase\",\n"
	 "            \"state\": {\n"
	 "                \"salt\": \"v1:one\"\n            }\n        },\n"
	 "        \"resources\": [\n            "),
	("{\n    \"version\": 3,\n    \"checkpoint\": {\n"
	 "        \"stack\": \"organization/shop/dev\",\n"
	 "        \"latest\": {\n            \"manifest\": {\n"
	 "                \"time\": \"2024-05-01T10:00:00Z\",\n"
	 "                \"magic\": \"1f1b0a11\",\n"
	 "                \"version\": \"v3.115.0\"\n            },\n"
	 "            \"secrets_providers\": {\n"
	 "                \"type\": \"passphrase\",\n"
	 "                \"state\": {\n"
	 "                    \"salt\": \"v1:one\"\n                }\n"
	 "            },\n"
	 "            \"resources\": [\n                "),
	("{\"version\":3,\"deployment\":{\"manifest\":{\"time\":\"t\","
	 "\"magic\":\"m\",\"version\":\"v3.115.0\"},\"secrets_providers\":{"
	 "\"type\":\"passphrase\",\"state\":{\"salt\":\"v1:one\"}},"
	 "\"resources\":["),
	("{\"checkpoint\": {\"latest\": {\"manifest\": {\"magic\": \"m\", "
	 "\"time\": \"t\", \"version\": \"v3.115.0\"}, \"resources\": ["),
};

static const char *const commas[] = { ",\n            ", ",\n                ",
	",", ", " };

static const char *const tails[] = {
	"\n        ],\n        \"metadata\": {}\n    }\n}\n",
	"\n            ],\n            \"metadata\": {}\n        }\n    }\n}\n",
	"],\"metadata\":{}}}",
	("], \"secrets_providers\": {\"state\": {\"salt\": \"v1:one\"}, "
	 "\"type\": \"passphrase\"}}, \"stack\": \"organization/shop/dev\"}, "
	 "\"version\": 3}\n"),
};

#define SECRET                                                                 \
	"{\"4dabf18193072939515e22adb298388d\":"                               \
	"\"1b47061264138c4ac30d75fd1eb44270\",\"ciphertext\":\"v1:c%zu\"}"

/* The stack itself, its provider, and what needs both; every third one needs
 * the one before it. */
static void
add_compact(struct gv_buf *b, size_t i)
{
	if (i == 0) {
		gv_buf_addstr(b,
		    "{\"urn\":\"" URN "pulumi:pulumi:Stack::shop-dev\","
		    "\"custom\":false,\"type\":\"pulumi:pulumi:Stack\"}");
		return;
	}
	if (i == 1) {
		gv_buf_addstr(b,
		    "{\"urn\":\"" URN "pulumi:providers:aws::p\","
		    "\"custom\":true,\"id\":\"1-2\","
		    "\"type\":\"pulumi:providers:aws\"}");
		return;
	}
	gv_buf_addf(b,
	    "{\"urn\":\"" URN "aws:x:Y::n%zu[0]\",\"custom\":true,"
	    "\"id\":\"i-%zu\",\"type\":\"aws:x:Y\",\"inputs\":{"
	    "\"password\":" SECRET ",\"tags\":{\"a\":[1,{\"b\":\"}{\"}]}},"
	    "\"parent\":\"" URN "pulumi:pulumi:Stack::shop-dev\","
	    "\"dependencies\":[",
	    i, i, i);
	if (i % 3 == 0)
		gv_buf_addf(b, "\"" URN "aws:x:Y::n%zu[0]\"", i - 1);
	gv_buf_addstr(
	    b, "],\"provider\":\"" URN "pulumi:providers:aws::p::1-2\"}");
}

static void
add_sorted(struct gv_buf *b, size_t i)
{
	gv_buf_addf(b, "{\"custom\": %s, ", i ? "true" : "false");
	if (i > 1 && i % 3 == 0)
		gv_buf_addf(b,
		    "\"dependencies\": [\"" URN "aws:x:Y::n%zu[0]\"], ", i - 1);
	if (i > 1)
		gv_buf_addf(b,
		    "\"id\": \"i\", \"inputs\": {\"p\": " SECRET "}, "
		    "\"parent\": \"" URN "pulumi:pulumi:Stack::shop-dev\", "
		    "\"provider\": \"" URN "pulumi:providers:aws::p::1-2\", "
		    "\"type\": \"aws:x:Y\", \"urn\": \"" URN
		    "aws:x:Y::n%zu[0]\"}",
		    i, i);
	else
		gv_buf_addf(b, "\"type\": \"%s\", \"urn\": \"" URN "%s\"}",
		    i ? "pulumi:providers:aws" : "pulumi:pulumi:Stack",
		    i ? "pulumi:providers:aws::p"
		      : "pulumi:pulumi:Stack::shop-dev");
}

/* As Pulumi writes it, a member a line, so far to the right. */
static void
add_pretty(struct gv_buf *b, size_t i, size_t indent)
{
	struct gv_buf one = GV_BUF_INIT;
	bool in_text = false;
	size_t k;

	add_compact(&one, i);
	for (k = 0; k < one.len; k++) {
		const char c = one.p[k];

		in_text ^= c == '"';
		indent -= !in_text && (c == '}' || c == ']') ? 4 : 0;
		if (!in_text && (c == '}' || c == ']'))
			gv_buf_addf(b, "\n%*s", (int)indent, "");
		gv_buf_addch(b, c);
		if (!in_text && c == ':')
			gv_buf_addch(b, ' ');
		indent += !in_text && (c == '{' || c == '[') ? 4 : 0;
		if (!in_text && (c == '{' || c == '[' || c == ','))
			gv_buf_addf(b, "\n%*s", (int)indent, "");
	}
	gv_buf_release(&one);
}

struct made {
	struct gv_buf text;
	size_t *from, *to; /* of its resources */
	size_t n;
};

static void
make(struct made *m, enum form form, size_t n)
{
	size_t i;

	*m = (struct made){ .text = GV_BUF_INIT, .n = n };
	m->from = calloc(n, sizeof(*m->from));
	m->to = calloc(n, sizeof(*m->to));
	gv_buf_addstr(&m->text, heads[form]);
	for (i = 0; i < n; i++) {
		if (i)
			gv_buf_addstr(&m->text, commas[form]);
		m->from[i] = m->text.len;
		if (form == COMPACT)
			add_compact(&m->text, i);
		else if (form == SORTED)
			add_sorted(&m->text, i);
		else
			add_pretty(&m->text, i, form == EXPORT ? 12 : 16);
		m->to[i] = m->text.len;
	}
	gv_buf_addstr(&m->text, tails[form]);
}

static void
free_made(struct made *m)
{
	gv_buf_release(&m->text);
	free(m->from);
	free(m->to);
}

/* ---- what is made of damaged ones --------------------------------------- */

struct scene {
	struct states_bytes bad_bytes, good_bytes;
	struct gv_state_again bad_again, good_again;
	struct gv_state_triage bad, good, all;
	struct gv_state_repair_what what;
	struct gv_state_repair *repair;
	struct gv_buf out;
};

static int
hear(void *ctx, const void *data, size_t len)
{
	gv_buf_add(ctx, data, len);
	return 0;
}

static void
finish(struct scene *s)
{
	gv_state_repair_free(s->repair);
	gv_buf_release(&s->out);
	gv_state_triage_release(&s->bad);
	gv_state_triage_release(&s->good);
	gv_state_triage_release(&s->all);
}

/* Put a damaged text together, with what is lost of a whole one. What comes of
 * it is looked through by a triage of its own. */
static int
repair(struct scene *s, const char *bad, size_t len, const struct gv_buf *good,
    bool with_lost)
{
	struct states_bytes bytes;
	struct gv_state_again again;
	int r;

	memset(s, 0, sizeof(*s));
	s->out = (struct gv_buf)GV_BUF_INIT;
	s->bad_bytes = (struct states_bytes){ .p = bad, .len = len };
	s->bad_again = states_again(&s->bad_bytes);
	assert_int_equal(gv_state_triage_run(&s->bad, &s->bad_again), 0);
	s->what.bad = &s->bad;
	s->what.bad_source = &s->bad_again;
	s->what.with_lost = with_lost;
	if (good) {
		s->good_bytes =
		    (struct states_bytes){ .p = good->p, .len = good->len };
		s->good_again = states_again(&s->good_bytes);
		assert_int_equal(
		    gv_state_triage_run(&s->good, &s->good_again), 0);
		assert_int_equal(s->good.kind, GV_STATE_WHOLE);
		s->what.good = &s->good;
		s->what.good_source = &s->good_again;
	}
	r = gv_state_repair_new(&s->repair, &s->what);
	if (r == 0)
		r = gv_state_repair_copy(s->repair, hear, &s->out);
	if (r < 0)
		return r;
	bytes = (struct states_bytes){ .p = s->out.p, .len = s->out.len };
	again = states_again(&bytes);
	assert_int_equal(gv_state_triage_run(&s->all, &again), 0);
	assert_int_equal(s->all.kind, GV_STATE_WHOLE);
	assert_string_equal(s->all.documents[0].info.tool, "pulumi");
	return 0;
}

static size_t
notes(const struct scene *s, enum gv_state_note kind)
{
	size_t i, n = 0;

	for (i = 0; i < s->repair->n; i++)
		n += s->repair->notes[i].kind == kind;
	return n;
}

/* How many needs of what was put together do not stand before who has them. */
static size_t
unmet(const struct scene *s)
{
	size_t i, k, m, n = 0;

	for (i = 0; i < s->all.n; i++)
		for (k = 0; k < s->all.found[i].n_needs; k++) {
			for (m = 0; m < i; m++)
				if (strcmp(s->all.found[m].items[0],
					s->all.found[i].needs[k]) == 0)
					break;
			n += m == i;
		}
	return n;
}

/* Cut off anywhere: what is whole is kept, the rest comes from the whole
 * version, and then it is what it was. */
static void
test_cut(void **state)
{
	enum form form;
	struct made m;
	struct scene s;
	size_t at, i;

	(void)state;
	for (form = 0; form < FORMS; form++) {
		make(&m, form, 14);
		for (at = 24; at < m.text.len - 12; at += unit_stride(7, 37)) {
			size_t whole = 0;

			for (i = 0; i < m.n; i++)
				whole += m.to[i] <= at;
			assert_int_equal(
			    repair(&s, m.text.p, at, &m.text, true), 0);
			assert_int_equal(s.repair->resources, m.n);
			assert_int_equal(
			    notes(&s, GV_STATE_ADDED), m.n - whole);
			assert_int_equal(notes(&s, GV_STATE_UNMET), 0);
			assert_int_equal(unmet(&s), 0);
			if (form < COMPACT)
				assert_string_equal(s.out.p, m.text.p);
			finish(&s);
			assert_int_equal(
			    repair(&s, m.text.p, at, &m.text, false), 0);
			assert_int_equal(s.repair->resources, whole);
			assert_int_equal(notes(&s, GV_STATE_LOST), m.n - whole);
			assert_false(s.repair->has_serial);
			finish(&s);
		}
		free_made(&m);
	}
}

/* A resource in the middle: who needs it is told of, and it comes back to where
 * it was. */
static void
test_middle(void **state)
{
	enum form form;
	struct made m;
	struct scene s;
	char *bad;
	size_t i;

	(void)state;
	for (form = 0; form < FORMS; form++) {
		make(&m, form, 20);
		for (i = 0; i < m.n; i++) {
			size_t needed = i == 0 || i == 1
			    ? m.n - 2
			    : i + 1 < m.n && (i + 1) % 3 == 0;

			bad = malloc(m.text.len);
			memcpy(bad, m.text.p, m.text.len);
			memset(bad + m.from[i] + 20, 0x07, 5);
			assert_int_equal(
			    repair(&s, bad, m.text.len, &m.text, false), 0);
			assert_int_equal(s.repair->resources, m.n - 1);
			assert_int_equal(notes(&s, GV_STATE_LOST), 1);
			assert_int_equal(notes(&s, GV_STATE_UNMET), needed);
			assert_int_equal(unmet(&s), needed);
			finish(&s);
			assert_int_equal(
			    repair(&s, bad, m.text.len, &m.text, true), 0);
			assert_int_equal(s.repair->resources, m.n);
			assert_int_equal(notes(&s, GV_STATE_UNMET), 0);
			assert_int_equal(unmet(&s), 0);
			if (form < COMPACT)
				assert_string_equal(s.out.p, m.text.p);
			finish(&s);
			free(bad);
		}
		free_made(&m);
	}
}

/* Any byte: never a resource that was not there, and never one in disorder. */
static void
test_any_byte(void **state)
{
	static const char bytes[] = { '\0', '"', '{', '}', 'x' };
	enum form form;
	struct made m;
	struct scene s;
	char *bad;
	size_t at, k;

	(void)state;
	for (form = 0; form < FORMS; form++) {
		make(&m, form, 8);
		bad = malloc(m.text.len);
		for (at = 0; at < m.text.len; at += unit_stride(3, 17)) {
			memcpy(bad, m.text.p, m.text.len);
			k = at % sizeof(bytes);
			bad[at] = bytes[k];
			/* of another byte in the name of its body it is whole
			 * JSON, and nobody's */
			if (repair(&s, bad, m.text.len, &m.text, true) == 0 &&
			    s.bad.kind != GV_STATE_WHOLE) {
				assert_true(s.repair->resources <= m.n + 1);
				assert_true(s.repair->resources + 1 >= m.n);
				assert_int_equal(
				    unmet(&s), notes(&s, GV_STATE_UNMET));
			}
			finish(&s);
		}
		free(bad);
		free_made(&m);
	}
}

/* ---- what Pulumi has besides -------------------------------------------- */

#define RESOURCE(name, more)                                                   \
	"{\"urn\":\"" URN "a:b:C::" name "\",\"custom\":true,\"id\":\"i\","    \
	"\"type\":\"a:b:C\"" more "}"
#define DEPLOYMENT(salt, resources, more)                                      \
	"{\"version\":3,\"deployment\":{\"manifest\":{\"time\":\"t\","         \
	"\"magic\":\"m\",\"version\":\"v3\"},\"secrets_providers\":{"          \
	"\"type\":\"passphrase\",\"state\":{\"salt\":\"" salt "\"}},"          \
	"\"resources\":[" resources "]" more "}}"
#define OLD(when) RESOURCE("x", ",\"delete\":true,\"created\":\"" when "\"")
#define OPERATION(name)                                                        \
	"{\"resource\":" RESOURCE(name, "") ",\"type\":\"creating\"}"

static int
repair_text(
    struct scene *s, const char *bad, struct gv_buf *good, bool with_lost)
{
	return repair(s, bad, strlen(bad), good->len ? good : NULL, with_lost);
}

/* Those that are to be deleted share the URN of the one in their place. */
static void
test_deleted(void **state)
{
	static const char whole[] = DEPLOYMENT("s",
	    RESOURCE("x", "") "," OLD("2024-01") "," OLD(
		"2024-02") "," RESOURCE("y", ""),
	    "");
	struct gv_buf good = GV_BUF_INIT;
	struct scene s;
	const char *cut = strstr(whole, "2024-02");

	(void)state;
	gv_buf_addstr(&good, whole);
	assert_int_equal(
	    repair(&s, whole, (size_t)(cut - whole), &good, false), 0);
	assert_int_equal(s.repair->resources, 2);
	assert_int_equal(notes(&s, GV_STATE_LOST), 2);
	assert_string_equal(
	    s.repair->notes[0].address, URN "a:b:C::x (deposed 2024-02)");
	finish(&s);
	assert_int_equal(
	    repair(&s, whole, (size_t)(cut - whole), &good, true), 0);
	assert_int_equal(s.repair->resources, 4);
	assert_non_null(strstr(s.out.p, "2024-01"));
	assert_true(strstr(s.out.p, "2024-02") < strstr(s.out.p, "C::y"));
	finish(&s);
	gv_buf_release(&good);
}

/* Where it is not told when they were made, by their content. */
static void
test_deleted_long_ago(void **state)
{
	static const char whole[] = DEPLOYMENT("s",
	    RESOURCE("x", ",\"delete\":true,\"inputs\":{\"n\":1}") "," RESOURCE(
		"x", ",\"delete\":true,\"inputs\":{\"n\":2}") "," RESOURCE("y",
		""),
	    "");
	struct gv_buf good = GV_BUF_INIT, bad = GV_BUF_INIT;
	struct scene s;

	(void)state;
	gv_buf_addstr(&good, whole);
	gv_buf_addstr(&bad, whole);
	*strstr(bad.p, "\"n\":1") = '\x01';
	assert_int_equal(repair_text(&s, bad.p, &good, true), 0);
	assert_int_equal(s.repair->resources, 3);
	assert_non_null(strstr(s.out.p, "\"n\":1"));
	assert_non_null(strstr(s.out.p, "\"n\":2"));
	finish(&s);
	gv_buf_release(&good);
	gv_buf_release(&bad);
}

/* What was under way in another version is none of this one's. */
static void
test_operations(void **state)
{
	static const char pending[] = DEPLOYMENT("s",
	    RESOURCE("x", "") "," RESOURCE("y", ""),
	    ",\"pending_operations\":[" OPERATION("p") "," OPERATION("q") "]");
	struct gv_buf good = GV_BUF_INIT, bad = GV_BUF_INIT;
	struct scene s;

	(void)state;
	gv_buf_addstr(&good, pending);
	gv_buf_add(&bad, pending, (size_t)(strstr(pending, "C::y") - pending));
	assert_int_equal(repair_text(&s, bad.p, &good, true), 0);
	assert_int_equal(s.repair->resources, 2);
	assert_int_equal(s.repair->outputs, 0);
	assert_null(strstr(s.out.p, "pending_operations"));
	assert_int_equal(notes(&s, GV_STATE_LOST), 0);
	finish(&s);
	/* one of two that are cut off is told of, and the first is kept */
	gv_buf_reset(&bad);
	gv_buf_add(&bad, pending, (size_t)(strstr(pending, "C::q") - pending));
	assert_int_equal(repair_text(&s, bad.p, &good, true), 0);
	assert_int_equal(s.repair->resources, 2);
	assert_int_equal(s.repair->outputs, 1);
	assert_int_equal(notes(&s, GV_STATE_LOST), 1);
	assert_string_equal(s.repair->notes[0].address, "pending_operations");
	finish(&s);
	/* behind a damage, none of their resources is taken for one */
	gv_buf_reset(&bad);
	gv_buf_addstr(&bad, pending);
	*strstr(bad.p, "\"custom\"") = '\x01';
	assert_int_equal(repair_text(&s, bad.p, &good, true), 0);
	assert_int_equal(s.repair->resources, 2);
	assert_int_equal(s.repair->outputs, 2);
	assert_null(states_find(&s.all, URN "a:b:C::p", GV_STATE_BOTH));
	finish(&s);
	gv_buf_release(&good);
	gv_buf_release(&bad);
}

/* Secrets of two keys never stand in one stack. */
static void
test_bound(void **state)
{
	static const char one[] =
	    DEPLOYMENT("one", RESOURCE("x", "") "," RESOURCE("y", ""), "");
	struct gv_buf good = GV_BUF_INIT, bad = GV_BUF_INIT;
	struct scene s;

	(void)state;
	gv_buf_addstr(&good,
	    DEPLOYMENT("two", RESOURCE("x", "") "," RESOURCE("y", ""), ""));
	gv_buf_add(&bad, one, (size_t)(strstr(one, "C::y") - one));
	assert_int_equal(repair_text(&s, bad.p, &good, true), GV_EREFUSED);
	assert_message(
	    "secrets_providers differs from that of the intact version");
	finish(&s);
	assert_int_equal(repair_text(&s, bad.p, &good, false), 0);
	assert_non_null(strstr(s.out.p, "\"salt\":\"one\""));
	finish(&s);
	gv_buf_release(&good);
	gv_buf_release(&bad);
}

static void
test_head(void **state)
{
	struct gv_buf none = GV_BUF_INIT;
	struct made export, stack;
	struct scene s;
	char *at;

	(void)state;
	make(&export, EXPORT, 4);
	make(&stack, CHECKPOINT, 4);
	at = strstr(export.text.p, "\"magic\"");
	*at = '\x01';
	assert_int_equal(
	    repair(&s, export.text.p, export.text.len, NULL, false),
	    GV_EREFUSED);
	assert_message("its manifest is damaged");
	finish(&s);
	assert_int_equal(
	    repair(&s, export.text.p, export.text.len, &stack.text, false),
	    GV_EREFUSED);
	assert_message("with its resources in checkpoint, not in deployment");
	finish(&s);
	*at = '"';
	/* what is lost and not to be had is told */
	at = strstr(export.text.p, "\"salt\"");
	*at = '\x01';
	assert_int_equal(repair_text(&s, export.text.p, &none, false), 0);
	assert_int_equal(s.repair->resources, 4);
	assert_int_equal(notes(&s, GV_STATE_LOST), 1);
	assert_string_equal(s.repair->notes[0].address, "secrets_providers");
	finish(&s);
	free_made(&export);
	free_made(&stack);
}

/* ---- what nobody writes ------------------------------------------------- */

/* Each needs the one behind it: to put them in order costs a reading each. */
static void
test_backwards(void **state)
{
	static const size_t counts[] = { 200, 20000 };
	size_t i, k;

	(void)state;
	for (k = 0; k < 2; k++) {
		struct gv_buf bad = GV_BUF_INIT;
		struct scene s;
		int r;

		gv_buf_addstr(&bad,
		    "{\"version\":3,\"deployment\":{\"manifest\":{},"
		    "\"resources\":[");
		for (i = 0; i < counts[k]; i++)
			gv_buf_addf(&bad,
			    "%s{\"urn\":\"" URN "a:b:C::n%zu\","
			    "\"custom\":true,\"type\":\"a:b:C\","
			    "\"dependencies\":[\"" URN "a:b:C::n%zu\"]}",
			    i ? "," : "", i, i + 1);
		r = repair(&s, bad.p, bad.len, NULL, false);
		assert_int_equal(r, k ? GV_EREFUSED : 0);
		if (k)
			assert_message("too many of its resources come before");
		else
			assert_int_equal(unmet(&s), 1);
		finish(&s);
		gv_buf_release(&bad);
	}
}

/* Two that need each other, and one that needs itself. */
static void
test_round(void **state)
{
	static const char text[] = DEPLOYMENT("s",
	    RESOURCE("x", ",\"parent\":\"" URN "a:b:C::y\"") "," RESOURCE(
		"y", ",\"parent\":\"" URN "a:b:C::x\"") "," RESOURCE("z",
		",\"parent\":\"" URN "a:b:C::z\""),
	    "");
	struct gv_buf none = GV_BUF_INIT, bad = GV_BUF_INIT;
	struct scene s;

	(void)state;
	gv_buf_add(&bad, text, strlen(text) - 1);
	assert_int_equal(repair_text(&s, bad.p, &none, false), 0);
	assert_int_equal(s.repair->resources, 3);
	assert_int_equal(notes(&s, GV_STATE_UNMET), 2);
	assert_string_equal(s.repair->notes[1].needs, URN "a:b:C::z");
	finish(&s);
	gv_buf_release(&bad);
}

/* A resource that stands in another one, or has become one with it. */
static void
test_within(void **state)
{
	static const char *const texts[] = {
		DEPLOYMENT("s",
		    RESOURCE("x", ",\"inputs\":{\"a\":" RESOURCE("y", "") "}"),
		    "") "x",
		DEPLOYMENT("s",
		    "{\"urn\":\"" URN "a:b:C::x\",\"custom\":true,\"inputs\":1,"
		    "\"urn\":\"" URN "a:b:C::y\",\"custom\":true,"
		    "\"type\":\"a:b:C\"}," RESOURCE("y", ""),
		    "") "x",
	};
	struct gv_buf none = GV_BUF_INIT;
	struct scene s;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		assert_int_equal(repair_text(&s, texts[i], &none, false), 0);
		assert_int_equal(s.repair->resources, 1);
		assert_non_null(
		    states_find(&s.all, URN "a:b:C::y", GV_STATE_BOTH));
		finish(&s);
	}
}

UNIT(state_repair_pulumi)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_middle),
		cmocka_unit_test(test_any_byte),
		cmocka_unit_test(test_deleted),
		cmocka_unit_test(test_deleted_long_ago),
		cmocka_unit_test(test_operations),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_backwards),
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_within),
	};

	return UNIT_RUN(tests);
}
