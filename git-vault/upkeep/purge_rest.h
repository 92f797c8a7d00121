#ifndef PURGE_REST_H
#define PURGE_REST_H
/*
 * What of a purged file a target still has, as a sentence with what to do.
 *
 *	r = gv_purge_rest_say(&text, &purged.rest[i], target, &purged);
 */

struct gv_buf;
struct gv_replica_purge_rest;
struct gv_replica_purged;
struct gv_target;

/* Append the sentence of one of them. 0 or GV_ENOMEM. */
int
gv_purge_rest_say(struct gv_buf *out, const struct gv_replica_purge_rest *rest,
    const struct gv_target *t, const struct gv_replica_purged *purged);

#endif
