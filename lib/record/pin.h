#ifndef GV_PIN_H
#define GV_PIN_H
/*
 * Which snapshots this clone pinned itself: a list in a file that no fetch and
 * no push reaches. Everybody who can push can take back a pin of a colleague; a
 * pin of this clone is taken back only here. mark.h says whether a snapshot is
 * pinned now.
 *
 *	r = gv_pin_note(repo, ids, n, true);
 *	r = gv_pins_load(&pins, repo);
 *	if (gv_pins_has(&pins, id)) …
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/map.h"

struct gv_repo;

struct gv_pins {
	struct gv_map ids;
	struct gv_arena arena;
};

/* Read the list. 0, also where there is none; a failure. The caller releases
 * it. */
int gv_pins_load(struct gv_pins *out, const struct gv_repo *repo);

/* Whether this clone pinned the snapshot of that id. */
bool gv_pins_has(const struct gv_pins *pins, const char *id);

/* Free; NULL-safe, zeroed ok. */
void gv_pins_release(struct gv_pins *pins);

/* Note that this clone pins these, before their marks say so; or that it no
 * longer does, after. A kill in between leaves a line that has no effect. 0 or
 * a failure. */
int gv_pin_note(const struct gv_repo *repo, const char *const *ids, size_t n,
    bool is_pinned);

#endif
