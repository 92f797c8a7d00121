#ifndef GV_PACK_LANE_H
#define GV_PACK_LANE_H
/*
 * A lane of the pack writer: what one thread has packed and not yet written.
 * Shared by the two files that fill it; nobody else includes this.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "repo/oid.h"

struct gv_deflate;
struct gv_delta;
struct gv_pack;
struct gv_pack_entry;
struct gv_quick;

#define GV_PACK_LANE_SIZE (2u << 20)
#define GV_PACK_WHOLE_MAX (1u << 20) /* larger ones are not held in memory */

struct gv_pack_lane {
	struct gv_pack *pack;
	struct gv_pack_lane *next; /* of those that are idle */
	struct gv_deflate *z;      /* NULL: not needed yet; the next, too */
	struct gv_quick *quick;
	unsigned char *buf; /* packed entries, GV_PACK_LANE_SIZE */
	size_t used;
	struct gv_pack_entry *entries;
	size_t n, cap;
	size_t flushed; /* entries from here on: offsets into buf */
	uint32_t deltas;

	/* the group's base: its bytes, and where it stands in buf */
	bool is_grouped, wants_base, has_base, is_indexed;
	enum gv_otype base_type;
	unsigned char *base;
	size_t base_cap, base_len, base_at, base_packed;
	struct gv_delta *delta;
	unsigned char *scratch; /* a delta before it is deflated */
	size_t scratch_cap;
};

/* Write out what the lane holds; its base is forgotten. (pack_lane.c) */
int gv_pack_lane_flush(struct gv_pack_lane *lane);

/* Take note of an entry. (pack_lane.c) */
int gv_pack_lane_note(struct gv_pack_lane *lane, const struct gv_oid *id,
    uint64_t offset, uint32_t crc);

/* Whether the object is to be written: 1, or 0 where it was added before or
 * is in the repository, or GV_ENOMEM. (pack_lane.c) */
int gv_pack_lane_wants(struct gv_pack_lane *lane, const struct gv_oid *id);

/* Where a large object comes from. */
struct gv_pack_source {
	enum gv_otype type;
	uint64_t size;
	int64_t (*read)(void *ctx, void *data, size_t len);
	void *ctx;
};

/* Write a large object as one run at the end of the file. Where `known` is
 * NULL the id is found on the way and the object is taken back if it is there
 * already. GV_EEXISTS without a message where the source does not give
 * `size` bytes. (pack_stream.c) */
int gv_pack_lane_stream(struct gv_pack_lane *lane, struct gv_oid *out,
    const struct gv_oid *known, const struct gv_pack_source *src, bool *added);

#endif
