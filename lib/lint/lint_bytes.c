#include "lint/lint_bytes.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "worktree/cache.h"
#include "worktree/fact.h"

/*
 * In the byte order and the layout of the program that writes it and that the
 * key names:
 *	head
 *	a row for each finding, zeros up to a multiple of 8
 *	its places: as they are in memory
 *	texts, a NUL before the first and behind each
 *	4 bytes		CRC-32 of all before
 */

struct head {
	char magic[GV_CACHE_MAGIC];
	unsigned char key[GV_LINT_KEY];
	int64_t now, until;
	uint64_t n, n_places, text_len;
	uint64_t files, edges, computed, allowed;
	uint64_t counts[GV_LINT_ERROR + 1];
};

struct row {
	uint32_t subject, text, reason; /* where they begin; 0: none */
	uint32_t n;
	uint16_t rule;
	uint8_t severity, allowed;
};

#define PIECE ((size_t)256 * 1024) /* stays in the cache of a processor */

static size_t
padded(size_t n)
{
	return (n + 7) / 8 * 8;
}

/* ---- written ------------------------------------------------------------- */

static size_t
text_len(const char *text)
{
	return text && *text ? strlen(text) + 1 : 0;
}

static struct head
head_of(const struct gv_lint_report *report,
    const unsigned char key[GV_LINT_KEY], int64_t now)
{
	struct head head = { .now = now,
		.until = report->until,
		.n = report->n,
		.text_len = 1,
		.files = report->files,
		.edges = report->edges,
		.computed = report->computed,
		.allowed = report->allowed };
	size_t i;

	memcpy(head.magic, GV_FACT_CHECK_MAGIC, GV_CACHE_MAGIC);
	memcpy(head.key, key, GV_LINT_KEY);
	for (i = 0; i <= GV_LINT_ERROR; i++)
		head.counts[i] = report->counts[i];
	for (i = 0; i < report->n; i++) {
		const struct gv_lint_finding *f = &report->findings[i];

		head.n_places += f->n;
		head.text_len += text_len(f->subject) + text_len(f->text) +
		    text_len(f->reason);
	}
	return head;
}

static uint32_t
place_text(uint32_t *at, const char *text)
{
	const uint32_t begin = *at;
	const size_t len = text_len(text);

	*at += (uint32_t)len;
	return len ? begin : 0;
}

static void
add_row(struct gv_buf *out, struct gv_lint_writing *w,
    const struct gv_lint_finding *f)
{
	size_t n_rules;
	const struct gv_lint_rule *rules = gv_lint_rules(&n_rules);
	struct row row = { .n = f->n,
		.rule = (uint16_t)(f->rule - rules),
		.severity = (uint8_t)f->severity,
		.allowed = (uint8_t)f->allowed };

	row.subject = place_text(&w->text, f->subject);
	row.text = place_text(&w->text, f->text);
	row.reason = place_text(&w->text, f->reason);
	gv_buf_add(out, &row, sizeof(row));
}

static void
add_texts(struct gv_buf *out, const struct gv_lint_finding *f)
{
	gv_buf_add(out, f->subject, text_len(f->subject));
	gv_buf_add(out, f->text, text_len(f->text));
	gv_buf_add(out, f->reason, text_len(f->reason));
}

/* What is between two lists. */
static int
begin_list(struct gv_buf *out, struct gv_lint_writing *w)
{
	const struct head head = head_of(w->report, w->key, w->now);
	const size_t rows = w->report->n * sizeof(struct row);

	w->at = 0;
	switch (w->list++) {
	case GV_LINT_WRITING_NOTHING:
		w->text = 1;
		if (head.text_len > UINT32_MAX)
			return gv_err_nomem();
		gv_buf_add(out, &head, sizeof(head));
		break;
	case GV_LINT_WRITING_ROWS:
		gv_buf_add(out, "\0\0\0\0\0\0\0", padded(rows) - rows);
		break;
	case GV_LINT_WRITING_PLACES:
		gv_buf_addch(out, '\0');
		break;
	default:
		break;
	}
	return gv_buf_check(out);
}

static void
add_some(struct gv_buf *out, struct gv_lint_writing *w)
{
	const size_t most = out->len + PIECE;

	for (; w->at < w->report->n && out->len < most; w->at++) {
		const struct gv_lint_finding *f = &w->report->findings[w->at];

		if (w->list == GV_LINT_WRITING_ROWS)
			add_row(out, w, f);
		else if (w->list == GV_LINT_WRITING_PLACES)
			gv_buf_add(out, f->places, f->n * sizeof(*f->places));
		else
			add_texts(out, f);
	}
}

int
gv_lint_bytes_next(void *writing, struct gv_buf *out)
{
	struct gv_lint_writing *w = writing;
	const size_t begin = out->len;
	int r = 0;

	while (r == 0 && out->len == begin && w->list != GV_LINT_WRITING_END) {
		if (w->list != GV_LINT_WRITING_NOTHING &&
		    w->at < w->report->n) {
			add_some(out, w);
			r = gv_buf_check(out);
		} else {
			r = begin_list(out, w);
		}
	}
	return r;
}

/* ---- read ---------------------------------------------------------------- */

struct reading {
	struct head head;
	const struct row *rows;
	struct gv_lint_place *places;
	const char *text;
};

static bool
find_parts(struct reading *in, const void *p, size_t len,
    const unsigned char key[GV_LINT_KEY])
{
	size_t rest = len - sizeof(in->head) - GV_CACHE_SUM, n;
	const char *at = (const char *)p + sizeof(in->head);

	if (len < sizeof(in->head) + GV_CACHE_SUM)
		return false;
	memcpy(&in->head, p, sizeof(in->head));
	if (memcmp(in->head.key, key, GV_LINT_KEY) != 0 ||
	    !gv_cache_is_sealed(p, len, GV_FACT_CHECK_MAGIC) ||
	    in->head.n > rest / sizeof(struct row) ||
	    in->head.n_places > rest / sizeof(struct gv_lint_place))
		return false;
	in->rows = (const struct row *)(uintptr_t)at;
	n = padded(in->head.n * sizeof(struct row));
	in->places = (struct gv_lint_place *)(uintptr_t)(at + n);
	n += in->head.n_places * sizeof(struct gv_lint_place);
	in->text = at + n;
	return n <= rest && in->head.text_len == rest - n &&
	    in->head.text_len && in->text[0] == '\0' &&
	    in->text[in->head.text_len - 1] == '\0';
}

/* Set it from a row; whether that is possible. */
static bool
set_finding(struct gv_lint_finding *f, uint64_t *n_places,
    const struct reading *in, const struct row *row, uint32_t n_files)
{
	size_t n_rules;
	const struct gv_lint_rule *rules = gv_lint_rules(&n_rules);
	uint32_t i;

	if (row->rule >= n_rules || row->severity > GV_LINT_ERROR ||
	    row->allowed > GV_LINT_BY_BASELINE || row->n == 0 ||
	    row->n > in->head.n_places - *n_places ||
	    row->subject >= in->head.text_len ||
	    row->text >= in->head.text_len || row->reason >= in->head.text_len)
		return false;
	*f = (struct gv_lint_finding){ .rule = &rules[row->rule],
		.subject = in->text + row->subject,
		.text = in->text + row->text,
		.places = in->places + *n_places,
		.reason = row->reason ? in->text + row->reason : NULL,
		.n = row->n,
		.severity = (enum gv_lint_severity)row->severity,
		.allowed = (enum gv_lint_allowed)row->allowed };
	*n_places += row->n;
	for (i = 0; i < f->n; i++)
		if (f->places[i].file >= n_files)
			return false;
	return true;
}

int
gv_lint_bytes_read(struct gv_lint_report *out, const void *p, size_t len,
    const unsigned char key[GV_LINT_KEY], uint32_t n_files, int64_t now)
{
	struct reading in;
	struct gv_lint_report report = { .n = 0 };
	uint64_t n_places = 0, i;

	if (!find_parts(&in, p, len, key) || now < in.head.now ||
	    now >= in.head.until)
		return GV_ECORRUPT;
	report.findings = calloc(in.head.n + 1, sizeof(*report.findings));
	if (report.findings == NULL)
		return gv_err_nomem();
	for (i = 0; i < in.head.n; i++)
		if (!set_finding(&report.findings[i], &n_places, &in,
			&in.rows[i], n_files)) {
			free(report.findings);
			return GV_ECORRUPT;
		}
	report.n = in.head.n;
	report.files = in.head.files;
	report.edges = in.head.edges;
	report.computed = in.head.computed;
	report.allowed = in.head.allowed;
	report.until = in.head.until;
	for (i = 0; i <= GV_LINT_ERROR; i++)
		report.counts[i] = in.head.counts[i];
	*out = report;
	return 0;
}
