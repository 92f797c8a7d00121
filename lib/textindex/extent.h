#ifndef GV_EXTENT_H
#define GV_EXTENT_H
/*
 * What the index of a repository covers: all that the snapshots and automatic
 * saves have which a set of refs names. As long as these refs are as they were,
 * the index alone tells which contents may have a text, and where it names none
 * no object has to be read, nor the repository opened. A derived file,
 * .git/vault/search/extent.
 *
 *	if (gv_extent_load(&cover, common_dir) > 0 &&
 *	    gv_extent_find(&found, &cover, common_dir, &grams) > 0)
 *		… found.n contents may have it
 *	gv_extent_release(&cover);
 */

#include <stddef.h>
#include <stdint.h>

#include "repo/oid.h"
#include "textindex/gram.h"

struct gv_repo;
struct gv_segment;

#define GV_EXTENT_STAMP 32 /* bytes */

struct gv_extent {
	unsigned char stamp[GV_EXTENT_STAMP]; /* of the refs */
	/* what a search of all snapshots looks into */
	uint64_t snapshots, blobs, bytes, binary;
	struct gv_extent_part { /* a segment: its file, and its bytes */
		uint32_t number, sum;
	} * parts;
	size_t n, cap;
	struct gv_oid *unread; /* contents that no segment has */
	size_t n_unread, cap_unread;
};

struct gv_extent_found {
	struct gv_oid *oids; /* for the caller to free */
	size_t n, cap;
};

/* A number of the refs that a search depends on, as they are now: 1; 0 where
 * only git can tell; GV_ENOMEM. */
int gv_extent_stamp(unsigned char out[GV_EXTENT_STAMP], const char *common_dir);

/* Read what the index covers: 1; 0 if nothing is covered, or refs have moved
 * since; GV_ENOMEM. To be released in any case. */
int gv_extent_load(struct gv_extent *out, const char *common_dir);

/* The contents that may have a line with all grams of one of the sets: 1; 0
 * where a part of the index is missing or damaged; GV_ENOMEM. */
int gv_extent_find(struct gv_extent_found *out, const struct gv_extent *cover,
    const char *common_dir, const struct gv_grams *grams);

/* Replace it, and remove it. No failure tells. */
void gv_extent_save(const struct gv_extent *cover, const struct gv_repo *repo);
void gv_extent_remove(const struct gv_repo *repo);

/* Free; zeroed ok. */
void gv_extent_release(struct gv_extent *cover);

#endif
