#ifndef GV_DRIFT_FLAT_H
#define GV_DRIFT_FLAT_H
/*
 * What the two parts of flattening share: drift_flat.c goes over a file,
 * drift_flat_key.c keeps a key with its value.
 *
 *	before = gv_drift_flat_enter(f, "tags", 4);
 *	r = gv_drift_flat_value(f, node, GV_DRIFT_SCALAR);
 *	gv_buf_truncate(&f->path, before);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/map.h"
#include "drift/drift_internal.h"

struct gv_drift_flat {
	struct gv_drift *d;
	struct gv_drift_keys *keys;
	struct gv_drift_document *of;
	const struct gv_doc *doc;
	struct gv_buf path, name;
	struct gv_map blocks; /* path of a block, how many more there were */
	char *scratch;        /* what a value says; wiped */
	size_t scratch_size, visits, depth;
	size_t under; /* bytes of the path that lead to the file's part */
	bool in_object, in_list;
};

/* Append a step to the path, and give where the path ended before. */
size_t gv_drift_flat_enter(struct gv_drift_flat *f, const char *p, size_t len);

/* Keep a key; where there is one of its name, that is replaced. 0 or
 * GV_ENOMEM, as all below. */
int gv_drift_flat_keep(struct gv_drift_keys *keys, struct gv_drift_key *key);

/* A scalar, or what has to be computed, at the path. */
int gv_drift_flat_value(
    struct gv_drift_flat *f, uint32_t node, enum gv_drift_kind kind);

/* Whether all elements of a list are scalars or expressions; such a list as
 * one key with items. */
bool gv_drift_flat_is_scalars(const struct gv_doc *doc, uint32_t list);
int gv_drift_flat_list(struct gv_drift_flat *f, uint32_t list);

/* Whom a file of SOPS is encrypted for, from its section. */
int gv_drift_flat_recipients(struct gv_drift_flat *f, uint32_t sops);

#endif
