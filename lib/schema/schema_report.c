#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "schema/schema_internal.h"

/*
 * Findings and their texts are two stacks while a value is looked at: what a
 * branch has left is taken off when another one fits. Texts hold names and
 * what the schema says, never a value of the instance.
 */

#define TEXT_MAX 512

void
gv_schema_report_release(struct gv_schema_report *report)
{
	free(report->findings);
	free(report->texts);
	memset(report, 0, sizeof(*report));
}

void
gv_schema_report_close(struct gv_schema_report *report)
{
	size_t i;

	for (i = 0; i < report->n; i++)
		report->findings[i].text =
		    report->texts + report->findings[i].text_at;
}

static int
make_room(struct gv_schema_report *r)
{
	struct gv_schema_finding *more;
	size_t cap;
	char *text;

	if (r->n == r->cap) {
		cap = r->cap ? r->cap * 2 : 16;
		more = realloc(r->findings, cap * sizeof(*more));
		if (more == NULL)
			return gv_err_nomem();
		r->findings = more;
		r->cap = cap;
	}
	if (r->texts_cap - r->texts_len < TEXT_MAX) {
		cap = r->texts_cap * 2 + TEXT_MAX;
		text = realloc(r->texts, cap);
		if (text == NULL)
			return gv_err_nomem();
		r->texts = text;
		r->texts_cap = cap;
	}
	return 0;
}

/* Where a word of a schema is in its document. */
static uint32_t
place_of(const struct gv_schema_run *e, const struct gv_schema_node *s,
    const char *word)
{
	const struct gv_instance *in = gv_schema_document(e->s, s->document);
	const uint32_t i = gv_instance_get(in, s->at, word, strlen(word));

	return i == GV_DOC_NONE ? s->at : i;
}

static bool
is_of_key(const char *word)
{
	return strcmp(word, "additionalProperties") == 0 ||
	    strcmp(word, "unevaluatedProperties") == 0;
}

/* A text that is too long is cut at a whole character. */
static size_t
write_text(char *out, const char *fmt, va_list ap)
{
	int n = vsnprintf(out, TEXT_MAX, fmt, ap);
	size_t len = n < 0 ? 0 : (size_t)n;

	if (len < TEXT_MAX)
		return len;
	len = TEXT_MAX - 4;
	while (len && ((unsigned char)out[len] & 0xc0) == 0x80)
		len--;
	memcpy(out + len, "...", 4);
	return len + 3;
}

void
gv_schema_fail(struct gv_schema_run *e, int code)
{
	e->failed = code;
	e->is_stopped = true;
}

const char *
gv_schema_text(struct gv_schema_run *e, const struct gv_buf *b)
{
	const int r = gv_buf_check(b);

	if (r < 0)
		gv_schema_fail(e, r);
	return b->p;
}

static void
record(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct gv_instance_node *n, struct gv_schema_finding f,
    const char *fmt, va_list ap)
{
	struct gv_schema_report *r = e->report;
	const struct gv_instance_node *const nodes = e->in->nodes;
	int failed;

	if (e->failed < 0)
		return;
	if (r->n == GV_SCHEMA_FINDINGS_MAX) {
		r->has_more = true;
		return;
	}
	if ((failed = make_room(r)) < 0) {
		gv_schema_fail(e, failed);
		return;
	}
	/* a name of a member is looked at as a value of its own */
	f.of_key = n < nodes || n >= nodes + e->in->n;
	f.node = f.of_key ? n->parent : (uint32_t)(n - nodes);
	f.of_key = f.of_key || is_of_key(f.keyword);
	f.document = s->document;
	f.at = place_of(e, s, f.keyword);
	f.because = GV_DOC_NONE;
	f.text_at = r->texts_len;
	r->texts_len += write_text(r->texts + r->texts_len, fmt, ap) + 1;
	r->findings[r->n++] = f;
}

enum gv_schema_verdict
gv_schema_wrong(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct gv_instance_node *n, const char *word, const char *fmt, ...)
{
	struct gv_schema_finding f = { .verdict = GV_SCHEMA_INVALID,
		.keyword = word };
	va_list ap;

	if (gv_schema_is_quick(e))
		return GV_SCHEMA_INVALID;
	va_start(ap, fmt);
	record(e, s, n, f, fmt, ap);
	va_end(ap);
	return GV_SCHEMA_INVALID;
}

enum gv_schema_verdict
gv_schema_unsure(struct gv_schema_run *e, const struct gv_schema_node *s,
    const struct gv_instance_node *n, const char *word, const char *fmt, ...)
{
	struct gv_schema_finding f = { .verdict = GV_SCHEMA_UNKNOWN,
		.keyword = word };
	va_list ap;

	if (e->report == NULL)
		return GV_SCHEMA_UNKNOWN;
	va_start(ap, fmt);
	record(e, s, n, f, fmt, ap);
	va_end(ap);
	return GV_SCHEMA_UNKNOWN;
}

/* ---- branches ------------------------------------------------------------ */

struct gv_schema_point
gv_schema_point_of(const struct gv_schema_run *e)
{
	struct gv_schema_point p = { 0, 0, false };

	if (e->report) {
		p.n = e->report->n;
		p.len = e->report->texts_len;
		p.has_more = e->report->has_more;
	}
	return p;
}

void
gv_schema_rewind(struct gv_schema_run *e, struct gv_schema_point to)
{
	if (e->report == NULL)
		return;
	e->report->n = to.n;
	e->report->texts_len = to.len;
	e->report->has_more = to.has_more;
}

void
gv_schema_replace(struct gv_schema_run *e, struct gv_schema_point from,
    struct gv_schema_point to)
{
	struct gv_schema_report *r = e->report;
	const size_t n = to.n - from.n, len = to.len - from.len;
	size_t i;

	if (r == NULL || r->n == 0)
		return;
	memmove(r->findings + from.n, r->findings + to.n,
	    (r->n - to.n) * sizeof(*r->findings));
	memmove(r->texts + from.len, r->texts + to.len, r->texts_len - to.len);
	r->n -= n;
	r->texts_len -= len;
	for (i = from.n; i < r->n; i++) {
		r->findings[i].text_at -= len;
		if (r->findings[i].because != GV_DOC_NONE)
			r->findings[i].because -= (uint32_t)n;
	}
}

size_t
gv_schema_distance(const struct gv_schema_run *e, struct gv_schema_point from,
    const struct gv_instance_node *n)
{
	const uint32_t here = (uint32_t)(n - e->in->nodes);
	const struct gv_schema_finding *f;
	size_t i, sum = 0;

	for (i = from.n; i < e->report->n; i++) {
		f = &e->report->findings[i];
		sum++;
		if (f->node == here && strcmp(f->keyword, "type") == 0)
			sum += 10000;
		/* the value by which such branches differ */
		else if ((f->node == here ||
			     e->in->nodes[f->node].parent == here) &&
		    (strcmp(f->keyword, "const") == 0 ||
			strcmp(f->keyword, "enum") == 0))
			sum += 1000;
		else if (f->node == here)
			sum += 2;
	}
	return sum;
}

void
gv_schema_explain(struct gv_schema_run *e, struct gv_schema_point from)
{
	size_t i;

	for (i = from.n; i + 1 < e->report->n; i++)
		if (e->report->findings[i].because == GV_DOC_NONE)
			e->report->findings[i].because =
			    (uint32_t)e->report->n - 1;
}

/* ---- texts --------------------------------------------------------------- */

const char *
gv_schema_type_name(const struct gv_instance_node *n)
{
	static const char *const names[] = { "null", "boolean", "boolean",
		"integer", "number", "string", "array", "object", "unknown" };

	return n->is_text ? "string" : names[n->kind];
}

void
gv_schema_add_types(struct gv_buf *out, const struct gv_schema_node *s)
{
	static const struct {
		unsigned bits;
		const char *name;
	} types[] = { { 1U << GV_INSTANCE_TEXT, "string" },
		{ 1U << GV_INSTANCE_INT, "integer" },
		{ 1U << GV_INSTANCE_TRUE, "boolean" },
		{ 1U << GV_INSTANCE_MAP, "object" },
		{ 1U << GV_INSTANCE_LIST, "array" },
		{ 1U << GV_INSTANCE_NULL, "null" } };
	const size_t before = out->len;
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (!(s->types & types[i].bits))
			continue;
		if (out->len > before)
			gv_buf_addstr(out, " or ");
		gv_buf_addstr(
		    out, i == 1 && !s->wants_whole ? "number" : types[i].name);
	}
}

static void
add_place(struct gv_buf *out, const struct gv_instance *in, uint32_t node,
    bool of_key)
{
	struct gv_instance_place p;

	gv_instance_where(&p, in, node, of_key);
	gv_buf_addf(out, "%s:%zu:%zu", p.name ? p.name : "", p.line, p.column);
}

void
gv_schema_write(struct gv_buf *out, const struct gv_schema *s,
    const struct gv_instance *in, const struct gv_schema_finding *f)
{
	const struct gv_instance *schema = gv_schema_document(s, f->document);

	add_place(out, in, f->node, f->of_key);
	gv_buf_addstr(out, ": ");
	if (f->node)
		gv_instance_pointer(out, in, f->node);
	else
		gv_buf_addch(out, '/');
	gv_buf_addf(out, ": %s (", f->text);
	add_place(out, schema, f->at, true);
	gv_buf_addch(out, ' ');
	gv_instance_pointer(out, schema, f->at);
	gv_buf_addch(out, ')');
}
