#ifndef GV_TRACK_VALUES_INTERNAL_H
#define GV_TRACK_VALUES_INTERNAL_H
/* What the two ways of reading items of a version share: what is kept of the
 * groups that go by. */

#include "base/arena.h"
#include "base/map.h"
#include "state/track_internal.h"
#include "state/track_values.h"

/* Where a part stands in the document that is read. */
struct gv_track_values_span {
	uint64_t from, to;
	size_t part;
	bool is_wanted;
};

/* A group, and where it stands there. */
struct gv_track_values_group {
	uint64_t at;
	struct gv_track_kept kept;
};

struct gv_track_values {
	struct gv_repo *repo;
	struct gv_safe *safe;
	struct gv_odb *odb;
	const struct gv_track_version *v;
	struct gv_track_parts parts;
	bool *wanted; /* of the parts */
	size_t n_wanted, opened;
	struct gv_track_values_span *spans; /* in order */
	size_t n_spans, cap_spans;
	struct gv_track_values_group *groups;
	size_t n_groups, cap_groups;
	uint64_t at; /* of the next group */
	struct gv_map items;
	struct gv_arena words;
};

/* Begin a document: without groups and spans. */
void gv_track_values_reset(struct gv_track_values *values);

/* Say where the next part stands in it, behind the one before. 0 or GV_ENOMEM.
 */
int gv_track_values_span(
    struct gv_track_values *values, size_t part, size_t len, bool is_wanted);

/* A group of it, for gv_state_run(): kept where an item of a part that is
 * wanted is in it. 0 or GV_ENOMEM. */
int gv_track_values_keep(void *values, const struct gv_state_group *group);

/* The span that item `i` of a group that is kept stands in; NULL: none. */
const struct gv_track_values_span *
gv_track_values_where(const struct gv_track_values *values,
    const struct gv_track_values_group *group, size_t i);

/* ---- track_values_pick.c ---- */

/* Read the parts that are wanted by themselves. 1: all is kept, and the index
 * says the same; 0: it takes the whole state; a failure. */
int gv_track_values_pick(struct gv_track_values *values);

#endif
