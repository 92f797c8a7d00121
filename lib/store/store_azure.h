#ifndef GV_STORE_AZURE_H
#define GV_STORE_AZURE_H
/*
 * What Azure wants signed, and how it writes credentials into one text. Pure.
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

/* Find the value of a name in "Name=value;Name=value". */
bool gv_store_azure_find(
    struct gv_store_azure_piece *out, const char *text, const char *name);

/* Append the text that is signed by the account's key: of the request's
 * method, fields and query, for a resource. 0; GV_EREFUSED; GV_ENOMEM. */
int gv_store_azure_text(
    struct gv_buf *out, const struct gv_store_ask *ask, const char *resource);

#endif
