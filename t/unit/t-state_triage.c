#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "states.h"

static void
look(struct gv_state_triage *out, const char *p, size_t len, size_t step)
{
	struct states_bytes bytes = { .p = p, .len = len, .step = step };
	const struct gv_state_again again = states_again(&bytes);

	assert_int_equal(gv_state_triage_run(out, &again), 0);
	assert_int_equal(out->size, len);
	assert_true((out->kind == GV_STATE_WHOLE) == (out->damage[0] == '\0'));
}

/* What stands where it is said to, and nothing but that. */
static void
check_places(const struct gv_state_triage *t, const char *text)
{
	size_t i;

	for (i = 0; i < t->n; i++) {
		const struct gv_state_found *f = &t->found[i];

		assert_true(f->from < f->to && f->to <= t->size);
		assert_int_equal(text[f->from], f->is_output ? '"' : '{');
		assert_int_equal(text[f->to - 1], '}');
		assert_true(f->document > 0);
	}
}

static size_t
count_resources(const struct gv_state_triage *t)
{
	size_t i, n = 0;

	for (i = 0; i < t->n; i++)
		n += !t->found[i].is_output;
	return n;
}

static bool
touches(const struct states_place *p, size_t from, size_t to)
{
	return from < p->to && to > p->from;
}

/* All that the damage of these bytes does not touch is found, moved by what was
 * taken out, and nothing that was not there. */
static void
check_found(const struct gv_state_triage *t, const struct states_made *made,
    size_t from, size_t to, size_t gone)
{
	size_t i, n = 0;

	/* one that the damage is in may have another name now */
	for (i = 0; i < t->n; i++)
		n += !t->found[i].is_output && t->found[i].from < to - gone &&
		    t->found[i].to > from;
	for (i = 0; i < made->n; i++) {
		const struct states_place *p = &made->places[i];
		const struct gv_state_found *f =
		    states_find(t, p->name, GV_STATE_BOTH);
		size_t shift = p->from >= to ? gone : 0;

		if (touches(p, from, to))
			continue;
		n++;
		if (f == NULL) {
			fail_msg("%s is lost, damaged from %zu to %zu: %s, "
				 "%.*s",
			    p->name, from, to, t->wrong, (int)(to - from + 40),
			    made->text.p + from - 20);
			continue;
		}
		assert_int_equal(f->from, p->from - shift);
		assert_int_equal(f->to, p->to - shift);
	}
	assert_int_equal(n, count_resources(t));
}

static void
test_whole(void **state)
{
	struct states_made made;
	struct gv_state_triage t;
	int form;

	(void)state;
	for (form = 0; form < STATES_FORMS; form++) {
		states_make(&made, form, 30, 3);
		look(&t, made.text.p, made.text.len, 0);
		assert_int_equal(t.kind, GV_STATE_WHOLE);
		assert_int_equal(t.n_documents, 1);
		assert_true(t.documents[0].is_whole);
		assert_int_equal(t.documents[0].info.serial, 7);
		assert_string_equal(t.documents[0].info.tool, "terraform");
		check_found(&t, &made, 0, 0, 0);
		assert_non_null(states_find(&t, "output.url", GV_STATE_BOTH));
		gv_state_triage_release(&t);
		states_free(&made);
	}
	look(&t, "[1]", 3, 0);
	assert_int_equal(t.kind, GV_STATE_WHOLE);
	gv_state_triage_release(&t);
}

static void
test_truncated(void **state)
{
	struct states_made made;
	struct gv_state_triage t;
	size_t len;
	int form;

	(void)state;
	for (form = 0; form < STATES_FORMS; form++) {
		states_make(&made, form, 12, 3);
		for (len = 0; len < made.text.len; len += unit_stride(7, 29)) {
			look(&t, made.text.p, len, 0);
			if (strcmp(made.text.p + len, "\n") != 0)
				assert_int_equal(t.kind, GV_STATE_TRUNCATED);
			check_places(&t, made.text.p);
			check_found(&t, &made, len, made.text.len, 0);
			gv_state_triage_release(&t);
		}
		states_free(&made);
	}
}

/* A byte after the other is another one. */
static void
test_flipped(void **state)
{
	static const char bytes[] = { '\0', 'x', '"', '{', '}', '[', ']', ',',
		'\\', '\n', (char)0xff };
	struct states_made made;
	struct gv_state_triage t;
	size_t at, k = 0;
	int form;
	char was;

	(void)state;
	for (form = 0; form < STATES_FORMS; form++) {
		states_make(&made, form, 9, 3);
		for (at = 0; at < made.text.len; at += unit_stride(1, 5)) {
			was = made.text.p[at];
			made.text.p[at] = bytes[k++ % sizeof(bytes)];
			look(&t, made.text.p, made.text.len, 0);
			if (made.text.p[at] == '\0')
				assert_int_equal(t.kind, GV_STATE_NULS);
			check_places(&t, made.text.p);
			check_found(&t, &made, at, at + 1, 0);
			gv_state_triage_release(&t);
			made.text.p[at] = was;
		}
		states_free(&made);
	}
}

/* Bytes are gone, so that what is behind seems to stand in what is before. */
static void
cut_out(size_t n, int times)
{
	struct states_made made;
	struct gv_state_triage t;
	struct gv_buf text = GV_BUF_INIT;
	unsigned seed = 7;
	size_t from, len;
	int form, i;

	for (form = 0; form < STATES_FORMS; form++) {
		states_make(&made, form, n, 3);
		for (i = 0; i < times; i++) {
			seed = seed * 1103515245 + 12345;
			from = (seed >> 8) % made.text.len;
			seed = seed * 1103515245 + 12345;
			len = 1 + (seed >> 8) % 900;
			if (len > made.text.len - from)
				len = made.text.len - from;
			gv_buf_reset(&text);
			gv_buf_add(&text, made.text.p, from);
			gv_buf_add(&text, made.text.p + from + len,
			    made.text.len - from - len);
			look(&t, text.p, text.len, i % 3 ? 0 : 9973);
			check_places(&t, text.p);
			check_found(&t, &made, from, from + len, len);
			gv_state_triage_release(&t);
		}
		states_free(&made);
	}
	gv_buf_release(&text);
}

static void
test_cut_out(void **state)
{
	(void)state;
	cut_out(20, 2000);
}

/* More than is read at a time. */
static void
test_windows(void **state)
{
	(void)state;
	cut_out(3000, 30);
}

static void
test_nuls(void **state)
{
	struct states_made made;
	struct gv_state_triage t;

	(void)state;
	states_make(&made, STATES_PRETTY, 30, 3);
	memset(made.text.p + made.places[9].from + 40, 0, 4096);
	look(&t, made.text.p, made.text.len, 100);
	assert_int_equal(t.kind, GV_STATE_NULS);
	assert_int_equal(t.nuls, 4096);
	assert_int_equal(t.first_nul, made.places[9].from + 40);
	check_found(&t, &made, made.places[9].from + 40,
	    made.places[9].from + 40 + 4096, 0);
	gv_state_triage_release(&t);
	states_free(&made);
}

static void
test_joined(void **state)
{
	struct states_made a, b;
	struct gv_buf text = GV_BUF_INIT;
	struct gv_state_triage t;
	int form, cut;

	(void)state;
	for (form = 0; form < STATES_FORMS; form++) {
		states_make(&a, form, 10, 3);
		states_make(&b, form, 12, 4);
		for (cut = 0; cut < 2; cut++) {
			/* sorted keys are only known behind a whole one */
			if (cut && form == STATES_SORTED)
				continue;
			gv_buf_reset(&text);
			gv_buf_add(&text, a.text.p,
			    cut ? a.places[5].from + 30 : a.text.len);
			gv_buf_add(&text, b.text.p, b.text.len);
			look(&t, text.p, text.len, 0);
			check_places(&t, text.p);
			assert_int_equal(t.kind, GV_STATE_JOINED);
			assert_int_equal(gv_state_triage_count(&t), 2);
			assert_int_equal(count_resources(&t), cut ? 17 : 22);
			assert_int_equal(t.found[t.n - 1].document, 2);
			assert_true(t.documents[1].is_whole);
			gv_state_triage_release(&t);
		}
		states_free(&a);
		states_free(&b);
	}
	gv_buf_release(&text);
}

/* The file that a merge leaves of two texts that differ in these places. */
static void
conflict(struct gv_buf *out, const struct states_made *a,
    const struct states_made *b, size_t which)
{
	const struct states_place *p = &a->places[which];

	gv_buf_reset(out);
	gv_buf_add(out, a->text.p, p->from - 4);
	gv_buf_addstr(out, "<<<<<<< HEAD\n");
	gv_buf_add(out, a->text.p + p->from - 4, p->to - p->from + 4);
	gv_buf_addstr(out, "\n=======\n");
	p = &b->places[which];
	gv_buf_add(out, b->text.p + p->from - 4, p->to - p->from + 4);
	gv_buf_addstr(out, "\n>>>>>>> other\n");
	/* the comma is of both */
	gv_buf_addstr(out, a->text.p + a->places[which].to);
}

static void
test_conflict(void **state)
{
	struct states_made a, b;
	struct gv_buf text = GV_BUF_INIT;
	const struct gv_state_found *ours, *theirs;
	struct gv_state_triage t;
	size_t step;

	(void)state;
	states_make(&a, STATES_PRETTY, 10, 100);
	states_make(&b, STATES_PRETTY, 10, 4);
	conflict(&text, &a, &b, 4);
	for (step = 0; step < 70; step += 3) {
		look(&t, text.p, text.len, step);
		check_places(&t, text.p);
		assert_int_equal(t.kind, GV_STATE_CONFLICT);
		assert_int_equal(t.conflicts, 1);
		assert_int_equal(count_resources(&t), 11);
		ours = states_find(&t, "t.n4", GV_STATE_OURS);
		theirs = states_find(&t, "t.n4", GV_STATE_THEIRS);
		assert_true(ours && theirs && ours->to < theirs->from &&
		    memcmp(ours->sum, theirs->sum, GV_STATE_SUM) != 0);
		assert_non_null(states_find(&t, "t.n5", GV_STATE_BOTH));
		assert_true(t.documents[0].is_whole);
		assert_true(t.documents[1].is_whole);
		gv_state_triage_release(&t);
	}
	states_free(&a);
	states_free(&b);
	gv_buf_release(&text);
}

/* In a resource that is damaged stands what looks like one. */
static void
test_inner(void **state)
{
	static const char text[] =
	    "{\n  \"version\": 4,\n  \"lineage\": \"l\",\n  \"resources\": [\n"
	    "    {\n      \"mode\": \"managed\",\n      \"type\": \"a\",\n"
	    "      \"name\": \"b\",\n      \"instances\": []\n    },\n"
	    "    {\n      \"mode\": \"managed\",\n      \"type\": \"a\",\n"
	    "      \"name\": \"c\",\n      \"instances\": [\n        x,\n"
	    "        {\n          \"mode\": \"managed\",\n"
	    "          \"type\": \"in\",\n          \"name\": \"in\",\n"
	    "          \"instances\": []\n        }\n      ]\n    },\n"
	    "    {\n      \"mode\": \"managed\",\n      \"type\": \"a\",\n"
	    "      \"name\": \"d\",\n      \"instances\": []\n    }\n  ]\n}\n";
	struct gv_state_triage t;

	(void)state;
	look(&t, text, strlen(text), 0);
	assert_int_equal(t.n, 2);
	assert_string_equal(t.found[0].address, "a.b");
	assert_string_equal(t.found[1].address, "a.d");
	assert_true(t.found[1].is_behind);
	gv_state_triage_release(&t);
}

/* What somebody has made for it takes no longer than it is large. */
static void
test_linear(void **state)
{
	static const char *const pieces[] = { "{\"mode\":", "{\"name\":[",
		"{\"version\":4,\"serial\":", "{", "{\"name\":{\"type\":\"",
		"{\"type\":\"t\",\"name\":\"n\",\"mode\":\"m\",\"instances\":[",
		"<<<<<<< a\n", "=======\n>>>>>>> b\n",
		"{                    " };
	struct gv_buf text = GV_BUF_INIT;
	struct gv_state_triage t;
	size_t i;
	clock_t began;

	(void)state;
	for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		gv_buf_reset(&text);
		while (text.len < 4000000)
			gv_buf_addstr(&text, pieces[i]);
		began = clock();
		look(&t, text.p, text.len, 0);
		gv_state_triage_release(&t);
		assert_true(clock() - began < 10 * CLOCKS_PER_SEC);
	}
	gv_buf_release(&text);
}

static void
test_failures(void **state)
{
	struct states_made made;
	struct states_bytes bytes;
	struct gv_state_again again;
	struct gv_state_triage t;
	static const char yaml[] = "apiVersion: v1\n<<<<<<< a\nkind: Pod\n"
				   "=======\nkind: Job\n>>>>>>> b\n";

	(void)state;
	states_make(&made, STATES_PRETTY, 10, 3);
	made.text.p[made.places[4].from] = 'x';
	bytes = (struct states_bytes){
		.p = made.text.p, .len = made.text.len, .step = 50
	};
	again = states_again(&bytes);
	for (bytes.fail_at = 1; bytes.fail_at < made.text.len;
	     bytes.fail_at += 50) {
		bytes.at = 0;
		assert_int_equal(gv_state_triage_run(&t, &again), GV_ERROR);
	}
	states_free(&made);
	/* one that is larger than what is read at once, and one of YAML */
	states_make(&made, STATES_PRETTY, 3000, 3);
	made.text.p[made.places[4].from] = 'x';
	bytes = (struct states_bytes){ .p = made.text.p, .len = made.text.len };
	again = states_again(&bytes);
	for (bytes.fail_at = 100; bytes.fail_at < made.text.len;
	     bytes.fail_at += made.text.len / 9) {
		bytes.at = 0;
		assert_int_equal(gv_state_triage_run(&t, &again), GV_ERROR);
	}
	states_free(&made);
	bytes = (struct states_bytes){ .p = yaml, .len = strlen(yaml) };
	again = states_again(&bytes);
	bytes.step = 1;
	for (bytes.fail_at = 1; bytes.fail_at < bytes.len; bytes.fail_at++) {
		bytes.at = 0;
		assert_int_equal(gv_state_triage_run(&t, &again), GV_ERROR);
	}
}

/* Behind damage, one that is larger than what is read at once, and others. */
static void
test_large(void **state)
{
	struct gv_buf text = GV_BUF_INIT;
	struct gv_state_triage t;
	size_t i, n;

	(void)state;
	for (n = 100000; n <= 1600000; n *= 2) {
		gv_buf_reset(&text);
		gv_buf_addstr(&text,
		    "{\"version\": 4, x\n{\"mode\": \"managed\", \"type\": "
		    "\"t\", \"name\": \"a\", \"instances\": [{\"attributes\":"
		    " {\"v\": \"");
		for (i = 0; i < n; i++)
			gv_buf_addch(&text, 'v');
		gv_buf_addstr(&text,
		    "\"}}]},\n{\"mode\": \"managed\", \"type\": \"t\", "
		    "\"name\": \"b\", \"instances\": []}");
		look(&t, text.p, text.len, 0);
		check_places(&t, text.p);
		assert_int_equal(t.n, 2);
		assert_string_equal(t.found[0].address, "t.a");
		assert_string_equal(t.found[1].address, "t.b");
		gv_state_triage_release(&t);
	}
	gv_buf_release(&text);
}

static void
test_bare(void **state)
{
	static const char *const of[][2] = { { "a.b", "a.b" },
		{ "a.b[0]", "a.b" }, { "module.m[\"x\"].a.b", "" },
		{ "module.m[\"]\"].a.b[\"k\\\"]\"]", "module.m[\"]\"].a.b" },
		{ "a.b[", "" }, { "a.b[\"", "" }, { "", "" } };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(of) / sizeof(of[0]); i++)
		assert_int_equal(gv_state_repair_bare(of[i][0]),
		    strlen(of[i][1][0] ? of[i][1] : of[i][0]));
}

UNIT(state_triage)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_flipped),
		cmocka_unit_test(test_cut_out),
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_nuls),
		cmocka_unit_test(test_joined),
		cmocka_unit_test(test_conflict),
		cmocka_unit_test(test_inner),
		cmocka_unit_test(test_linear),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_bare),
	};

	return UNIT_RUN(tests);
}
