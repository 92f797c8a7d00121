#ifndef GV_REPAIR_SEALED_H
#define GV_REPAIR_SEALED_H
/*
 * What the parts that repair sealed values share; nobody else includes it.
 *
 *	repair_sealed.c	which values there are, and what of them is whole
 *	repair_value.c	a value as it stands in the working tree
 *	repair_scope.c	the refs of the scopes
 */

#include "base/arena.h"
#include "base/map.h"
#include "crypto/digest.h"
#include "vault/ledger.h"
#include "vault/repair_internal.h"

struct gv_safe;

#define GV_REPAIR_LINES 4 /* objects that lines name for a value */

struct gv_repair_scope {
	struct gv_repair_scope *next;
	const char *name;
	struct gv_oid tip, root; /* zero: there is no ref; it is lost */
	bool is_hurt;            /* entries are lost, nobody knows which … */
	struct gv_oid lost;      /* … with this tree or commit */
	struct gv_ledger_change *changes; /* by the names of files */
	size_t n, cap;
};

struct gv_repair_value {
	struct gv_repair_scope *scope;
	struct gv_digest id;
	char key[sizeof(void *) + GV_DIGEST_BYTES];
	struct gv_oid kept;    /* what the scope has; zero: nothing */
	unsigned mode;         /* of that entry */
	struct gv_oid missing; /* of it, or of what a line names */
	struct gv_oid lines[GV_REPAIR_LINES];
	size_t n_lines;
	struct gv_oid commit; /* a snapshot that has it … */
	const char *path;     /* … in this file of tree/; or NULL */
	bool has_name;
	bool is_whole;      /* or will be */
	bool is_anew;       /* by being sealed again */
	const char *source; /* what was done; NULL: nothing */
};

struct gv_repair_sealed {
	struct gv_repair_run *run;
	struct gv_repair_scope *scopes;
	struct gv_repair_value **values;
	size_t n, cap;
	struct gv_map by_id;  /* scope and id -> value */
	struct gv_map known;  /* objects that were looked at */
	struct gv_map read;   /* lists */
	struct gv_map mended; /* objects that others stand for */
	bool has_lost;
	struct gv_arena arena;
	unsigned depth;
	/* what the present value has nowhere any more */
	struct gv_repair_item **missing;
	size_t n_missing, cap_missing;
	struct gv_safe *safe; /* to name values by; NULL: none yet */
	bool is_shut;         /* it could not be opened */
};

/* An entry of a scope is to be this object; NULL: it goes. 0 or GV_ENOMEM. */
int gv_repair_sealed_change(struct gv_repair_sealed *w,
    struct gv_repair_scope *scope, const char *name, unsigned mode,
    const struct gv_oid *oid);

/* Whether the value stands in the working tree: 1, 0, negative. */
int gv_repair_value_find(
    struct gv_repair_sealed *w, const struct gv_repair_value *v);

/* The same, and the place in the bytes of the file. */
int gv_repair_value_read(struct gv_buf *out, size_t *at, size_t *len,
    struct gv_repair_sealed *w, const struct gv_repair_value *v);

/* Wipes. */
void gv_repair_value_close(struct gv_repair_sealed *w);

#endif
