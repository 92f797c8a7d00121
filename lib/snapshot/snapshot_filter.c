#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "snapshot/snapshot_internal.h"

static int
put(void *ctx, const void *data, size_t len)
{
	struct gv_snapshot_filter *s = ctx;

	gv_buf_add(&s->out, data, len);
	s->total += len;
	return gv_buf_check(&s->out);
}

static int
take(void *ctx, struct gv_redact_span *span, const unsigned char *value)
{
	struct gv_snapshot_filter *s = ctx;

	return gv_withhold_take(s->worker, span, value);
}

static int
place(void *ctx, const struct gv_redact_span *span)
{
	struct gv_snapshot_filter *s = ctx;
	struct gv_redact_span there = *span;

	there.at += s->base;
	return gv_withhold_place(s->worker, &there);
}

static int
begin(struct gv_snapshot_filter *s)
{
	s->told = 0;
	s->in = 0;
	s->base = s->total;
	gv_redact_free(s->redact);
	s->redact = NULL;
	return gv_redact_new(&s->redact, &s->to);
}

int
gv_snapshot_filter_open(struct gv_snapshot_filter *s,
    struct gv_withhold_worker *worker, const char *path)
{
	int r;

	*s = (struct gv_snapshot_filter){
		.worker = worker, .path = path, .out = GV_BUF_INIT
	};
	s->to = (struct gv_redact_to){ take, place, put, s };
	gv_withhold_reset(worker);
	worker->scope = gv_screen_scope(worker->by->screen, path);
	if ((r = begin(s)) == 0)
		r = gv_withhold_refused(
		    worker->by, gv_screen_begin(worker->view, path));
	return r;
}

/* Tell what was found, and let go of what is looked through. */
static int
flush(struct gv_snapshot_filter *s)
{
	const struct gv_screen_view *view = s->worker->view;
	int r = 0;

	if (view->is_all)
		return 0;
	for (; r == 0 && s->told < view->n; s->told++)
		r = gv_redact_take(s->redact, &view->spans[s->told]);
	if (r < 0)
		return r;
	return gv_redact_settle(
	    s->redact, view->settled < s->in ? view->settled : s->in);
}

int
gv_snapshot_filter_add(
    struct gv_snapshot_filter *s, const void *data, size_t len)
{
	int r = gv_redact_add(s->redact, data, len);

	s->in += len;
	if (r == 0)
		r = gv_withhold_refused(
		    s->worker->by, gv_screen_add(s->worker->view, data, len));
	/* the last bytes are held in any case */
	return r < 0 || s->worker->view->settled == 0 ? r : flush(s);
}

int
gv_snapshot_filter_end(struct gv_snapshot_filter *s)
{
	const struct gv_screen_view *view = s->worker->view;
	int r =
	    gv_withhold_refused(s->worker->by, gv_screen_end(s->worker->view));

	if (r < 0)
		return r;
	if (view->is_all) {
		const struct gv_redact_span all = { .len = s->in,
			.rule = view->spans[0].rule };

		r = gv_redact_take(s->redact, &all);
	} else {
		r = flush(s);
	}
	if (r < 0)
		return r;
	return gv_redact_finish(s->redact);
}

int
gv_snapshot_filter_skip(struct gv_snapshot_filter *s, uint64_t hole)
{
	int r;

	s->total += hole;
	r = begin(s);
	return r < 0 ? r
		     : gv_withhold_refused(s->worker->by,
			   gv_screen_begin(s->worker->view, s->path));
}

void
gv_snapshot_filter_close(struct gv_snapshot_filter *s)
{
	gv_redact_free(s->redact);
	s->redact = NULL;
	gv_buf_release(&s->out);
}

size_t
gv_snapshot_filter_take(struct gv_snapshot_filter *s, void *data, size_t len)
{
	size_t n = s->out.len - s->out_at;

	n = n < len ? n : len;
	memcpy(data, s->out.p + s->out_at, n);
	s->out_at += n;
	if (s->out_at == s->out.len) {
		gv_buf_reset(&s->out);
		s->out_at = 0;
	}
	return n;
}
