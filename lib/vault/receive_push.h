#ifndef GV_RECEIVE_PUSH_H
#define GV_RECEIVE_PUSH_H
/*
 * A push, as git describes it to the hooks of a server: the refs, with their
 * old and new values. receive.h checks a push, receipt.h makes a receipt of it.
 *
 *	r = gv_receive_parse(&push, text, len);
 *	update = gv_receive_find(&push, GV_REF_KEYRING);
 *	gv_receive_release(&push);
 */

#include <stddef.h>

#include "repo/oid.h"

struct gv_receive_update {
	struct gv_oid old, new; /* zero: the ref is created, or deleted */
	const char *ref;        /* its full name */
};

struct gv_receive {
	struct gv_receive_update *updates;
	size_t n, cap;
	char *text; /* the names point into it */
};

/* Read what git gives its hooks pre-receive and post-receive: a line "OLD NEW
 * REF" for each ref. 0; GV_ECORRUPT for a line of another form; GV_ENOMEM. The
 * caller releases *out. */
int gv_receive_parse(struct gv_receive *out, const char *text, size_t len);

/* Free; NULL-safe, zeroed struct ok. */
void gv_receive_release(struct gv_receive *push);

/* The update of a ref, or NULL. */
const struct gv_receive_update *
gv_receive_find(const struct gv_receive *push, const char *ref);

#endif
