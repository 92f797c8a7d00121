#ifndef GV_WITHHOLD_H
#define GV_WITHHOLD_H
/*
 * Takes out of a file what no snapshot has in clear, and seals it. What that is
 * says a screen; where it goes, a safe, which is opened at the first value, so
 * that who finds none makes no key. The list of what was taken out is for
 * withheld.h.
 *
 *	r = gv_withhold_open(&worker, &by, lane);		a thread
 *	r = gv_withhold_file(&worker, &file, keep);	1: worker.clean it is
 *	r = gv_withhold_list(&worker, &list, path);
 *	gv_withhold_close(&worker);
 */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "repo/oid.h"
#include "seal/withheld.h"
#include "vault/scope.h"

struct gv_digest;
struct gv_pack_lane;
struct gv_repo;
struct gv_safe;
struct gv_safe_writer;
struct gv_screen;
struct gv_screen_view;

/* What all threads share. The screen and the safe are the caller's to free. */
struct gv_withhold {
	struct gv_repo *repo;
	struct gv_screen *screen;
	struct gv_safe *safe; /* NULL: not needed yet */
	pthread_mutex_t safe_lock;
	/* only report names, encrypt nothing; otherwise the caller has
	 * gv_repo_lock() */
	bool looks;
	/* how a file that cannot be searched is stored all the same, to be put
	 * behind the sentence that says so; NULL: in no way */
	const char *way_out;
};

/* One thread's: what it takes out of the file at hand. */
struct gv_withhold_worker {
	struct gv_withhold *by;
	struct gv_pack_lane *lane;
	struct gv_screen_view *view;       /* NULL: nothing is searched */
	struct gv_safe_writer *writer;     /* NULL: not needed yet */
	const char *scope;                 /* of the file at hand */
	struct gv_buf clean;               /* what stands for it */
	struct gv_withheld_entry *entries; /* without paths */
	size_t n_entries, cap_entries;
};

/* 0 or GV_ENOMEM; to be closed in any case. */
int gv_withhold_open(struct gv_withhold_worker *worker, struct gv_withhold *by,
    struct gv_pack_lane *lane);
void gv_withhold_close(struct gv_withhold_worker *worker);

/* Before a file that does not come by gv_withhold_file(). */
void gv_withhold_reset(struct gv_withhold_worker *worker);

struct gv_withhold_bytes {
	const char *path;
	const void *p;
	size_t len;
	const struct gv_oid *blob; /* the name of the bytes */
};

/* Take out of a file that is held what is to be withheld: 1 and what is left is
 * in worker->clean; 0 where nothing is; GV_EREFUSED where it cannot be
 * searched; as gv_safe_put(). */
int gv_withhold_file(struct gv_withhold_worker *worker,
    const struct gv_withhold_bytes *file, enum gv_scope_keep keep);

/* Seal what is too large to be held as a whole; worker->clean is what stands
 * for it. */
int gv_withhold_stream(struct gv_withhold_worker *worker, const char *path,
    int64_t (*read)(void *ctx, void *data, size_t len), void *ctx);

/* Of struct gv_redact_to, over a worker. */
int gv_withhold_take(
    void *ctx, struct gv_redact_span *span, const unsigned char *value);
int gv_withhold_place(void *ctx, const struct gv_redact_span *place);

/* Have the safe open: 0 or a failure. From any thread. */
int gv_withhold_need_safe(struct gv_withhold *by);

/* Say more of GV_EREFUSED of a screen. */
int gv_withhold_refused(const struct gv_withhold *by, int r);

/* Add what was taken out of the file at hand to a list, for this path, which is
 * copied. 0 or GV_ENOMEM. */
int gv_withhold_list(struct gv_withhold_worker *worker,
    struct gv_withheld *list, const char *path);

#endif
