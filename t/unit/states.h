#ifndef STATES_H
#define STATES_H
/*
 * States that a test makes and damages, and what a triage tells of them: of a
 * made one it is known where each resource stands.
 */

#include "base/buf.h"
#include "toolstate/state_repair.h"
#include "toolstate/state_triage.h"

enum states_form { STATES_PRETTY, STATES_COMPACT, STATES_SORTED, STATES_FORMS };

struct states_place {
	char name[32];
	size_t from, to;
};

struct states_made {
	struct gv_buf text;
	struct states_place *places; /* of its resources */
	size_t n;
};

/* One of n resources, whose attributes say `edit` in the resource `edit`. */
void states_make(
    struct states_made *out, enum states_form form, size_t n, size_t edit);
void states_free(struct states_made *made);

/* Bytes in memory that are read a step at a time. */
struct states_bytes {
	const char *p;
	size_t len, at, step;
	size_t fail_at; /* read() fails there; 0: never */
};

/* Read them again. */
struct gv_state_again states_again(struct states_bytes *bytes);

/* The resource of this name that a triage has found, on a side; NULL. */
const struct gv_state_found *states_find(const struct gv_state_triage *t,
    const char *address, enum gv_state_side side);

#endif
