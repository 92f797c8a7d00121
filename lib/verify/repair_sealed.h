#ifndef GV_REPAIR_SEALED_H
#define GV_REPAIR_SEALED_H
/*
 * What the parts that repair sealed values share; nobody else includes it.
 *
 *	repair_sealed.c	which values there are, and what of them is whole
 *	repair_decide.c	what becomes of a value, by repair_verdict.c
 *	repair_ref.c	a value that a vault of others keeps
 *	repair_value.c	a value as it stands in the working tree
 *	repair_scope.c	the refs of the scopes
 */

#include "base/arena.h"
#include "base/map.h"
#include "crypto/digest.h"
#include "vault/ledger.h"
#include "verify/repair_internal.h"
#include "verify/repair_verdict.h"

struct gv_ref_ask;
struct gv_safe;

#define GV_REPAIR_LINES  4 /* objects that lines name for a value */
#define GV_REPAIR_PLACES 8 /* files that a value is sought in */

/* A file of tree/ of a snapshot. */
struct gv_repair_stand {
	struct gv_oid commit;
	const char *path;
};

struct gv_repair_scope {
	struct gv_repair_scope *next;
	const char *name;
	struct gv_oid tip, root; /* zero: there is no ref; it is lost */
	bool is_hurt;            /* entries are lost, nobody knows which … */
	struct gv_oid lost;      /* … with this tree or commit */
	bool has_gap;            /* its commits name objects that are lost */
	bool is_torn;            /* and so do none but those before its tip */
	bool is_absent;          /* sync was told not to bring it … */
	bool is_missed;          /* … and snapshots name values of it */
	struct gv_ledger_change *changes; /* by the names of files */
	size_t n, cap;
};

struct gv_repair_value {
	struct gv_repair_scope *scope;
	struct gv_digest id;
	char key[sizeof(void *) + GV_DIGEST_BYTES];
	struct gv_oid kept;    /* what the scope has; zero: nothing */
	unsigned mode;         /* of that entry */
	struct gv_oid ref;     /* its reference in the scope; zero: none */
	bool is_dead;          /* a vault kept it, and has it no more */
	const char *why;       /* it lacks it; NULL */
	struct gv_oid missing; /* of these, or of what a line names */
	struct gv_oid lines[GV_REPAIR_LINES];
	size_t n_lines;
	struct gv_repair_stand places[GV_REPAIR_PLACES]; /* the newest first */
	size_t n_places, place; /* how many; where it was found */
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
	bool is_held; /* nothing is written, since what is lost may not be */
	struct gv_arena arena;
	unsigned depth;
	/* what the present value has nowhere any more */
	struct gv_repair_item **missing;
	size_t n_missing, cap_missing;
	struct gv_safe *safe;   /* to name values by; NULL: none yet */
	bool is_shut;           /* it could not be opened */
	struct gv_ref_ask *ask; /* vaults of others; NULL: there was no need */
};

/* Whether an object that values are sealed in is whole, or will be; what it
 * lacks is in w->missing then. 1; 2 of a reference that is here; 0, negative.
 */
int
gv_repair_sealed_is_whole(struct gv_repair_sealed *w, const struct gv_oid *oid);

/* An entry of a scope is to be this object; NULL: it goes. 0 or GV_ENOMEM. */
int gv_repair_sealed_change(struct gv_repair_sealed *w,
    struct gv_repair_scope *scope, const char *name, unsigned mode,
    const struct gv_oid *oid);

/* Decide what becomes of a value. 0 or a failure. */
int gv_repair_judge(struct gv_repair_sealed *w, struct gv_repair_value *v);

/* What the vault says of a reference. 0 or a failure; a vault that does not
 * answer is no failure. */
int gv_repair_ref_ask(enum gv_repair_copy *out, struct gv_repair_sealed *w,
    struct gv_repair_value *v, const struct gv_oid *oid);

/* The working tree has the value, but it could not be stored again, as the
 * thread's message says. 0 where that is for the vault to blame, and the value
 * counts as lost; else the failure `r`. */
int gv_repair_ref_refuse(
    struct gv_repair_sealed *w, struct gv_repair_value *v, int r);

/* Warn of what could not be asked for. 0 or GV_ENOMEM. */
int gv_repair_ref_tell(const struct gv_repair_sealed *w);

/* Whether the value stands in the working tree: 1 with v->place set, 0,
 * negative. */
int gv_repair_value_find(struct gv_repair_sealed *w, struct gv_repair_value *v);

/* The same at v->place, and where in the bytes of the file. */
int gv_repair_value_read(struct gv_buf *out, size_t *at, size_t *len,
    struct gv_repair_sealed *w, const struct gv_repair_value *v);

/* Wipes. */
void gv_repair_value_close(struct gv_repair_sealed *w);

#endif
