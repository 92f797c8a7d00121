#ifndef GV_SEGMENT_PAIRS_H
#define GV_SEGMENT_PAIRS_H
/*
 * Which pieces have which grams, as they are found: pairs by piece that become
 * lists by gram. For the parts of segment.h that make one. Four bytes a pair.
 *
 *	r = gv_segment_pairs_add(p, 3, text, len, &p->alone);
 *	r = gv_segment_pairs_list(&writer, p, 0);
 *	gv_segment_pairs_free(p);
 */

#include <stddef.h>
#include <stdint.h>

struct gv_segment_writer;

#define GV_SEGMENT_PAIRS_PIECES 65536 /* no piece has a higher number */

/* The grams that a piece has so far. */
struct gv_segment_grams {
	uint64_t *has; /* a bit each */
	uint32_t *items;
	size_t n, cap;
};

struct gv_segment_pairs {
	struct gv_segment_grams alone; /* of one that is added at once */
	struct gv_segment_grams group; /* of one that others are added to */
	size_t n;
	/* private: by the highest bits of the gram */
	struct gv_segment_chunk *first[256], *last[256];
};

/* NULL without memory. */
struct gv_segment_pairs *gv_segment_pairs_new(void);

/* Forget what a piece has. */
void gv_segment_pairs_reset(struct gv_segment_grams *grams);

/* Add the grams of a text which the piece does not have yet. 0; GV_ERROR for
 * a piece too many; GV_ENOMEM. */
int gv_segment_pairs_add(struct gv_segment_pairs *p, uint32_t piece,
    const char *text, size_t len, struct gv_segment_grams *grams);

/* Give the writer all pairs by gram, which loses that many bits. 0 or
 * GV_ENOMEM. */
int gv_segment_pairs_list(struct gv_segment_writer *w,
    const struct gv_segment_pairs *p, unsigned coarse);

/* How many bytes that will be, about. 0 or GV_ENOMEM. */
int gv_segment_pairs_measure(
    uint64_t *len, const struct gv_segment_pairs *p, unsigned coarse);

/* Free; NULL-safe. */
void gv_segment_pairs_free(struct gv_segment_pairs *p);

#endif
