#ifndef GV_RESTORE_HOLES_H
#define GV_RESTORE_HOLES_H
/*
 * Cut the bytes of a file, as they come in pieces, where its holes were: by
 * the list of the runs of data in its manifest line; or, where that does not
 * say, where blocks are zero.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gv_restore_holes {
	const char *list;    /* what is left of it, or NULL: there are none */
	uint64_t begin, end; /* the present run of data */
};

/* How many of the `len` bytes that stand at offset `at` are of one kind, at
 * least one; offsets only grow. *is_hole: the list has a hole there, and they
 * are zero, for the content is what counts. Behind damage of the list there are
 * no more holes. */
size_t gv_restore_holes_next(struct gv_restore_holes *holes, uint64_t at,
    const char *p, size_t len, bool *is_hole);

#endif
