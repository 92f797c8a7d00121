/* lib/lint/lint_bytes: a report as bytes, whole, damaged and past its time. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "compress/deflate.h"
#include "lint/lint_bytes.h"
#include "worktree/cache.h"

#define NOW   1000
#define UNTIL 2000
#define FILES 10

static const unsigned char key[GV_LINT_KEY] = "key";

static void
make(struct gv_buf *bytes)
{
	struct gv_lint_place places[3] = { { 1, 7 }, { 2, 0 }, { 9, 3 } };
	struct gv_lint_finding findings[2] = {
		{ .rule = gv_lint_rule("ref/missing-file"),
		    .subject = "a",
		    .text = "a is not there",
		    .places = places,
		    .n = 2,
		    .severity = GV_LINT_ERROR },
		{ .rule = gv_lint_rule("cycle"),
		    .subject = "b",
		    .text = "",
		    .places = places + 2,
		    .n = 1,
		    .reason = "meant",
		    .severity = GV_LINT_INFO,
		    .allowed = GV_LINT_BY_POLICY },
	};
	const struct gv_lint_report report = { .findings = findings,
		.n = 2,
		.files = 4,
		.edges = 5,
		.computed = 6,
		.counts = { 1, 2, 3 },
		.allowed = 1,
		.until = UNTIL };

	struct gv_lint_writing w = { &report, key, NOW,
		.list = GV_LINT_WRITING_NOTHING };
	size_t before;

	do {
		before = bytes->len;
		assert_int_equal(gv_lint_bytes_next(&w, bytes), 0);
	} while (bytes->len > before);
	gv_cache_seal(bytes, 0);
}

static void
a_report_is_read_as_it_was(void **state)
{
	struct gv_buf bytes = GV_BUF_INIT;
	struct gv_lint_report r;

	(void)state;
	make(&bytes);
	assert_int_equal(
	    gv_lint_bytes_read(&r, bytes.p, bytes.len, key, FILES, NOW), 0);
	assert_int_equal(r.n, 2);
	assert_string_equal(r.findings[0].rule->id, "ref/missing-file");
	assert_string_equal(r.findings[0].subject, "a");
	assert_string_equal(r.findings[0].text, "a is not there");
	assert_int_equal(r.findings[0].severity, GV_LINT_ERROR);
	assert_int_equal(r.findings[0].n, 2);
	assert_int_equal(r.findings[0].places[0].line, 7);
	assert_int_equal(r.findings[0].places[1].file, 2);
	assert_null(r.findings[0].reason);
	assert_string_equal(r.findings[1].reason, "meant");
	assert_string_equal(r.findings[1].text, "");
	assert_int_equal(r.findings[1].places[0].file, 9);
	assert_int_equal(r.findings[1].allowed, GV_LINT_BY_POLICY);
	assert_int_equal(r.files + r.edges + r.computed, 15);
	assert_int_equal(r.counts[GV_LINT_ERROR], 3);
	gv_lint_release(&r);
	gv_buf_release(&bytes);
}

static void
time_and_other_inputs_end_it(void **state)
{
	static const unsigned char other[GV_LINT_KEY] = "kez";
	struct gv_buf bytes = GV_BUF_INIT;
	struct gv_lint_report r;
	size_t n;

	(void)state;
	make(&bytes);
#define READ(k, files, now)                                                    \
	gv_lint_bytes_read(&r, bytes.p, bytes.len, k, files, now)
	assert_int_equal(READ(other, FILES, NOW), GV_ECORRUPT);
	assert_int_equal(READ(key, 9, NOW), GV_ECORRUPT);
	assert_int_equal(READ(key, FILES, NOW - 1), GV_ECORRUPT);
	assert_int_equal(READ(key, FILES, UNTIL), GV_ECORRUPT);
	assert_int_equal(READ(key, FILES, UNTIL - 1), 0);
	gv_lint_release(&r);
	for (n = 0; n < bytes.len; n++)
		assert_int_equal(
		    gv_lint_bytes_read(&r, bytes.p, n, key, FILES, NOW),
		    GV_ECORRUPT);
	gv_buf_release(&bytes);
}

/* More than a piece of each list, and of no finding at all. */
static void
pieces_make_the_same_bytes(void **state)
{
	enum { MANY = 30000 };
	struct gv_lint_place place = { 3, 1 };
	struct gv_lint_finding *findings = calloc(MANY, sizeof(*findings));
	struct gv_lint_report report = { .findings = findings, .until = UNTIL },
			      r;
	const size_t counts[] = { 0, 1, MANY };
	size_t i, k, n_pieces, before;

	(void)state;
	assert_non_null(findings);
	for (i = 0; i < MANY; i++)
		findings[i] =
		    (struct gv_lint_finding){ .rule = gv_lint_rule("cycle"),
			    .subject = "what is wrong",
			    .text = "why",
			    .places = &place,
			    .n = 1,
			    .severity = GV_LINT_ERROR };
	for (k = 0; k < 3; k++) {
		struct gv_lint_writing w = { &report, key, NOW,
			.list = GV_LINT_WRITING_NOTHING };
		struct gv_buf bytes = GV_BUF_INIT;

		report.n = counts[k];
		n_pieces = 0;
		do {
			before = bytes.len;
			assert_int_equal(gv_lint_bytes_next(&w, &bytes), 0);
			n_pieces++;
		} while (bytes.len > before);
		assert_true(k < 2 || n_pieces > 6);
		gv_cache_seal(&bytes, 0);
		assert_int_equal(
		    gv_lint_bytes_read(&r, bytes.p, bytes.len, key, FILES, NOW),
		    0);
		assert_int_equal(r.n, counts[k]);
		for (i = 0; i < r.n; i++)
			assert_string_equal(r.findings[i].text, "why");
		gv_lint_release(&r);
		gv_buf_release(&bytes);
	}
	free(findings);
}

static size_t
walk(const struct gv_lint_report *r)
{
	size_t sum = 0, i, k;

	for (i = 0; i < r->n; i++) {
		const struct gv_lint_finding *f = &r->findings[i];

		sum += strlen(f->rule->id) + strlen(f->subject) +
		    strlen(f->text) + (f->reason ? strlen(f->reason) : 0) +
		    strlen(gv_lint_severities[f->severity]);
		for (k = 0; k < f->n; k++) {
			assert_true(f->places[k].file < FILES);
			sum++;
		}
	}
	return sum;
}

/* A sum that fits proves nothing of what somebody wrote on purpose. */
static void
no_number_leads_out_of_the_bytes(void **state)
{
	static const unsigned char values[] = { 0, 1, 0x7f, 0xff };
	struct gv_buf bytes = GV_BUF_INIT;
	struct gv_lint_report r;
	size_t i, k, b, sum = 0;
	uint32_t crc;

	(void)state;
	make(&bytes);
	for (i = 0; i + 4 < bytes.len; i++)
		for (k = 0; k < sizeof(values); k++) {
			const char was = bytes.p[i];

			bytes.p[i] = (char)values[k];
			crc = gv_deflate_crc32(0, bytes.p, bytes.len - 4);
			for (b = 0; b < 4; b++)
				bytes.p[bytes.len - 4 + b] =
				    (char)(crc >> (24 - 8 * b));
			if (gv_lint_bytes_read(
				&r, bytes.p, bytes.len, key, FILES, NOW) == 0) {
				sum += walk(&r);
				gv_lint_release(&r);
			}
			bytes.p[i] = was;
		}
	assert_true(sum > 0);
	gv_buf_release(&bytes);
}

UNIT(lint_bytes)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_report_is_read_as_it_was),
		cmocka_unit_test(time_and_other_inputs_end_it),
		cmocka_unit_test(pieces_make_the_same_bytes),
		cmocka_unit_test(no_number_leads_out_of_the_bytes),
	};

	return UNIT_RUN(tests);
}
