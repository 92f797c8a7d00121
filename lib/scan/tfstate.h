#ifndef GV_TFSTATE_H
#define GV_TFSTATE_H
/*
 * What a state of Terraform or OpenTofu marks as sensitive (format 4): the
 * value of an output that says so, and the attributes of a resource to which a
 * path of its "sensitive_attributes" leads. Of lists and maps each text in
 * them.
 *
 *	gv_tfstate_marked(text, len, &at, on_value, ctx);
 */

#include <stddef.h>

struct gv_tfstate_value {
	size_t name, name_len;
	size_t value, value_len; /* without quotes */
};

typedef int (*gv_tfstate_fn)(void *ctx, const struct gv_tfstate_value *value);

#define GV_TFSTATE_MAX 262144

/* Read what the mark at `*at` is of, "sensitive" or "sensitive_attributes" with
 * its quote. `*at` is moved behind what was read; what is before `from` was
 * read for an earlier mark of this kind. Looks at most GV_TFSTATE_MAX bytes to
 * either side. 0, or what `fn` returned. */
int gv_tfstate_marked(const char *text, size_t len, size_t from, size_t *at,
    gv_tfstate_fn fn, void *ctx);

#endif
