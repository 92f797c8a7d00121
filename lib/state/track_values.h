#ifndef GV_TRACK_VALUES_H
#define GV_TRACK_VALUES_H
/*
 * Some items of a version with their values. Of the parts only those are opened
 * that these stand in, and the few that say where in the state that is; what
 * is read so is held to the index, and where it does not fit, or nobody here
 * has the key that the index was made by, all of the state is read.
 *
 *	r = gv_track_values_open(&values, repo, safe, &v, leaves, n);
 *	item = gv_track_values_find(values, address, deposed);
 *	gv_track_values_close(values);
 */

#include <stddef.h>

struct gv_oid;
struct gv_repo;
struct gv_safe;
struct gv_state_item;
struct gv_track_values;
struct gv_track_version;

/* Read what stands in the parts that these leaves of its index are of; the
 * repository, the safe and the version must outlast it. 0; GV_ENOKEY;
 * GV_ECORRUPT; GV_ENOTFOUND; GV_ECANCELED; GV_ENOMEM. */
int gv_track_values_open(struct gv_track_values **out, struct gv_repo *repo,
    struct gv_safe *safe, const struct gv_track_version *v,
    const struct gv_oid *leaves, size_t n);

/* The item of an address and a deposed key, as the index has them; NULL: none
 * of those that were read. It is the values', in memory that is wiped. */
const struct gv_state_item *
gv_track_values_find(const struct gv_track_values *values, const char *address,
    const char *deposed);

/* fn(ctx, item) for all items of the parts that were wanted, those beside the
 * ones that were asked for, too; NULL: none. 0; fn's negative value. */
int gv_track_values_each(const struct gv_track_values *values,
    int (*fn)(void *ctx, const struct gv_state_item *item), void *ctx);

/* How many parts were opened; NULL: none. */
size_t gv_track_values_opened(const struct gv_track_values *values);

/* NULL-safe; wipes. */
void gv_track_values_close(struct gv_track_values *values);

#endif
