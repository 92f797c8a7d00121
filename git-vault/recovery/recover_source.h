#ifndef RECOVER_SOURCE_H
#define RECOVER_SOURCE_H
/*
 * From which snapshot `git vault recover` brings an environment back, and
 * whether that one may be used without asking: it has to be of this clone, or
 * named by a known-good record that counts. Anything else is what somebody
 * pushed; only its id, typed by a person, makes it usable unasked.
 *
 *	r = gv_recover_source_find(&source, ctx, &from);
 *	r = gv_recover_source_check(&source, ctx, &from);
 *	gv_recover_source_release(&source);
 */

#include <stdbool.h>

#include "record/good.h"
#include "record/record.h"

struct gv_ctx;

struct gv_recover_from {
	const char *env;
	const char *to, *snapshot, *at; /* at most one is not NULL */
	bool asks; /* a person will be asked before anything is done */
	bool only_shows;
};

struct gv_recover_source {
	struct gv_good good;  /* its record; n 0: there is none */
	struct gv_record rec; /* the snapshot */
};

/* Find it. 0; GV_EUSAGE; GV_EREFUSED for a record that does not count or was
 * revoked; as gv_good_resolve() and gv_record_resolve(). The caller releases
 * *out in any case. */
int gv_recover_source_find(struct gv_recover_source *out, struct gv_ctx *ctx,
    const struct gv_recover_from *from);

/* Say whose it claims to be where nobody vouches for it; and then, where nobody
 * is going to be asked, refuse it. 0; GV_EREFUSED; as gv_goods_load(). */
int gv_recover_source_check(const struct gv_recover_source *source,
    struct gv_ctx *ctx, const struct gv_recover_from *from);

void gv_recover_source_release(struct gv_recover_source *source);

#endif
