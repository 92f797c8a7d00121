#ifndef GV_STORE_VERSION_H
#define GV_STORE_VERSION_H
/*
 * What the kinds of stores do alike that speak HTTP and keep versions: a list
 * of them, page by page, and why one does not go.
 *
 *	r = gv_store_version_pages(&list, &sees_all);
 *	r = gv_store_version_why(r, &lock, &head);
 */

#include <stdbool.h>

#include "store/store_wire.h"
#include "store/store_xml.h"

struct gv_store_version_list {
	struct gv_store_wire *wire;
	/* Begin the request for the page that follows this one. */
	void (*ask)(struct gv_store_ask *ask,
	    const struct gv_store_version_list *list,
	    const struct gv_store_xml_versions *page);
	const char *prefix;
	gv_store_version_fn *fn;
	void *ctx;
	bool is_known;   /* the store knows versions: a plain list is odd */
	bool has_failed; /* with a message */
};

/* Report all versions below the prefix. As the store's versions(): GV_ENOTFOUND
 * where it does not tell them, and nothing was reported. */
int gv_store_version_pages(struct gv_store_version_list *list, bool *sees_all);

/* A version could not be removed: `r`. Of what a HEAD of it says of locks,
 * *lock; the request is sent and released. `r`, or GV_EREFUSED where it is
 * locked; GV_ENOMEM; GV_ECANCELED. */
int gv_store_version_why(
    int r, struct gv_store_stat *lock, struct gv_store_ask *head);

#endif
