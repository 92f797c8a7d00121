#include "detect/withhold.h"

#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "base/err.h"
#include "base/vec.h"
#include "detect/screen.h"
#include "safe/safe.h"
#include "safe/safe_writer.h"
#include "sys/clock.h"

/* ---- one thread's ---- */

int
gv_withhold_open(struct gv_withhold_worker *worker, struct gv_withhold *by,
    struct gv_pack_lane *lane)
{
	*worker = (struct gv_withhold_worker){
		.by = by, .lane = lane, .clean = GV_BUF_INIT
	};
	return gv_screen_searches(by->screen)
	    ? gv_screen_view_new(&worker->view, by->screen)
	    : 0;
}

void
gv_withhold_close(struct gv_withhold_worker *worker)
{
	gv_screen_view_free(worker->view);
	gv_safe_writer_free(worker->writer);
	gv_buf_release(&worker->clean);
	free(worker->entries);
	memset(worker, 0, sizeof(*worker));
}

static int
open_safe(struct gv_withhold *by)
{
	const struct gv_safe_opts opts = { .now = gv_clock_now().tv_sec,
		.made = gv_audit_tell_made,
		.is_locked = !by->looks };
	struct gv_safe *safe;
	int r = gv_safe_open(&safe, by->repo, &opts);

	if (r < 0)
		return r;
	r = by->looks ? gv_safe_prepare_names(safe) : gv_safe_prepare(safe);
	if (r == 0)
		by->safe = safe;
	else
		gv_safe_close(safe);
	return r;
}

int
gv_withhold_need_safe(struct gv_withhold *by)
{
	int r = 0;

	pthread_mutex_lock(&by->safe_lock);
	if (by->safe == NULL)
		r = open_safe(by);
	pthread_mutex_unlock(&by->safe_lock);
	return r;
}

static int
need_writer(struct gv_withhold_worker *worker)
{
	struct gv_withhold *by = worker->by;
	int r;

	if (worker->writer)
		return 0;
	r = gv_withhold_need_safe(by);
	if (r < 0)
		return r;
	return gv_safe_writer_new(
	    &worker->writer, by->safe, by->looks ? NULL : worker->lane);
}

void
gv_withhold_reset(struct gv_withhold_worker *worker)
{
	worker->n_entries = 0;
	gv_buf_reset(&worker->clean);
}

/* ---- values ---- */

/* Note where the placeholder of a value that was put stands. */
static int
add_entry(struct gv_withhold_worker *worker, enum gv_withheld_kind kind,
    const char *scope, const struct gv_redact_span *place)
{
	struct gv_withheld_entry *e;
	int r =
	    GV_GROW(worker->entries, worker->n_entries, worker->cap_entries);

	if (r < 0)
		return r;
	e = &worker->entries[worker->n_entries];
	*e = (struct gv_withheld_entry){
		.kind = kind, .place = *place, .scope = scope
	};
	if (!worker->by->looks)
		r = gv_safe_find(
		    &e->object, worker->by->safe, scope, &place->id);
	if (r == GV_ENOTFOUND)
		r = gv_err(r, "an encrypted secret is not in the safe");
	if (r == 0)
		worker->n_entries++;
	return r;
}

int
gv_withhold_take(
    void *ctx, struct gv_redact_span *span, const unsigned char *value)
{
	struct gv_withhold_worker *worker = ctx;
	int r = need_writer(worker);

	return r < 0 ? r
		     : gv_safe_put(worker->writer, &span->id, worker->scope,
			   value, (size_t)span->len);
}

int
gv_withhold_place(void *ctx, const struct gv_redact_span *place)
{
	struct gv_withhold_worker *worker = ctx;

	return add_entry(worker, GV_WITHHELD_SPAN, worker->scope, place);
}

static int
put_clean(void *ctx, const void *data, size_t len)
{
	struct gv_withhold_worker *worker = ctx;

	gv_buf_add(&worker->clean, data, len);
	return gv_buf_check(&worker->clean);
}

static int
redact(struct gv_withhold_worker *worker, const void *data, size_t len)
{
	const struct gv_redact_to to = { gv_withhold_take, gv_withhold_place,
		put_clean, worker };
	struct gv_redact_span all = { .len = len,
		.rule = worker->view->spans[0].rule };

	return worker->view->is_all ? gv_redact_whole(&to, data, len, &all, 1)
				    : gv_redact_whole(&to, data, len,
					  worker->view->spans, worker->view->n);
}

static int
add_file(struct gv_withhold_worker *worker, const struct gv_digest *id)
{
	char text[GV_REDACT_MAX];
	struct gv_redact_span place = { .rule = "file", .id = *id };

	place.len = gv_redact_placeholder(text, place.rule, id);
	gv_buf_add(&worker->clean, text, (size_t)place.len);
	return gv_buf_check(&worker->clean) < 0
	    ? GV_ENOMEM
	    : add_entry(worker, GV_WITHHELD_FILE, worker->scope, &place);
}

int
gv_withhold_stream(struct gv_withhold_worker *worker, const char *path,
    int64_t (*read)(void *ctx, void *data, size_t len), void *ctx)
{
	struct gv_digest id = { { 0 } };
	int r = need_writer(worker);

	gv_withhold_reset(worker);
	worker->scope = gv_screen_scope(worker->by->screen, path);
	if (r == 0)
		r = gv_safe_put_stream(
		    worker->writer, &id, worker->scope, read, ctx);
	return r < 0 ? r : add_file(worker, &id);
}

static int
seal_whole(struct gv_withhold_worker *worker, const void *data, size_t len)
{
	struct gv_digest id = { { 0 } };
	int r = need_writer(worker);

	if (r == 0)
		r = gv_safe_put(worker->writer, &id, worker->scope, data, len);
	return r < 0 ? r : add_file(worker, &id);
}

int
gv_withhold_refused(const struct gv_withhold *by, int r)
{
	if (r != GV_EREFUSED)
		return r;
	if (by->looks)
		return gv_err_in(r,
		    "it cannot be scanned for secrets, so the content of a "
		    "snapshot would be unknown");
	return gv_err_in(r,
	    "it cannot be searched for secrets, so that it is not stored%s",
	    by->way_out ? by->way_out : "");
}

int
gv_withhold_file(struct gv_withhold_worker *worker,
    const struct gv_withhold_bytes *file, enum gv_scope_keep keep)
{
	int r;

	gv_withhold_reset(worker);
	if (keep == GV_SCOPE_SEALED) {
		worker->scope = gv_screen_scope(worker->by->screen, file->path);
		r = seal_whole(worker, file->p, file->len);
		return r < 0 ? r : 1;
	}
	if (worker->view == NULL || keep == GV_SCOPE_CLEAR)
		return 0;
	r = gv_screen_whole(
	    worker->view, file->path, file->blob, file->p, file->len);
	if (r < 0)
		return gv_withhold_refused(worker->by, r);
	if (worker->view->n == 0)
		return 0;
	worker->scope = gv_screen_scope(worker->by->screen, file->path);
	r = redact(worker, file->p, file->len);
	return r < 0 ? r : 1;
}

int
gv_withhold_list(struct gv_withhold_worker *worker, struct gv_withheld *list,
    const char *path)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < worker->n_entries; i++) {
		worker->entries[i].path = path;
		worker->entries[i].path_len = strlen(path);
		r = gv_withheld_add(list, &worker->entries[i]);
	}
	return r;
}
