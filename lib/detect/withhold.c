#include "detect/withhold.h"

#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "base/err.h"
#include "base/vec.h"
#include "detect/screen.h"
#include "safe/safe.h"
#include "sys/clock.h"

/* ---- one thread's ---- */

int
gv_withhold_open(struct gv_withhold_hand *hand, struct gv_withhold *by,
    struct gv_pack_lane *lane)
{
	*hand = (struct gv_withhold_hand){
		.by = by, .lane = lane, .clean = GV_BUF_INIT
	};
	return gv_screen_searches(by->screen)
	    ? gv_screen_view_new(&hand->view, by->screen)
	    : 0;
}

void
gv_withhold_close(struct gv_withhold_hand *hand)
{
	gv_screen_view_free(hand->view);
	gv_safe_writer_free(hand->writer);
	gv_buf_release(&hand->clean);
	free(hand->entries);
	memset(hand, 0, sizeof(*hand));
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
need_writer(struct gv_withhold_hand *hand)
{
	struct gv_withhold *by = hand->by;
	int r;

	if (hand->writer)
		return 0;
	r = gv_withhold_need_safe(by);
	if (r < 0)
		return r;
	return gv_safe_writer_new(
	    &hand->writer, by->safe, by->looks ? NULL : hand->lane);
}

void
gv_withhold_reset(struct gv_withhold_hand *hand)
{
	hand->n_entries = 0;
	gv_buf_reset(&hand->clean);
}

/* ---- values ---- */

/* Note where the placeholder of a value that was put stands. */
static int
add_entry(struct gv_withhold_hand *hand, enum gv_withheld_kind kind,
    const char *scope, const struct gv_redact_span *place)
{
	struct gv_withheld_entry *e;
	int r = GV_GROW(hand->entries, hand->n_entries, hand->cap_entries);

	if (r < 0)
		return r;
	e = &hand->entries[hand->n_entries];
	*e = (struct gv_withheld_entry){
		.kind = kind, .place = *place, .scope = scope
	};
	if (!hand->by->looks)
		r = gv_safe_find(&e->object, hand->by->safe, scope, &place->id);
	if (r == GV_ENOTFOUND)
		r = gv_err(r, "an encrypted secret is not in the safe");
	if (r == 0)
		hand->n_entries++;
	return r;
}

int
gv_withhold_take(
    void *ctx, struct gv_redact_span *span, const unsigned char *value)
{
	struct gv_withhold_hand *hand = ctx;
	int r = need_writer(hand);

	return r < 0 ? r
		     : gv_safe_put(hand->writer, &span->id, hand->scope, value,
			   (size_t)span->len);
}

int
gv_withhold_place(void *ctx, const struct gv_redact_span *place)
{
	struct gv_withhold_hand *hand = ctx;

	return add_entry(hand, GV_WITHHELD_SPAN, hand->scope, place);
}

static int
put_clean(void *ctx, const void *data, size_t len)
{
	struct gv_withhold_hand *hand = ctx;

	gv_buf_add(&hand->clean, data, len);
	return gv_buf_check(&hand->clean);
}

static int
redact(struct gv_withhold_hand *hand, const void *data, size_t len)
{
	const struct gv_redact_to to = { gv_withhold_take, gv_withhold_place,
		put_clean, hand };
	struct gv_redact_span all = { .len = len,
		.rule = hand->view->spans[0].rule };

	return hand->view->is_all
	    ? gv_redact_whole(&to, data, len, &all, 1)
	    : gv_redact_whole(&to, data, len, hand->view->spans, hand->view->n);
}

static int
add_file(struct gv_withhold_hand *hand, const struct gv_digest *id)
{
	char text[GV_REDACT_MAX];
	struct gv_redact_span place = { .rule = "file", .id = *id };

	place.len = gv_redact_placeholder(text, place.rule, id);
	gv_buf_add(&hand->clean, text, (size_t)place.len);
	return gv_buf_check(&hand->clean) < 0
	    ? GV_ENOMEM
	    : add_entry(hand, GV_WITHHELD_FILE, hand->scope, &place);
}

int
gv_withhold_stream(struct gv_withhold_hand *hand, const char *path,
    int64_t (*read)(void *ctx, void *data, size_t len), void *ctx)
{
	struct gv_digest id = { { 0 } };
	int r = need_writer(hand);

	gv_withhold_reset(hand);
	hand->scope = gv_screen_scope(hand->by->screen, path);
	if (r == 0)
		r = gv_safe_put_stream(
		    hand->writer, &id, hand->scope, read, ctx);
	return r < 0 ? r : add_file(hand, &id);
}

static int
seal_whole(struct gv_withhold_hand *hand, const void *data, size_t len)
{
	struct gv_digest id = { { 0 } };
	int r = need_writer(hand);

	if (r == 0)
		r = gv_safe_put(hand->writer, &id, hand->scope, data, len);
	return r < 0 ? r : add_file(hand, &id);
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
gv_withhold_file(struct gv_withhold_hand *hand,
    const struct gv_withhold_bytes *file, enum gv_scope_keep keep)
{
	int r;

	gv_withhold_reset(hand);
	hand->scope = gv_screen_scope(hand->by->screen, file->path);
	if (keep == GV_SCOPE_SEALED) {
		r = seal_whole(hand, file->p, file->len);
		return r < 0 ? r : 1;
	}
	if (hand->view == NULL || keep == GV_SCOPE_CLEAR)
		return 0;
	r = gv_screen_whole(
	    hand->view, file->path, file->blob, file->p, file->len);
	if (r < 0)
		return gv_withhold_refused(hand->by, r);
	if (hand->view->n == 0)
		return 0;
	r = redact(hand, file->p, file->len);
	return r < 0 ? r : 1;
}

int
gv_withhold_list(
    struct gv_withhold_hand *hand, struct gv_withheld *list, const char *path)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < hand->n_entries; i++) {
		hand->entries[i].path = path;
		hand->entries[i].path_len = strlen(path);
		r = gv_withheld_add(list, &hand->entries[i]);
	}
	return r;
}
