#include "lint/lint_patch.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/filepatch.h"
#include "base/vec.h"
#include "graph/depgraph.h"
#include "infra/precious.h"
#include "scan/scan.h"

/* One place of a finding that has a remedy. */
struct edit {
	const struct gv_lint_finding *finding;
	const struct gv_lint_fix *fix;
	struct gv_lint_place place;
	uint32_t from, to; /* columns of the name, as it is now */
	bool is_done;
};

struct patching {
	struct gv_lint_patch *out;
	const struct gv_depgraph *g;
	const struct gv_lint_patch_opts *opts;
	struct edit *edits;
	size_t n, cap;
	struct gv_scan scan; /* of the file at hand */
	struct gv_buf old, new;
};

/* ---- which --------------------------------------------------------------- */

static int
add_places(struct patching *p, const struct gv_lint_finding *f,
    const struct gv_lint_fix *fix)
{
	uint32_t i;

	for (i = 0; i < f->n; i++) {
		if (GV_GROW(p->edits, p->n, p->cap) < 0)
			return gv_err_nomem();
		p->edits[p->n++] = (struct edit){
			.finding = f, .fix = fix, .place = f->places[i]
		};
	}
	return 0;
}

static int
gather(struct patching *p, const struct gv_lint_report *report)
{
	size_t i;
	int r;

	for (i = 0; i < report->n; i++) {
		const struct gv_lint_finding *f = &report->findings[i];

		if (!p->opts->wants(p->opts->wants_ctx, f))
			continue;
		if (f->fix == 0)
			p->out->left++;
		else if ((r = add_places(p, f, &report->fixes[f->fix - 1])) < 0)
			return r;
	}
	return 0;
}

static int
by_place(const void *a, const void *b)
{
	const struct edit *x = a, *y = b;

	if (x->place.file != y->place.file)
		return x->place.file < y->place.file ? -1 : 1;
	if (x->place.line != y->place.line)
		return x->place.line < y->place.line ? -1 : 1;
	return x->finding == y->finding ? 0 : x->finding < y->finding ? -1 : 1;
}

/* ---- one line ------------------------------------------------------------ */

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/* Where a name is in a line, as a word of its own; NULL: nowhere, or more than
 * once, so that it is not known which one is meant. */
static const char *
find_once(const char *line, size_t len, const char *name)
{
	const size_t n = strlen(name);
	const char *p = line, *end = line + len, *found = NULL;

	while ((p = memmem(p, (size_t)(end - p), name, n)) != NULL) {
		if ((p == line || !is_word(p[-1])) &&
		    (p + n == end || !is_word(p[n]))) {
			if (found)
				return NULL;
			found = p;
		}
		p += n;
	}
	return found;
}

/* Count characters, not the bytes that go on with one. */
static uint32_t
columns(const char *p, size_t len)
{
	uint32_t n = 0;
	size_t i;

	for (i = 0; i < len; i++)
		n += ((unsigned char)p[i] & 0xc0) != 0x80;
	return n;
}

static void
note_columns(struct edit *e, const char *line, size_t len)
{
	const char *at = find_once(line, len, e->fix->was);

	if (at == NULL)
		return;
	e->from = 1 + columns(line, (size_t)(at - line));
	e->to = e->from + columns(at, strlen(e->fix->was));
}

/* Append the line as it is to be: edits [i, end) are of it. */
static void
change_line(
    struct patching *p, size_t i, size_t end, const char *line, size_t len)
{
	struct gv_buf now = GV_BUF_INIT, next = GV_BUF_INIT;
	const char *at;

	gv_buf_add(&now, line, len);
	for (; i < end; i++) {
		const struct gv_lint_fix *fix = p->edits[i].fix;

		at = find_once(now.p, now.len, fix->was);
		if (at == NULL)
			continue;
		note_columns(&p->edits[i], line, len);
		gv_buf_reset(&next);
		gv_buf_add(&next, now.p, (size_t)(at - now.p));
		gv_buf_addstr(&next, fix->now);
		at += strlen(fix->was);
		gv_buf_add(&next, at, (size_t)(now.p + now.len - at));
		gv_buf_reset(&now);
		gv_buf_add(&now, next.p, next.len);
		p->edits[i].is_done = true;
	}
	gv_buf_add(&p->new, now.p, now.len);
	p->new.failed |= now.failed || next.failed;
	gv_buf_release(&now);
	gv_buf_release(&next);
}

static bool
is_hidden(void *ctx, size_t at, size_t len)
{
	const struct gv_scan *scan = ctx;
	size_t i;

	for (i = 0; i < scan->n; i++)
		if (scan->findings[i].at < at + len &&
		    scan->findings[i].at + scan->findings[i].len > at)
			return true;
	return false;
}

/* The line behind one that ends there, or the end. */
static const char *
end_of_next(const char *eol, const char *stop)
{
	const char *next = memchr(eol, '\n', (size_t)(stop - eol));

	return next ? next + 1 : stop;
}

/* Make the new text of a file of its old one. A line beside a secret stays,
 * since a patch shows it with those around it. */
static void
change_lines(struct patching *p, size_t first, size_t end)
{
	const char *at = p->old.p, *stop = at + p->old.len, *eol;
	const char *before = at;
	uint32_t line = 1;
	size_t i = first, k;

	for (; at < stop; before = at, at = eol, line++) {
		eol = memchr(at, '\n', (size_t)(stop - at));
		eol = eol ? eol + 1 : stop;
		while (i < end && p->edits[i].place.line < line)
			i++;
		for (k = i; k < end && p->edits[k].place.line == line;)
			k++;
		if (k > i &&
		    !is_hidden(&p->scan, (size_t)(before - p->old.p),
			(size_t)(end_of_next(eol, stop) - before)))
			change_line(p, i, k, at, (size_t)(eol - at));
		else
			gv_buf_add(&p->new, at, (size_t)(eol - at));
	}
}

/* ---- one file ------------------------------------------------------------ */

/* Files of values may hold a secret that looks like none. */
static bool
is_of_values(const struct gv_depgraph_file *f)
{
	return f->dialect == GV_SYMBOL_DIALECT_ENV ||
	    (f->dialect != GV_SYMBOL_DIALECT_TFVARS &&
		f->dialect != GV_SYMBOL_DIALECT_TFVARS_JSON &&
		gv_precious_rule(f->path, f->len) != NULL);
}

/* Whether something is known as a secret only by its right name. */
static int
adds_secret(
    bool *out, const struct patching *p, const struct gv_depgraph_file *f)
{
	struct gv_scan scan = GV_SCAN_INIT;
	const int r =
	    gv_scan_run(&scan, p->opts->rules, f->path, p->new.p, p->new.len);

	*out = scan.n > p->scan.n;
	gv_scan_release(&scan);
	return r;
}

static int
patch_file(struct patching *p, size_t first, size_t end)
{
	const struct gv_depgraph_file *f =
	    &p->g->files[p->edits[first].place.file];
	struct gv_filepatch patch = {
		.path = f->path, .is_hidden = is_hidden, .ctx = &p->scan
	};
	bool is_done = false, is_secret;
	size_t i;
	int r;

	gv_buf_reset(&p->old);
	gv_buf_reset(&p->new);
	if (is_of_values(f) || p->opts->read(p->opts->read_ctx, &p->old, f) < 0)
		return 0;
	if ((r = gv_buf_check(&p->old)) < 0 ||
	    (r = gv_scan_run(
		 &p->scan, p->opts->rules, f->path, p->old.p, p->old.len)) < 0)
		return r;
	change_lines(p, first, end);
	if ((r = gv_buf_check(&p->new)) < 0 ||
	    (r = adds_secret(&is_secret, p, f)) < 0)
		return r;
	if (is_secret)
		goto out;
	patch.old = p->old.p;
	patch.old_len = p->old.len;
	patch.new = p->new.p;
	patch.new_len = p->new.len;
	if ((r = gv_scan_run(
		 &p->scan, p->opts->rules, f->path, p->old.p, p->old.len)) < 0)
		return r;
	for (i = first; i < end && !p->edits[i].is_done;)
		i++;
	if (i < end &&
	    (r = gv_filepatch_add(&p->out->text, &is_done, &patch)) < 0)
		return r;
out:
	for (i = first; !is_done && i < end; i++)
		p->edits[i].is_done = false;
	return 0;
}

/* Those that are left come first, then those whose place is not known. */
static int
rank_of(const struct edit *e)
{
	if (!e->is_done)
		return 0;
	return e->from ? 2 : 1;
}

static int
by_finding(const void *a, const void *b)
{
	const struct edit *x = a, *y = b;

	return x->finding == y->finding ? rank_of(x) - rank_of(y)
	    : x->finding < y->finding   ? -1
					: 1;
}

/* A finding is left if one of its places is. */
static void
count(struct patching *p)
{
	size_t i;

	if (p->n)
		qsort(p->edits, p->n, sizeof(*p->edits), by_finding);
	for (i = 0; i < p->n; i++) {
		p->out->done += p->edits[i].is_done;
		p->out->left += !p->edits[i].is_done &&
		    (i == 0 || p->edits[i - 1].finding != p->edits[i].finding);
	}
}

/* The edits are by finding now. */
static int
note_changes(struct patching *p)
{
	struct gv_lint_patch *out = p->out;
	const struct gv_lint_finding *left = NULL;
	size_t i;

	out->changes = calloc(p->n + 1, sizeof(*out->changes));
	if (out->changes == NULL)
		return gv_err_nomem();
	for (i = 0; i < p->n; i++) {
		const struct edit *e = &p->edits[i];

		if (rank_of(e) < 2)
			left = e->finding;
		if (e->finding != left)
			out->changes[out->n_changes++] =
			    (struct gv_lint_change){ e->finding, e->fix,
				    e->place, e->from, e->to };
	}
	return 0;
}

int
gv_lint_patch(struct gv_lint_patch *out, const struct gv_lint_report *report,
    const struct gv_depgraph *graph, const struct gv_lint_patch_opts *opts)
{
	struct patching p = { .out = out,
		.g = graph,
		.opts = opts,
		.scan = GV_SCAN_INIT,
		.old = GV_BUF_INIT,
		.new = GV_BUF_INIT };
	size_t i, end;
	int r;

	*out = (struct gv_lint_patch){ .text = GV_BUF_INIT };
	if ((r = gather(&p, report)) < 0)
		goto out;
	if (p.n)
		qsort(p.edits, p.n, sizeof(*p.edits), by_place);
	for (i = 0; i < p.n; i = end) {
		for (end = i; end < p.n &&
		     p.edits[end].place.file == p.edits[i].place.file;)
			end++;
		if ((r = patch_file(&p, i, end)) < 0)
			goto out;
	}
	count(&p);
	if ((r = note_changes(&p)) == 0)
		r = gv_buf_check(&out->text);
out:
	free(p.edits);
	gv_scan_release(&p.scan);
	gv_buf_release(&p.old);
	gv_buf_release(&p.new);
	return r;
}

void
gv_lint_patch_release(struct gv_lint_patch *patch)
{
	gv_buf_release(&patch->text);
	free(patch->changes);
	patch->changes = NULL;
	patch->n_changes = 0;
}
