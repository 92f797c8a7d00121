#ifndef GV_PARAM_EDIT_H
#define GV_PARAM_EDIT_H
/*
 * A value in a layer changed where it is written: comments, order and the style
 * of all else stay. What comes out is read again, and has to say the new value
 * and nothing else.
 *
 *	r = gv_param_edit(&edit, param, "db.host", "db2", NULL);
 *	r = gv_param_pool_put(pool, edit.path, edit.text.p, edit.text.len);
 *	… check what this gives …
 *	gv_param_edit_release(&edit);
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct gv_param;

struct gv_param_edit {
	const char *path;   /* of the layer, borrowed */
	size_t layer;       /* its number */
	bool is_new;        /* it does not exist yet */
	unsigned line;      /* where the key was; 0: it is added */
	struct gv_buf text; /* the new file */
	struct gv_buf was;  /* the old one */
};

/* Set a key of a layer to a text, which becomes a number or boolean if it is
 * one in that format and the old value was not in quotes; NULL: remove it.
 * `layer` is its path, also of one that does not exist yet; NULL: the highest
 * that has the key, else the highest that there is and that Git tracks. 0;
 * GV_ENOTFOUND where there is no such layer or nothing to remove; GV_EREFUSED
 * where it cannot be written there; GV_ENOMEM. Release it in any case; texts
 * are wiped. */
int gv_param_edit(struct gv_param_edit *out, const struct gv_param *param,
    const char *key, const char *text, const char *layer);

void gv_param_edit_release(struct gv_param_edit *edit);

#endif
