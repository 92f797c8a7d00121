#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "detect/sweep_internal.h"
#include "scan/rule.h"
#include "lex/syntax.h"
#include "sys/cancel.h"

#define FIRST  ((size_t)64 * 1024)
#define WINDOW ((size_t)4 * 1024 * 1024)
#define HOLD   ((size_t)16 * 1024 * 1024) /* of an archive */
#define NEAR   ((size_t)4096)             /* of a line that is long */
#define EDGE   ((size_t)256 * 1024)       /* seen around every finding */

void
gv_sweep_window_open(struct gv_sweep_window *w, const char *path)
{
	w->path = path;
	w->places = NULL;
	w->facts = NULL;
	w->tally = NULL;
	w->key = NULL;
	w->scan.syntax = 0;
	w->scan.has_asked = false;
	w->depth = 0;
	w->lasting = NULL;
	w->limit = WINDOW;
	w->len = 0;
	w->base = w->line_at = w->done = w->judged = 0;
	w->line = 1;
}

/* How many lines end within bytes. */
static unsigned
count_lines(const char *p, size_t len)
{
	const char *end = p + len;
	unsigned n = 0;

	while ((p = memchr(p, '\n', (size_t)(end - p)))) {
		p++;
		n++;
	}
	return n;
}

/* The line that a place is on, as much of it as is near. */
static const char *
line_of(const struct gv_sweep_window *w, size_t at, size_t *len)
{
	size_t from = at > NEAR ? at - NEAR : 0;
	size_t to = w->len - at > NEAR ? at + NEAR : w->len;
	const char *begin = memrchr(w->bytes + from, '\n', at - from);
	const char *end = memchr(w->bytes + at, '\n', to - at);

	begin = begin ? begin + 1 : w->bytes + from;
	*len = (size_t)((end ? end : w->bytes + to) - begin);
	return begin;
}

/* Structure is read from the beginning of a file on: what a later window tells
 * of it would begin anywhere. Many findings have the key of the one before. */
static int
set_key(struct gv_sweep_window *w, struct gv_finding *f, const char *key)
{
	if (key == NULL || w->base > 0)
		return 0;
	if (w->key == NULL || strcmp(w->key, key) != 0)
		w->key = gv_sweep_copy_key(w->sweep, key);
	f->key = w->key;
	return f->key ? 0 : gv_err_nomem();
}

const char *
gv_sweep_window_path(struct gv_sweep_window *w)
{
	const char *path = w->path ? w->path : "";

	if (w->depth && w->lasting == NULL)
		w->lasting = gv_sweep_copy(w->sweep, path, strlen(path));
	return w->depth ? w->lasting : path;
}

static int
tell(struct gv_sweep_window *w, const struct gv_scan_finding *found)
{
	const struct gv_idkey *key = gv_sweep_key(w->sweep);
	const char *value = w->bytes + found->at, *line;
	struct gv_finding f;
	size_t n;
	int r = gv_finding_init(&f, found, w->bytes);

	f.rule = gv_sweep_rule_of(w->sweep, found->rule);
	f.path = gv_sweep_window_path(w);
	if (f.path == NULL) {
		gv_finding_release(&f);
		return gv_err_nomem();
	}
	f.inner = w->depth ? f.path + w->outer_len : NULL;
	f.at = w->base + found->at;
	f.line = w->line + found->line - 1;
	f.column = found->column;
	if (found->line == 1)
		f.column += (unsigned)(w->base - w->line_at);
	f.places = w->places;
	f.end_line = f.line;
	if (found->len > 1)
		f.end_line += count_lines(value, found->len - 1);
	if (key) {
		gv_idkey_value(&f.digest, key, value, found->len);
		gv_idkey_finding(
		    &f.fingerprint, key, f.rule->id, f.path, &f.digest);
	}
	if (r == 0)
		r = set_key(w, &f, found->key);
	line = line_of(w, found->at, &n);
	gv_sweep_read_comment(&f, line, n);
	if (r < 0 || (r = gv_sweep_allow(w->sweep, &f)) < 0)
		goto out;
	if (w->facts)
		gv_sweep_fact_add_finding(w->facts, &f, key);
	if (w->sweep->private->opts.keep_values &&
	    (r = gv_finding_keep_value(&f, value)) < 0)
		goto out;
	r = gv_sweep_keep(w->sweep, &f, w->tally);
out:
	if (r < 0)
		gv_finding_release(&f);
	return r;
}

/* --- comments that allow nothing --- */

/* Whether a finding of that rule begins in a line. */
static bool
is_of_use(const struct gv_scan *scan, const char *rule, size_t rule_len,
    size_t from, size_t to)
{
	size_t low = 0, high = scan->n, i;

	while (low < high) {
		i = low + (high - low) / 2;
		if (scan->findings[i].at < from)
			low = i + 1;
		else
			high = i;
	}
	for (; low < scan->n && scan->findings[low].at < to; low++) {
		const char *id = scan->findings[low].rule->id;

		if (strlen(id) == rule_len && memcmp(id, rule, rule_len) == 0)
			return true;
	}
	return false;
}

/* Of the comments between two places, the first of each line: the others allow
 * nothing in any case. */
static int
judge_comments(struct gv_sweep_window *w, size_t from, size_t to)
{
	const char *p, *counted = w->bytes, *mark;
	const char *rule, *line;
	size_t n, rule_len, begin;
	unsigned number = w->line;
	int r = 0;

	/* the scan has seen the first of them */
	if (w->scan.comment >= to || (w->places && w->facts == NULL) ||
	    w->depth || gv_syntax_is_prose(w->path))
		return 0;
	p = w->bytes + (from > w->scan.comment ? from : w->scan.comment);
	while (r == 0 && p < w->bytes + to &&
	    (mark = gv_sweep_find_comment(
		 p, (size_t)(w->bytes + w->len - p), &rule, &rule_len)) &&
	    mark < w->bytes + to) {
		line = line_of(w, (size_t)(mark - w->bytes), &n);
		number += count_lines(counted, (size_t)(mark - counted));
		counted = mark;
		begin = (size_t)(line - w->bytes);
		if (!is_of_use(&w->scan, rule, rule_len, begin, begin + n))
			r = gv_sweep_waste_comment(w, number, rule, rule_len);
		p = line + n > mark ? line + n : mark + 1;
	}
	return r;
}

static int
stop(void)
{
	return gv_cancel_requested() ? gv_cancel_error() : 0;
}

/* Scan what is held, and tell what begins before place `end`. */
static int
scan(struct gv_sweep_window *w, uint64_t end)
{
	size_t i, from = (size_t)(w->judged - w->base), to = w->len;
	int r;

	if (w->scan.syntax == 0)
		w->scan.syntax = gv_syntax_of(w->path, w->bytes, w->len) + 1U;
	w->scan.poll = stop;
	r = gv_scan_run(
	    &w->scan, w->sweep->private->rules, w->path, w->bytes, w->len);
	if (end != UINT64_MAX)
		to = (size_t)(end - w->base);
	if (r == 0)
		r = judge_comments(w, from, to);
	w->judged = w->base + to;

	for (i = 0; r == 0 && i < w->scan.n; i++) {
		const struct gv_scan_finding *f = &w->scan.findings[i];
		uint64_t at = w->base + f->at;

		if (at < w->done || at >= end)
			continue;
		r = tell(w, f);
		w->done = at + f->len;
	}
	if (end != UINT64_MAX && w->done < end)
		w->done = end;
	return r;
}

/* Scan, and let go of all that the next window does not look at again. */
static int
move(struct gv_sweep_window *w)
{
	size_t gone = w->len - 2 * EDGE;
	const char *nl = memrchr(w->bytes, '\n', gone);
	int r = scan(w, w->base + w->len - EDGE);

	if (nl) {
		w->line += count_lines(w->bytes, gone);
		w->line_at = w->base + (uint64_t)(nl + 1 - w->bytes);
	}
	memmove(w->bytes, w->bytes + gone, w->len - gone);
	w->len -= gone;
	w->base += gone;
	return r;
}

/* An archive is held whole, if it is not too large: those in others have no
 * more room than all else. */
static int
make_room(struct gv_sweep_window *w)
{
	bool is_archive = w->base == 0 && gv_sweep_archive_is(w);
	int r = 0;

	if (is_archive && w->depth == 0 && w->limit == WINDOW) {
		w->limit = HOLD;
		return 0;
	}
	r = is_archive ? gv_sweep_archive_skip(w)
		       : gv_sweep_archive_judge_shut(w);
	w->limit = WINDOW;
	return r < 0 ? r : move(w);
}

int
gv_sweep_window_room(struct gv_sweep_window *w, char **at, size_t *n)
{
	size_t cap = w->cap ? w->cap * 4 : FIRST;
	char *more;
	int r = 0;

	if (w->len == w->limit)
		r = make_room(w);
	if (r == 0 && w->len == w->cap) {
		cap = cap < w->limit ? cap : w->limit;
		more = realloc(w->bytes, cap);
		if (more == NULL)
			return gv_err_nomem();
		w->bytes = more;
		w->cap = cap;
	}
	*at = w->bytes + w->len;
	*n = (w->cap < w->limit ? w->cap : w->limit) - w->len;
	return r;
}

void
gv_sweep_window_took(struct gv_sweep_window *w, size_t n)
{
	w->len += n;
}

int
gv_sweep_window_add(struct gv_sweep_window *w, const void *p, size_t n)
{
	const char *from = p;
	size_t room;
	char *at;
	int r;

	while (n > 0) {
		r = gv_sweep_window_room(w, &at, &room);
		if (r < 0)
			return r;
		room = room < n ? room : n;
		memcpy(at, from, room);
		w->len += room;
		from += room;
		n -= room;
	}
	return 0;
}

int
gv_sweep_window_end(struct gv_sweep_window *w)
{
	int r;

	if (w->len == 0)
		return 0;
	if (w->base == 0 && gv_sweep_archive_is(w))
		r = gv_sweep_archive_scan(w);
	else
		r = gv_sweep_archive_judge_pointer(w) < 0 ||
			gv_sweep_archive_judge_shut(w) < 0
		    ? GV_ENOMEM
		    : 1;
	/* as it is, too, where not all of it was seen */
	return r > 0 ? scan(w, UINT64_MAX) : r;
}

void
gv_sweep_window_release(struct gv_sweep_window *w)
{
	gv_scan_release(&w->scan);
	free(w->bytes);
}
