#ifndef GV_PARAM_HISTORY_H
#define GV_PARAM_HISTORY_H
/*
 * The commits that changed what a key of a configuration is: whatever layer the
 * change was made in, and only where it had an effect.
 *
 *	r = gv_param_history(repo, &query, "pool.max", &head, tell, ctx);
 */

#include <stdbool.h>
#include <stdint.h>

#include "param/param.h"

struct gv_oid;
struct gv_repo;

enum gv_param_event {
	GV_PARAM_SET,        /* it has a value, and had none */
	GV_PARAM_CHANGED,    /* it has another one */
	GV_PARAM_REMOVED,    /* it has none any more */
	GV_PARAM_UNREADABLE, /* a layer or the policy cannot be read */
};

struct gv_param_change {
	enum gv_param_event event;
	const char *commit; /* NULL: what is not committed yet */
	const char *author, *summary;
	int64_t time;
	const struct gv_param *param;
	const struct gv_layer_value *value; /* of SET and CHANGED */
	const char *why;                    /* of UNREADABLE */
};

/* Return 0 to go on. */
typedef int
gv_param_history_fn(void *ctx, const struct gv_param_change *change);

/* Report each commit that `from` has behind it and that changed the value of a
 * key, the newest first, to fn(); texts and values are borrowed until it
 * returns. A merge is such a commit only if its value is that of none of its
 * parents. `from` NULL: HEAD, and before it what the working tree changes. 0;
 * what fn() returned; GV_ECANCELED, GV_ECORRUPT, GV_ENOMEM, GV_ERROR. */
int gv_param_history(struct gv_repo *repo, const struct gv_param_query *query,
    const char *key, const struct gv_oid *from, gv_param_history_fn *fn,
    void *ctx);

#endif
