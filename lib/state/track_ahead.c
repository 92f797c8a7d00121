#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "crypto/secret.h"
#include "seal/seal.h"
#include "state/track_internal.h"
#include "sys/cancel.h"
#include "sys/workers.h"

/*
 * Parts are opened some at a time: while the caller looks at those of one
 * window, threads open those of the other.
 */

#define WINDOW 64 /* parts; one in chunks may be large, and ends it */
#define FEW    16 /* that one thread opens as fast as two */

/* What became of a part. */
struct slot {
	int lane; /* in whose memory it stands */
	size_t at, len;
	int result;
	char *message;
};

/* What a thread works with. */
struct lane {
	struct gv_seal_reader *open;
	struct gv_secret clear[2]; /* of each window */
};

struct window {
	struct gv_track_ahead *of;
	int i;          /* which it is */
	size_t from, n; /* parts */
	struct slot *slots;
	atomic_size_t next;
	atomic_bool failed;
	struct gv_workers workers;
};

struct gv_track_ahead {
	struct gv_odb *odb;
	const struct gv_track_parts *parts;
	struct gv_seal_claim claim; /* but for the id; no key: there is none */
	struct lane *lanes;
	int n_lanes;
	struct window windows[2];
	size_t next; /* the part that is given next */
	size_t end;  /* up to where windows go */
};

static int
open_part(const struct gv_track_ahead *a, struct lane *lane,
    struct gv_secret *clear, const struct gv_track_part *part)
{
	return gv_cancel_requested()
	    ? gv_cancel_error()
	    : gv_track_part_open(clear, lane->open, a->odb, part, &a->claim);
}

/* What cannot be opened is reported when its turn has come. */
static int
open_some(void *ctx, int i)
{
	struct window *w = ctx;
	struct lane *lane = &w->of->lanes[i];
	struct gv_secret *clear = &lane->clear[w->i];
	size_t at;

	while (!w->failed && (at = atomic_fetch_add(&w->next, 1)) < w->n) {
		struct slot *slot = &w->slots[at];

		slot->lane = i;
		slot->at = clear->len;
		slot->result = open_part(
		    w->of, lane, clear, &w->of->parts->list[w->from + at]);
		slot->len = clear->len - slot->at;
		if (slot->result < 0) {
			slot->message = gv_err_save();
			w->failed = true;
		}
	}
	return 0;
}

static void
forget(struct window *w)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		free(w->slots[i].message);
	memset(w->slots, 0, WINDOW * sizeof(*w->slots));
	w->n = 0;
}

static bool
is_large(enum gv_track_kind kind)
{
	return kind == GV_TRACK_CHUNKS || kind == GV_TRACK_CLEAR_CHUNKS;
}

/* Begin to open what comes behind the windows. */
static void
begin(struct gv_track_ahead *a, struct window *w)
{
	const struct gv_track_part *list = a->parts->list;
	int i;

	forget(w);
	w->from = a->end;
	while (a->end < a->parts->n && w->n < WINDOW) {
		w->n++;
		if (is_large(list[a->end++].kind))
			break;
	}
	for (i = 0; i < a->n_lanes; i++)
		gv_secret_reset(&a->lanes[i].clear[w->i]);
	w->next = 0;
	w->failed = false;
	gv_workers_start(&w->workers, a->n_lanes, open_some, w);
}

static int
make_lanes(
    struct gv_track_ahead *a, const struct gv_identity *const *with, size_t n)
{
	int i, r = 0;

	a->n_lanes = a->parts->n < FEW ? 1 : gv_workers_count(0);
	a->lanes = calloc((size_t)a->n_lanes, sizeof(*a->lanes));
	if (a->lanes == NULL)
		return gv_err_nomem();
	for (i = 0; r == 0 && i < a->n_lanes; i++)
		r = gv_seal_reader_new(&a->lanes[i].open, with, n);
	for (i = 0; r == 0 && i < 2; i++) {
		a->windows[i].of = a;
		a->windows[i].i = i;
		a->windows[i].slots =
		    calloc(WINDOW, sizeof(*a->windows[i].slots));
		if (a->windows[i].slots == NULL)
			r = gv_err_nomem();
	}
	return r;
}

int
gv_track_ahead_new(struct gv_track_ahead **out, struct gv_odb *odb,
    const struct gv_identity *const *with, size_t n,
    const struct gv_track_parts *parts, const struct gv_seal_claim *claim)
{
	struct gv_track_ahead *a = calloc(1, sizeof(*a));
	int r;

	*out = NULL;
	if (a == NULL)
		return gv_err_nomem();
	a->odb = odb;
	a->parts = parts;
	a->claim = *claim;
	r = make_lanes(a, with, n);
	if (r < 0) {
		gv_track_ahead_free(a);
		return r;
	}
	*out = a;
	return 0;
}

/* The window that holds the next part, opened; the other one is begun. */
static struct window *
turn(struct gv_track_ahead *a)
{
	struct window *w = &a->windows[0];

	if (a->next < w->from || a->next >= w->from + w->n)
		w = &a->windows[1];
	if (a->next < w->from || a->next >= w->from + w->n) {
		w = &a->windows[0]; /* the first of all */
		begin(a, w);
	}
	if (a->next == w->from) {
		(void)gv_workers_finish(&w->workers);
		if (!w->failed && a->end < a->parts->n)
			begin(a, &a->windows[!w->i]);
	}
	return w;
}

int
gv_track_ahead_next(struct gv_track_ahead *a, const void **data, size_t *len)
{
	const struct window *w;
	struct slot *slot;

	if (a->next == a->parts->n)
		return 0;
	w = turn(a);
	slot = &w->slots[a->next - w->from];
	if (slot->result < 0) {
		gv_err_restore(slot->message);
		slot->message = NULL;
		return slot->result == GV_ECORRUPT ||
			slot->result == GV_ENOTFOUND
		    ? gv_err_in(slot->result, "part %zu of %zu", a->next + 1,
			  a->parts->n)
		    : slot->result;
	}
	*data = a->lanes[slot->lane].clear[w->i].p + slot->at;
	*len = slot->len;
	a->next++;
	return 1;
}

void
gv_track_ahead_free(struct gv_track_ahead *a)
{
	char *why;
	int i;

	if (a == NULL)
		return;
	why = gv_err_save();
	for (i = 0; i < 2; i++) {
		a->windows[i].failed = true;
		(void)gv_workers_finish(&a->windows[i].workers);
		if (a->windows[i].slots)
			forget(&a->windows[i]);
		free(a->windows[i].slots);
	}
	for (i = 0; a->lanes && i < a->n_lanes; i++) {
		gv_seal_reader_free(a->lanes[i].open);
		gv_secret_release(&a->lanes[i].clear[0]);
		gv_secret_release(&a->lanes[i].clear[1]);
	}
	free(a->lanes);
	free(a);
	gv_err_restore(why);
}
