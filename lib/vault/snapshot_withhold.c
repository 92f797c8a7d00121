#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "store/hash.h"
#include "sys/clock.h"
#include "vault/snapshot_internal.h"

/*
 * What takes values out of the files that a snapshot stores. The safe is opened
 * at the first of them, so that a snapshot without secrets makes no key.
 */

/* ---- one thread's ---- */

int
gv_snapshot_hand_open(struct gv_snapshot_hand *hand,
    struct gv_snapshot_run *run, struct gv_pack_lane *lane)
{
	*hand = (struct gv_snapshot_hand){
		.run = run, .lane = lane, .clean = GV_BUF_INIT
	};
	return gv_sift_searches(run->sift)
	    ? gv_sift_view_new(&hand->view, run->sift)
	    : 0;
}

void
gv_snapshot_hand_close(struct gv_snapshot_hand *hand)
{
	gv_sift_view_free(hand->view);
	gv_safe_writer_free(hand->writer);
	gv_buf_release(&hand->clean);
	free(hand->entries);
	memset(hand, 0, sizeof(*hand));
}

static int
open_safe(struct gv_snapshot_run *run)
{
	const struct gv_safe_opts opts = { .now = gv_clock_now().tv_sec,
		.is_locked = !run->looks };
	struct gv_safe *safe;
	int r = gv_safe_open(&safe, run->repo, &opts);

	if (r < 0)
		return r;
	r = run->looks ? gv_safe_prepare_names(safe) : gv_safe_prepare(safe);
	if (r == 0)
		run->safe = safe;
	else
		gv_safe_close(safe);
	return r;
}

int
gv_snapshot_need_safe(struct gv_snapshot_run *run)
{
	int r = 0;

	pthread_mutex_lock(&run->safe_lock);
	if (run->safe == NULL)
		r = open_safe(run);
	pthread_mutex_unlock(&run->safe_lock);
	return r;
}

static int
need_writer(struct gv_snapshot_hand *hand)
{
	struct gv_snapshot_run *run = hand->run;
	int r;

	if (hand->writer)
		return 0;
	r = gv_snapshot_need_safe(run);
	if (r < 0)
		return r;
	return gv_safe_writer_new(
	    &hand->writer, run->safe, run->looks ? NULL : hand->lane);
}

void
gv_snapshot_hand_reset(struct gv_snapshot_hand *hand)
{
	hand->n_entries = 0;
	gv_buf_reset(&hand->clean);
}

/* ---- values ---- */

/* Note where the placeholder of a value that was put stands. */
static int
add_entry(struct gv_snapshot_hand *hand, enum gv_withheld_kind kind,
    const char *scope, const struct gv_redact_span *place)
{
	struct gv_withheld_entry *e;
	int r = gv_vec_grow((void **)&hand->entries, &hand->cap_entries,
	    hand->n_entries + 1, sizeof(*hand->entries));

	if (r < 0)
		return r;
	e = &hand->entries[hand->n_entries];
	*e = (struct gv_withheld_entry){
		.kind = kind, .place = *place, .scope = scope
	};
	if (!hand->run->looks)
		r = gv_safe_find(
		    &e->object, hand->run->safe, scope, &place->id);
	if (r == GV_ENOTFOUND)
		r = gv_err(r, "a value that was sealed is not in the safe");
	if (r == 0)
		hand->n_entries++;
	return r;
}

int
gv_snapshot_take_value(
    void *ctx, struct gv_redact_span *span, const unsigned char *value)
{
	struct gv_snapshot_hand *hand = ctx;
	int r = need_writer(hand);

	return r < 0 ? r
		     : gv_safe_put(hand->writer, &span->id, hand->scope, value,
			   (size_t)span->len);
}

int
gv_snapshot_place_value(void *ctx, const struct gv_redact_span *place)
{
	struct gv_snapshot_hand *hand = ctx;

	return add_entry(hand, GV_WITHHELD_SPAN, hand->scope, place);
}

static int
put_clean(void *ctx, const void *data, size_t len)
{
	struct gv_snapshot_hand *hand = ctx;

	gv_buf_add(&hand->clean, data, len);
	return gv_buf_check(&hand->clean);
}

static int
redact(struct gv_snapshot_hand *hand, const void *data, size_t len)
{
	const struct gv_redact_to to = { gv_snapshot_take_value,
		gv_snapshot_place_value, put_clean, hand };
	struct gv_redact_span all = { .len = len,
		.rule = hand->view->spans[0].rule };

	return hand->view->is_all
	    ? gv_redact_whole(&to, data, len, &all, 1)
	    : gv_redact_whole(&to, data, len, hand->view->spans, hand->view->n);
}

static int
add_file(struct gv_snapshot_hand *hand, const struct gv_digest *id)
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
gv_snapshot_seal_stream(struct gv_snapshot_hand *hand, const char *path,
    int64_t (*read)(void *ctx, void *data, size_t len), void *ctx)
{
	struct gv_digest id = { { 0 } };
	int r = need_writer(hand);

	gv_snapshot_hand_reset(hand);
	hand->scope = gv_sift_scope(hand->run->sift, path);
	if (r == 0)
		r = gv_safe_put_stream(
		    hand->writer, &id, hand->scope, read, ctx);
	return r < 0 ? r : add_file(hand, &id);
}

static int
seal_whole(struct gv_snapshot_hand *hand, const void *data, size_t len)
{
	struct gv_digest id = { { 0 } };
	int r = need_writer(hand);

	if (r == 0)
		r = gv_safe_put(hand->writer, &id, hand->scope, data, len);
	return r < 0 ? r : add_file(hand, &id);
}

int
gv_snapshot_refuse(int r)
{
	if (r == GV_EREFUSED)
		return gv_err_in(r,
		    "it cannot be searched for secrets, so that it is not "
		    "stored (--no-scan stores it unsearched)");
	return r;
}

int
gv_snapshot_withhold(struct gv_snapshot_hand *hand,
    const struct gv_snapshot_bytes *file, enum gv_scope_keep keep)
{
	int r;

	gv_snapshot_hand_reset(hand);
	hand->scope = gv_sift_scope(hand->run->sift, file->path);
	if (keep == GV_SCOPE_SEALED) {
		r = seal_whole(hand, file->p, file->len);
		return r < 0 ? r : 1;
	}
	if (hand->view == NULL || keep == GV_SCOPE_CLEAR)
		return 0;
	r = gv_sift_whole(
	    hand->view, file->path, file->blob, file->p, file->len);
	if (r < 0)
		return gv_snapshot_refuse(r);
	if (hand->view->n == 0)
		return 0;
	r = redact(hand, file->p, file->len);
	return r < 0 ? r : 1;
}

/* ---- lists ---- */

int
gv_snapshot_keep_entries(struct gv_snapshot_hand *hand,
    struct gv_withheld *list, const char *path, size_t *first)
{
	struct gv_snapshot_run *run = hand->run;
	size_t i;
	int r = 0;

	if (hand->n_entries == 0)
		return 0;
	pthread_mutex_lock(&run->lock);
	if (first)
		*first = list->n;
	for (i = 0; r == 0 && i < hand->n_entries; i++) {
		hand->entries[i].path = path;
		hand->entries[i].path_len = strlen(path);
		r = gv_withheld_add(list, &hand->entries[i]);
	}
	pthread_mutex_unlock(&run->lock);
	return r;
}

int
gv_snapshot_write_list(
    struct gv_snapshot_run *run, struct gv_oid *id, struct gv_withheld *list)
{
	struct gv_buf text = GV_BUF_INIT;
	int r;

	memset(id, 0, sizeof(*id));
	if (list->n == 0)
		return 0;
	r = gv_withheld_write(&text, list);
	if (r == 0)
		r = gv_pack_add(
		    run->lane, id, GV_OTYPE_BLOB, text.p, text.len, NULL);
	gv_buf_release(&text);
	return r;
}

/* Whether the lines of a path still hold: its row is as it was, unread. */
static bool
is_carried(const struct gv_snapshot_run *run, const struct gv_withheld_entry *e)
{
	const struct gv_row *row =
	    gv_snapshot_find_row(run, e->path, e->path_len, NULL);

	return row && (row->flags & GV_ROW_WITHHELD) &&
	    !(row->flags & (GV_ROW_READ | GV_ROW_ABSENT));
}

/* What the last snapshot withheld of files that are as they were. */
int
gv_snapshot_carry(struct gv_snapshot_run *run)
{
	struct gv_withheld_iter it;
	struct gv_withheld_entry e;
	struct gv_object obj = { 0 };
	int r;

	if (run->cache == NULL || gv_oid_is_zero(&run->cache->head->secrets))
		return 0;
	r = gv_odb_read_type(
	    run->odb, &obj, &run->cache->head->secrets, GV_OTYPE_BLOB);
	if (r < 0)
		return r;
	r = gv_withheld_open(&it, (const char *)obj.data, obj.len);
	while (r == 0 && (r = gv_withheld_next(&it, &e)) > 0)
		r = is_carried(run, &e) ? gv_withheld_add(&run->withheld, &e)
					: 0;
	gv_withheld_close(&it);
	gv_object_release(&obj);
	return r;
}
