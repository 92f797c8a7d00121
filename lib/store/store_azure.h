#ifndef GV_STORE_AZURE_H
#define GV_STORE_AZURE_H
/*
 * What the files of the Azure kind share: store_azure.c opens, signs, reads,
 * writes and lists, store_azure_version.c reaches what a container keeps of
 * deleted blobs, store_azure_text.c has what is pure. Include it nowhere else.
 *
 *	r = gv_store_azure_text(&text, ask, "/account/container/name");
 */

#include <stdbool.h>
#include <stddef.h>

#include "store/store_wire.h"

struct gv_store_azure_piece {
	const char *p;
	size_t len;
};

struct gv_store_azure {
	struct gv_store_wire wire;
	struct gv_buf account, container;
	struct gv_secret key; /* decoded; empty: there is a signature */
	struct gv_secret sas; /* without '?'; NUL behind it, which counts */
	bool has_key;
};

/* Begin a request for a blob or, for "", the container. */
void gv_store_azure_ask(struct gv_store_ask *ask, struct gv_store_azure *a,
    const char *method, const char *name);

/* As the store's versions() and erase(). (store_azure_version.c) */
int gv_store_azure_version_list(void *self, bool *sees_all, const char *prefix,
    gv_store_version_fn *fn, void *ctx);
int gv_store_azure_version_erase(void *self, struct gv_store_stat *lock,
    const struct gv_store_version *version);

/* Find the value of a name in "Name=value;Name=value". */
bool gv_store_azure_find(
    struct gv_store_azure_piece *out, const char *text, const char *name);

/* Append the text that is signed by the account's key: of the request's
 * method, fields and query, for a resource. 0; GV_EREFUSED; GV_ENOMEM. */
int gv_store_azure_text(
    struct gv_buf *out, const struct gv_store_ask *ask, const char *resource);

#endif
